// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Expedite} from "../types/Expedite.sol";
import {Ppm} from "../types/Ppm.sol";
import {Release, ReleaseId, ReleaseState, SkipReason} from "../types/Release.sol";
import {ReleaseBatch} from "../types/ReleaseBatch.sol";
import {IAuthority} from "./IAuthority.sol";
import {IRegimeOracle} from "./IRegimeOracle.sol";
import {IVaultRules} from "./IVaultRules.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @notice Holds owners' collateral and pays it out to its owner's payout address, when the owner has asked and a
/// public delay is over. Custodians may shorten the delay; nobody can redirect, and past the exit bound nobody can
/// hinder. What an owner moves into margin answers for its positions: the venue moves it between accounts.
/// @dev A release goes Requested -> Paid, by `execute` when ripe or by `expedite` or in a batch when signed, or ->
/// Cancelled. An expedite that is due at once leaves no acceptance; else its digest goes Unset -> Waiting -> Done.
/// Besides the errors named here and in IVaultRules the libraries' pass: AcceptanceBook, PauseClock, OutflowCap,
/// StandingInstructions, TokenTransfer.
interface ICollateralVault is IVaultRules {
    /* ERRORS */

    /// @notice There is no contract at an address the vault depends on.
    error NotAContract(address given);

    /// @notice Nobody, and the vault itself, can own collateral.
    error InvalidOwner(address owner);

    /// @notice The token's transfer brought nothing.
    error NothingReceived(uint256 balanceBefore, uint256 balanceAfter);

    /// @notice The deposit passes what the vault can account for.
    error DepositPastLimit(uint256 received, uint256 room);

    /// @notice A release of nothing.
    error ZeroAmount();

    /// @notice The owner has less idle collateral than that.
    error InsufficientIdle(uint256 requested, uint256 available);

    /// @notice While a deficit stands only who has an open position brings cash into margin: IMarginGate says who.
    error MarginClosed(address account);

    /// @notice The owner pays to another address, and has not asked for margin in time for that one to say no.
    error MarginNotAsked(address owner, address payout);

    /// @notice Only what is Requested can be cancelled or paid.
    error ReleaseNotRequested(ReleaseId id, ReleaseState state);

    /// @notice Only the owner cancels a release.
    error NotReleaseOwner(address caller, address owner);

    /// @notice A guardian vetoed it: it waits for its own delay, which nobody shortens.
    error ReleaseVetoed(ReleaseId id);

    /// @notice One veto an account in 30 days.
    error VetoCoolingDown(address owner, uint256 time, uint256 nextVetoAt);

    /// @notice Past the exit bound nobody hinders a release.
    error PastExitBound(ReleaseId id, uint256 exitAt);

    /// @notice A batch has 1 to `most` releases, and an address and an amount for each.
    error MalformedBatch(uint256 releases, uint256 addresses, uint256 amounts, uint256 most);

    /// @notice The batch would pay nobody now; it keeps its force.
    error NothingPaid(bytes32 digest);

    /// @notice Owner, recipient or amount of the intent is not the release's.
    error IntentMismatch(ReleaseId releaseId);

    /// @notice Nobody, and the vault itself, can be the venue.
    error InvalidVenue(address venue);

    /// @notice Only the venue moves margin.
    error NotVenue(address caller, address venue);

    /// @notice The account has less margin cash than that.
    error InsufficientMarginCash(uint256 requested, int256 available);

    /// @notice All margin accounts together hold less than that: the rest is a hole, which what is idle never fills.
    error MarginExhausted(uint256 requested, uint256 available);

    /// @notice Nobody, and the vault itself, can be a payout address.
    error InvalidPayout(address to);

    /// @notice No change of the payout address waits.
    error NoPendingPayout(address owner);

    /// @notice Only the owner and the current payout address cancel a change of it.
    error NotPayoutGuardian(address caller, address owner, address payout);

    /* EVENTS */

    /// @notice Collateral came in and is idle.
    /// @param owner Whose it is.
    /// @param payer Who paid.
    /// @param amount What arrived, in the token's units.
    event Deposited(address indexed owner, address indexed payer, uint256 amount);

    /// @notice An owner asked for collateral: it went from idle to queued.
    event ReleaseRequested(ReleaseId indexed id, address indexed owner, address to, uint256 amount);

    /// @notice The owner took the request back: queued collateral is idle again.
    event ReleaseCancelled(ReleaseId indexed id);

    /// @notice Queued collateral left.
    /// @param expedited Whether custodians shortened the delay.
    event ReleasePaid(ReleaseId indexed id, address indexed to, uint256 amount, bool expedited);

    /// @notice A signed expedite waits for its delay.
    /// @param ripeAt When it ends, by the regime and value of now; both are judged again then.
    event ExpediteAccepted(bytes32 indexed digest, ReleaseId indexed releaseId, uint256 ripeAt);

    /// @notice A signed expedite took effect; its digest is done.
    event ExpediteExecuted(bytes32 indexed digest, ReleaseId indexed releaseId);

    /// @notice A guardian vetoed a release: its own delay begins anew, and nobody shortens it.
    event Vetoed(ReleaseId indexed id, address indexed guardian);

    /// @notice A signed batch waits for its delay.
    /// @param ripeAt When it ends, by the regime and value of now; both are judged again then.
    event BatchAccepted(bytes32 indexed digest, uint256 ripeAt);

    /// @notice A signed batch took effect; its digest is done, and what it passed over needs another.
    event BatchExecuted(bytes32 indexed digest);

    /// @notice A batch passed over one of its releases.
    event BatchSkipped(bytes32 indexed digest, ReleaseId indexed id, SkipReason reason);

    /// @notice An owner gave a standing instruction; it replaces the one before.
    event StandingSet(address indexed owner, uint256 amount, uint256 period, uint256 until);

    /// @notice An owner took its standing instruction back.
    event StandingRevoked(address indexed owner);

    /// @notice An owner moved idle collateral into margin.
    event MovedToMargin(address indexed owner, uint256 amount);

    /// @notice The venue moved margin between two accounts.
    event MarginTransferred(address indexed from, address indexed to, uint256 amount);

    /// @notice Margin became idle collateral of the same account.
    event MovedToIdle(address indexed account, uint256 amount);

    /// @notice A change of a payout address waits.
    event PayoutRequested(address indexed owner, address indexed to, uint256 readyAt);

    /// @notice A payout address changed, for releases requested from now on.
    event PayoutApplied(address indexed owner, address indexed to);

    /// @notice A change of a payout address was taken back.
    event PayoutCancelled(address indexed owner, address indexed to, address by);

    /* EXTERNAL: COLLATERAL */

    /// @notice Takes `amount` from the caller and credits what arrives to `owner`.
    /// @dev What arrives is the difference of the vault's balance: a token may take a fee.
    function deposit(address owner, uint256 amount) external;

    /// @notice Asks for `amount` of the caller's idle collateral, to be paid to its payout address of now.
    /// @return id The release's number.
    function requestRelease(uint256 amount) external returns (ReleaseId id);

    /// @notice Takes the caller's request back; the collateral is idle again.
    function cancelRelease(ReleaseId id) external;

    /// @notice Pays a ripe release; anyone may.
    /// @dev Before the exit bound, unless outflows are paused or the day's cap is reached; past it, it calls the token
    /// and nothing else.
    function execute(ReleaseId id) external;

    /// @notice Pays a release before it is ripe, as custodians have signed; anyone may bring the signature.
    /// @dev Where a delay is due, the first call accepts and a later one, with the same proof, pays: by the regime and
    /// value of its own moment, counted from acceptance. Calling first takes nothing away from anybody.
    /// @param intent What was signed.
    /// @param proof The signature, as the authority encodes it.
    function expedite(Expedite calldata intent, bytes calldata proof) external;

    /// @notice Pays several releases before they are ripe, as custodians have signed; as `expedite`, judged by the sum
    /// of all amounts.
    /// @dev What was cancelled, paid or vetoed meanwhile, and what the token refuses to pay, is passed over by event.
    /// An intent that is not what owners requested reverts, and so does a sum that the outflow cap has no room for.
    /// @param intent What was signed.
    /// @param proof The signature, as the authority encodes it.
    function payBatch(ReleaseBatch calldata intent, bytes calldata proof) external;

    /// @notice For a guardian: begins a release's own delay anew, and stops custodians from shortening it.
    /// @dev Once an account in 30 days, whoever vetoes. The delay never passes the exit bound. What the account
    /// requests within the exit bound of the veto cannot be expedited either: cancelling and asking again is no way out.
    function veto(ReleaseId id) external;

    /* EXTERNAL: STANDING INSTRUCTIONS */

    /// @notice Lets anyone ask for `amount` of the caller's idle collateral in its name, at once and then once a period.
    /// @param amount What each request is for, in the token's units.
    /// @param period The least time between two, in seconds.
    /// @param until Last second in which one can be made.
    function setStanding(uint64 amount, uint32 period, uint40 until) external;

    /// @notice Takes the caller's standing instruction back.
    function revokeStanding() external;

    /// @notice Requests a release as its owner has instructed: the same as if the owner did.
    /// @return id The release's number.
    function requestStanding(address owner) external returns (ReleaseId id);

    /* EXTERNAL: MARGIN */

    /// @notice Moves `amount` of the caller's idle collateral into its margin, where it answers for its positions.
    function toMargin(uint256 amount) external;

    /// @notice Moves margin between two accounts; either may end below zero. The venue's alone.
    function transferMargin(address from, address to, uint256 amount) external;

    /// @notice Makes margin idle again, for the account it is of. The venue's alone.
    /// @dev The account must have as much, and so must all margin together.
    function marginToIdle(address account, uint256 amount) external;

    /* EXTERNAL: PAYOUT ADDRESS */

    /// @notice Asks for the caller's payout address to become `to`; replaces a change that waits.
    /// @dev The venue as `to` leaves the address as it is, and opens margin to an owner who pays to another address than
    /// itself: what is in margin moves by the owner's orders alone, so whoever has its key could trade it away. Another
    /// address closes margin again, but to an owner who is in it.
    function requestPayout(address to) external;

    /// @notice Applies an owner's change once its delay is over; anyone may. Releases already requested keep theirs.
    function applyPayout(address owner) external;

    /// @notice Takes an owner's change back; the owner and the current payout address may.
    function cancelPayout(address owner) external;

    /* EXTERNAL: VIEWS */

    /// @notice The collateral.
    function token() external view returns (IERC20);

    /// @notice Who may shorten delays.
    function authority() external view returns (IAuthority);

    /// @notice Where the regime is read for the vault's own delays.
    function oracle() external view returns (IRegimeOracle);

    /// @notice Who moves margin.
    function venue() external view returns (address);

    /// @notice Whether a call of this vault is under way: the lock that the venue and its liquidation share with it.
    function entered() external view returns (bool);

    /// @notice An account's margin cash, in the token's units; below zero where losses passed it.
    function margin(address account) external view returns (int256);

    /// @notice All margin, in the token's units; never below zero.
    function marginTotal() external view returns (int256);

    /// @notice An owner's collateral that no release claims, in the token's units.
    function idle(address owner) external view returns (uint256);

    /// @notice A release; all zero where there is none.
    function release(ReleaseId id) external view returns (Release memory);

    /// @notice EIP-712 digest of an expedite for this chain and vault: the message custodians sign.
    function digestOf(Expedite calldata intent) external view returns (bytes32);

    /// @notice EIP-712 digest of a batch for this chain and vault: the message custodians sign.
    function digestOf(ReleaseBatch calldata intent) external view returns (bytes32);

    /// @notice The value by which an expedite of the release would be judged now, in parts per million of the vault:
    /// what was expedited over the last day and this release, of the least the vault held over it.
    function expediteValue(ReleaseId id) external view returns (Ppm);

    /// @notice From when `execute` pays the release, by the regime of now, in seconds; a pause or the day's cap may
    /// make it later, up to the exit bound.
    function ripeAt(ReleaseId id) external view returns (uint256);

    /// @notice What may leave now before the outflow cap is reached, in the token's units.
    function outflowAvailable() external view returns (uint256);

    /// @notice When a release of the owner's was last vetoed, in seconds; 0 if none was.
    function vetoedAt(address owner) external view returns (uint256);

    /// @notice An owner's standing instruction; all zero if there is none.
    function standing(address owner) external view returns (uint64 amount, uint32 period, uint40 until, uint40 nextAt);

    /// @notice Where an owner's next request will pay: the owner, unless changed.
    function payoutOf(address owner) external view returns (address);

    /// @notice The change that waits; all zero if none does.
    function pendingPayout(address owner) external view returns (address to, uint40 readyAt);

    /// @notice All idle collateral, in the token's units.
    function idleTotal() external view returns (uint256);

    /// @notice All collateral that releases claim, in the token's units.
    function queuedTotal() external view returns (uint256);

    /// @notice All collateral the vault answers for, in the token's units; what arrives uninvited is not in it.
    function recorded() external view returns (uint256);
}
