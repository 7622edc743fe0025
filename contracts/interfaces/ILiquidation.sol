// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ActionClass} from "../types/ActionClass.sol";
import {LiquidationOrder, SkipReason} from "../types/LiquidationOrder.sol";
import {IAuthority} from "./IAuthority.sol";
import {ICollateralVault} from "./ICollateralVault.sol";
import {IMarginVenue} from "./IMarginVenue.sol";
import {IRiskEngine} from "./IRiskEngine.sol";
import {IVolatilityOracle} from "./IVolatilityOracle.sol";

/// @notice Takes positions, at the mark, from accounts that no longer keep their margin: by the custodians' signature
/// to a backstop, or to anyone who takes them. Whoever asks, an account is judged here, by the prices of now.
/// @dev An account whose E is below M at both prices, or below R/2 at spot, is flagged. Below the hard threshold at
/// both prices, or below R/2 at spot, a slice may go at once; else once its clock has run for `cure`, in the open lane
/// `openAfter`. A slice brings it back to its target; what that costs rises with its clock.
///
/// The margin account of this contract is the insurance. Anyone funds it: a deposit into the vault to this address,
/// then `fund`. It pays holes of accounts that have nothing left, and nothing else; what it lacks is booked as deficit.
interface ILiquidation {
    /* ERRORS */

    /// @notice There is no contract at an address the liquidation depends on.
    error NotAContract(address given);

    /// @notice The parts the liquidation is given do not belong together.
    error WrongPart(address given, address expected);

    /// @notice The time to cure would be longer than anyone may be kept waiting, in seconds.
    error CureTooLong(uint32 given, uint32 most);

    /// @notice The open lane would open after the custodians' own time.
    error OpenAfterBeyondCure(uint32 openAfter, uint32 cure);

    /// @notice More backstops than a batch can ask.
    error TooManyBackstops(uint256 given, uint256 most);

    /// @notice Nobody, and no part of the venue, can be a backstop.
    error InvalidBackstop(address backstop);

    /// @notice The feed has more rounds than one call consumes: poke the oracle first.
    error RoundsPending();

    /// @notice The price is too old, or too new a jump, to flag or to liquidate by.
    error StaleOracle();

    /// @notice The account has nothing left at spot, but something on average: it goes once the average says so too.
    error SolventOnAverage(address account);

    /// @notice The account has its margin.
    error AboveMargin(address account);

    /// @notice The account has less than its margin.
    error BelowMargin(address account);

    /// @notice The account has less than its target.
    error BelowTarget(address account);

    /// @notice The account is flagged already.
    error AlreadyFlagged(address account, uint40 flaggedAt);

    /// @notice The account is not flagged.
    error NotFlagged(address account);

    /// @notice The account's time is not over.
    error TooEarly(uint256 time, uint256 ripeAt);

    /// @notice Nobody takes from itself.
    error SelfTaken(address account);

    /// @notice A slice so small is not worth the account's while, or it must go whole.
    error FractionTooSmall(uint256 given, uint256 least);

    /// @notice The taker is flagged, or with the slice would be below initial margin or too large.
    error TakerRefused(address taker);

    /// @notice A liquidation is of class A.
    error WrongClass(ActionClass given);

    /// @notice The order names more accounts than a transaction has gas for.
    error BatchTooLarge(uint256 given, uint256 most);

    /// @notice The order was not brought in time.
    error DeadlinePassed(uint256 deadline, uint256 time);

    /// @notice The order would stay valid for too long.
    error DeadlineTooFar(uint256 deadline, uint256 latest);

    /// @notice The order has taken effect; it does so once.
    error DigestUsed(bytes32 digest);

    /// @notice The authority asks for a delay, which a liquidation never has.
    error DelayAsked(uint32 delay);

    /// @notice There is no deficit to pay.
    error NoDeficit();

    /* EVENTS */

    /// @notice An account's clock runs: it only reduces from now on.
    event Flagged(address indexed account, uint40 since);

    /// @notice An account stands at its target, or has no position left: its flag is gone.
    event Cleared(address indexed account);

    /// @notice A flagged account stands at its margin: its clock starts again.
    event ClockReset(address indexed account, uint40 since);

    /// @notice A part of every position of an account moved to a taker, at spot.
    /// @param fractionPpm Which part, rounded up to lots.
    /// @param equityBefore The account's, at spot, in µUSDC.
    /// @param equityAfter The same after the penalty, before insurance.
    /// @param penalty What the account paid.
    /// @param insuranceShare How much of it went to insurance; the rest is the taker's.
    /// @param custodianLane Whether custodians signed for it.
    event SliceTaken(
        address indexed account,
        address indexed taker,
        uint32 fractionPpm,
        int256 equityBefore,
        int256 equityAfter,
        uint256 penalty,
        uint256 insuranceShare,
        bool custodianLane
    );

    /// @notice Insurance filled the hole of an account that has nothing left.
    event InsurancePaid(address indexed account, uint256 amount);

    /// @notice Insurance lacked that much of it.
    event DeficitBooked(address indexed account, uint256 amount);

    /// @notice Idle collateral that was deposited for the insurance became insurance.
    event Funded(address indexed caller, uint256 amount);

    /// @notice Somebody had the deficit paid, or a part of it.
    event Repaid(address indexed by, uint256 amount);

    /// @notice The batch went past an account.
    event Skipped(address indexed account, SkipReason reason);

    /// @notice A backstop was asked and cannot take the slice.
    event BackstopFull(address indexed backstop);

    /// @notice A batch took effect; its digest is done.
    event BatchExecuted(bytes32 indexed digest, uint256 accounts);

    /* EXTERNAL: CLOCKS */

    /// @notice Flags an account below its margin; anyone may.
    function flag(address account) external;

    /// @notice Takes the flag from an account at its target, at both prices; anyone may.
    function clear(address account) external;

    /// @notice Starts the clock of a flagged account at its margin, at both prices, again; anyone may.
    function resetClock(address account) external;

    /* EXTERNAL: LANES */

    /// @notice Takes a slice of an eligible account into the caller's; flags it first if nobody has.
    /// @param fractionPpm The greatest part to take, in parts per million: more than brings the account to its target
    /// is not taken. At least $1,000 of notional, or what it needs; the whole where the account must be closed.
    function take(address account, uint32 fractionPpm) external;

    /// @notice Liquidates accounts into the backstops, as custodians have signed; anyone may bring the signature.
    /// @dev An account that is not eligible now is passed by with an event: a signature never makes it so.
    /// @param order What was signed.
    /// @param proof The signature, as the authority encodes it.
    function liquidateBatch(LiquidationOrder calldata order, bytes calldata proof) external;

    /* EXTERNAL: INSURANCE */

    /// @notice Makes `amount` of what was deposited into the vault for this contract insurance; anyone may.
    function fund(uint256 amount) external;

    /// @notice Pays the deficit with idle collateral of this contract's own, as `fund` takes it: deposited for it by
    /// whoever wants margin to be whole again. Takes no more than the deficit.
    function repay(uint256 amount) external;

    /* EXTERNAL: VIEWS */

    /// @notice EIP-712 digest of an order for this chain and contract: the message custodians sign.
    function digestOf(LiquidationOrder calldata order) external view returns (bytes32);

    /// @notice Consumes pending rounds and answers what stands after them: meant to be called, not sent, so that a
    /// keeper or a custodian sees what a transaction of the next block would meet.
    /// @param ids Whose accounts; in their order.
    /// @return reading Prices and rates.
    /// @return behind Whether rounds are still pending, past the most that one call consumes.
    /// @return words The accounts, packed as `IMarginVenue.accounts` packs them.
    function look(address[] calldata ids)
        external
        returns (IVolatilityOracle.Reading memory reading, bool behind, uint256[] memory words);

    /// @notice The same of all accounts that ever had a position, from index `from`, at most `count`.
    function lookAll(uint256 from, uint256 count)
        external
        returns (IVolatilityOracle.Reading memory reading, bool behind, uint256[] memory words);

    /// @notice Whether an order has taken effect.
    function used(bytes32 digest) external view returns (bool);

    /// @notice What insurance holds, in µUSDC.
    function insurance() external view returns (uint256);

    /// @notice What insurance lacked, in µUSDC: margin that no cash stands behind.
    function deficit() external view returns (uint256);

    /// @notice The accounts that take in the custodians' lane, in order.
    function backstops() external view returns (address[] memory);

    /// @notice From the flag to the custodians' lane between hard and soft threshold, in seconds.
    function cure() external view returns (uint32);

    /// @notice From the flag to the open lane between hard and soft threshold, in seconds.
    function openAfter() external view returns (uint32);

    /// @notice Where positions are.
    function venue() external view returns (IMarginVenue);

    /// @notice Where margin cash lies.
    function vault() external view returns (ICollateralVault);

    /// @notice Where prices come from.
    function oracle() external view returns (IVolatilityOracle);

    /// @notice Where margins a lot come from.
    function risk() external view returns (IRiskEngine);

    /// @notice Who signs batches.
    function authority() external view returns (IAuthority);
}
