// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Health} from "../types/Health.sol";
import {Order, OrderState} from "../types/Order.sol";
import {Slice} from "../types/Slice.sol";
import {Table} from "../types/Table.sol";
import {ICollateralVault} from "./ICollateralVault.sol";
import {IDelegations} from "./IDelegations.sol";
import {IMarginGate} from "./IMarginGate.sol";
import {IRiskEngine} from "./IRiskEngine.sol";
import {ISuccession} from "./ISuccession.sol";
import {IVolatilityOracle} from "./IVolatilityOracle.sol";

/// @notice Holds the positions of accounts, fills their signed orders with each other and lets margin go where no
/// position needs it. Cash itself lies in the vault, in margin accounts.
/// @dev Accounts are addresses: an account's margin is what the vault keeps under that address. The venue's own margin
/// account is the pool: the other side of what was realised and not yet of what was not, always -(Σ cost).
///
/// SIGNATURES. An order is signed as EIP-712 typed data, by the account or by a delegate of it, to which its limits
/// apply. IDelegations says who signed, and holds delegates to their limits.
///
/// ERRORS. Besides those named here, `fill` reverts with those of the libraries FillRules (which orders fit, at what
/// price, and how an account must stand: InstrumentMismatch, SameDirection, SelfTrade, ZeroLots, PriceBeyondLimit,
/// PriceOutsideBand, InsufficientMargin, WorsensHealth, NotionalTooLarge), with those of IDelegations, and with
/// IRiskEngine's UnknownInstrument.
interface IMarginVenue is IMarginGate {
    /* ERRORS */

    /// @notice There is no contract at an address the venue depends on.
    error NotAContract(address given);

    /// @notice The parts the venue is given do not belong together: the vault or the delegations name another
    /// venue, the engine another oracle, or the succession another authority.
    error WrongPart(address given, address expected);

    /// @notice The vault is in the middle of a call.
    error VaultEntered();

    /// @notice Only the liquidation moves positions and flags.
    error NotLiquidation(address caller, address liquidation);

    /// @notice The feed has more rounds than one call consumes: poke the oracle first.
    error RoundsPending();

    /// @notice The price is too old, or too new a jump, to open or to withdraw by.
    error StaleOracle();

    /// @notice The order's time is over.
    error OrderExpired(uint64 expiry, uint256 time);

    /// @notice The order would stay valid for too long.
    error ExpiryTooFar(uint64 expiry, uint256 latest);

    /// @notice The order was taken back.
    error OrderCancelled(bytes32 digest);

    /// @notice The order has fewer lots left.
    error BeyondOrder(bytes32 digest, uint64 lots, uint64 left);

    /// @notice The order wants more lots in one fill.
    error BelowMinFill(bytes32 digest, uint64 lots, uint64 least);

    /// @notice Only the account takes its order back.
    error NotOrderOwner(address caller, address account);

    /// @notice The order may only make the position smaller, and this would not.
    error NotReducing(address account);

    /// @notice A flagged account only makes positions smaller, and withdraws nothing while one is open.
    error AccountFlagged(address account);

    /// @notice The account would have too many positions.
    error TooManyPositions(address account, uint256 count, uint256 most);

    /// @notice The next deployment was named: here positions only become smaller.
    error SuccessorNamed(address successor);

    /// @notice A withdrawal of nothing.
    error ZeroAmount();

    /// @notice The account has less margin that no position needs.
    error InsufficientFreeMargin(uint256 requested, uint256 available);

    /// @notice While a deficit stands, so little margin pays nothing.
    error NothingPaid(uint256 amount);

    /* EVENTS */

    /// @notice Two orders were filled with each other.
    /// @param lots What the taker bought; below zero where it sold.
    /// @param price The maker's, in ticks.
    event Filled(
        bytes32 indexed makerDigest,
        bytes32 indexed takerDigest,
        uint16 indexed instrument,
        address maker,
        address taker,
        int256 lots,
        uint64 price
    );

    /// @notice What an account holds of an instrument from now on; zero and zero where it holds none.
    event PositionChanged(address indexed account, uint16 indexed instrument, int64 lots, int128 cost);

    /// @notice An order was taken back.
    event Cancelled(bytes32 indexed digest, address indexed account);

    /// @notice An account gave up margin, and `paid` of it became idle; what is missing went into the deficit.
    event Withdrawn(address indexed account, uint256 amount, uint256 paid);

    /* EXTERNAL: ORDERS */

    /// @notice Fills two orders with each other at the maker's price; anyone may.
    /// @dev Consumes the feed's pending rounds first. Afterwards each side has its initial margin, at spot and at the
    /// average; or it only became smaller, has and had E >= 0, and E - M and E/M did not fall.
    /// @param lots How many, above zero.
    function fill(
        Order calldata maker,
        bytes calldata makerSignature,
        Order calldata taker,
        bytes calldata takerSignature,
        uint64 lots
    ) external;

    /// @notice Takes an order of the caller back, for ever, whoever signed it.
    function cancel(Order calldata order) external;

    /* EXTERNAL: MARGIN */

    /// @notice Makes the caller's free margin idle in the vault. Without a position nothing but cash is asked: no
    /// oracle and no flag.
    /// @dev While a deficit stands only `payoutOf(amount)` becomes idle: everybody who leaves bears the same part of it.
    /// @param amount What the account gives up.
    function withdraw(uint256 amount) external;

    /* EXTERNAL: LIQUIDATION */

    /// @notice Moves a slice of an account to a taker, at spot, unless the taker would be flagged, too large or below
    /// initial margin with it. The liquidation's alone.
    /// @param tables As `IRiskEngine.tables` says now: the caller reads them once for many accounts.
    /// @return taken Whether it moved; nothing changed if not.
    /// @return left Where the account stands then; all zero if it did not move.
    function slice(Slice calldata given, Table[] calldata tables) external returns (bool taken, Health memory left);

    /// @notice Moves margin cash between accounts. The liquidation's alone.
    function moveMargin(address from, address to, uint256 amount) external;

    /// @notice Starts an account's clock: it only reduces from now on. The liquidation's alone.
    /// @param since Where the clock starts, in seconds; zero ends it.
    function setFlag(address account, uint40 since) external;

    /* EXTERNAL: VIEWS */

    /// @notice Where margin cash lies.
    function vault() external view returns (ICollateralVault);

    /// @notice Where prices come from.
    function oracle() external view returns (IVolatilityOracle);

    /// @notice Where margins a lot come from.
    function risk() external view returns (IRiskEngine);

    /// @notice Who moves positions and flags; its margin account is the insurance.
    function liquidation() external view returns (address);

    /// @notice Who signs for whom, and within which limits.
    function delegations() external view returns (IDelegations);

    /// @notice Who names the next deployment; from then on nothing opens here.
    function succession() external view returns (ISuccession);

    /// @notice EIP-712 digest of an order for this chain and venue.
    function digestOf(Order calldata order) external view returns (bytes32);

    /// @notice What has become of an order.
    function orderState(bytes32 digest) external view returns (OrderState memory);

    /// @notice What an account holds of an instrument.
    function position(address account, uint16 instrument) external view returns (int64 lots, int128 cost);

    /// @notice Since when an account's clock runs, in seconds; zero when it is not flagged.
    function flaggedAt(address account) external view returns (uint40);

    /// @notice How many accounts have ever had a position.
    function accountCount() external view returns (uint256);

    /// @notice Accounts in the order of their first position, packed: for each
    ///     account | flaggedAt << 160 | positions << 200         160, 40 and 8 bits
    ///     margin cash                                           a signed word
    ///     instrument | lots << 16 | cost << 80, a position      16, 64 and 128 bits, the last two signed
    /// @param from Index of the first; past the end there is nothing.
    /// @param count At most how many.
    function accounts(uint256 from, uint256 count) external view returns (uint256[] memory words);

    /// @notice The same words of these accounts, in their order; one the venue does not know holds nothing.
    function accountsOf(address[] calldata ids) external view returns (uint256[] memory words);

    /// @notice Where accounts stand now.
    function health(address[] calldata ids) external view returns (Health[] memory);

    /// @notice Where an account stands by given tables.
    function healthAt(address account, Table[] calldata tables) external view returns (Health memory);

    /// @notice M at spot of what a slice of the account would leave.
    function maintenanceAfter(address account, uint256 fractionPpm, Table[] calldata tables)
        external
        view
        returns (uint256);

    /// @notice What the account could give up now, in µUSDC.
    function freeMargin(address account) external view returns (uint256);

    /// @notice What would become idle of it: all of it, unless a deficit stands.
    function payoutOf(uint64 amount) external view returns (uint256);
}
