// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICollateralVault} from "./interfaces/ICollateralVault.sol";
import {IDelegations} from "./interfaces/IDelegations.sol";
import {IMarginGate} from "./interfaces/IMarginGate.sol";
import {IMarginVenue} from "./interfaces/IMarginVenue.sol";
import {IRiskEngine} from "./interfaces/IRiskEngine.sol";
import {ISuccession} from "./interfaces/ISuccession.sol";
import {IVolatilityOracle} from "./interfaces/IVolatilityOracle.sol";
import {AccountBook, Book, Standing} from "./libraries/AccountBook.sol";
import {Account, AccountStore} from "./libraries/AccountStore.sol";
import {Coverage, DeficitRate} from "./libraries/DeficitRate.sol";
import {FillRules} from "./libraries/FillRules.sol";
import {OrderBook} from "./libraries/OrderBook.sol";
import {DEFICIT} from "./types/DeficitAccount.sol";
import {Health} from "./types/Health.sol";
import {Order, OrderState, hashOrder} from "./types/Order.sol";
import {Position} from "./types/Position.sol";
import {Slice} from "./types/Slice.sol";
import {Step} from "./types/Step.sol";
import {Table} from "./types/Table.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SignedMath} from "@openzeppelin/contracts/utils/math/SignedMath.sol";

/// @notice Holds positions, fills signed orders, and lets margin go that no position needs.
/// @dev TRUST: an account alone, or a delegate within its limits, signs its orders, and the account alone cancels and
/// withdraws; `delegations` says who signed; `succession` ends opening; `liquidation` moves positions at spot, margin cash and flags; `oracle` and `risk` say what a lot is worth; anyone
/// submits. There is no other role.
/// @dev LOCK: calls that could come back leave from the vault, to its token: while one is under way nothing here runs.
/// @custom:invariant INV-VENUE-2 Σ lots of an instrument over all accounts == 0.
/// @custom:invariant INV-VENUE-3 vault.margin(this) == -(Σ cost over all accounts).
/// @custom:invariant INV-VENUE-4 After a fill a side has its initial margin at both prices; or it only became smaller,
/// E >= 0 before and after, and neither E - M nor E/M fell.
/// @custom:invariant INV-VENUE-5 No order fills past its lots, its limit, its expiry, or MAX_EXPIRY ahead, nor once it
/// was cancelled.
/// @custom:invariant INV-VENUE-6 A fill's price lies within half the maintenance rate of spot.
/// @custom:invariant INV-VENUE-7 A flagged account, and any while its price is stale, makes no position larger and
/// withdraws nothing while it has one.
/// @custom:invariant INV-VENUE-8 Every fill that a delegate signed was charged to it; only the account cancels.
/// @custom:invariant INV-VENUE-9 A withdrawal leaves the account's losses and initial margin covered by cash at both
/// prices, and no unrealised gain leaves.
/// @custom:invariant INV-VENUE-11 While a deficit stands, `a` of margin pays floor(a·r), r = X/(X + deficit), the rest
/// reduces the deficit, and so does what anybody brings to `repay` it; nothing else does, and no insurance leaves.
/// @custom:invariant INV-VENUE-12 While a deficit stands, only who has a position, and the insurance, may enter margin.
/// @custom:invariant INV-VENUE-13 Once a successor is named nothing opens or becomes larger by a fill; reducing,
/// closing, withdrawing and liquidation go on.
/// @custom:invariant INV-VENUE-10 While the vault calls its token, nothing here moves margin, positions or flags.
contract MarginVenue is IMarginVenue, EIP712, ReentrancyGuardTransient {
    using AccountStore for mapping(address id => Account account);
    using OrderBook for OrderBook.Orders;

    /* TYPES */

    /// @dev An order that may be filled, and whose key signed it: zero for the account itself.
    struct Admitted {
        bytes32 digest;
        address delegate;
    }

    /* CONSTANTS */

    /// @notice How far ahead an order's expiry may lie.
    uint256 public constant MAX_EXPIRY = OrderBook.MAX_EXPIRY;

    /// @notice How many positions an account may have.
    uint256 public constant MAX_POSITIONS = FillRules.MAX_POSITIONS;

    /// @notice Greatest size of an account's positions after one became larger, in µUSDC: $1bn.
    uint256 public constant MAX_NOTIONAL = FillRules.MAX_NOTIONAL;

    /// @notice How many rounds of the feed a call consumes.
    uint256 public constant MAX_ROUNDS = 64;

    /* IMMUTABLES */

    /// @inheritdoc IMarginVenue
    ICollateralVault public immutable vault;

    /// @inheritdoc IMarginVenue
    IVolatilityOracle public immutable oracle;

    /// @inheritdoc IMarginVenue
    IRiskEngine public immutable risk;

    /// @inheritdoc IMarginVenue
    address public immutable liquidation;

    /// @inheritdoc IMarginVenue
    IDelegations public immutable delegations;

    /// @inheritdoc IMarginVenue
    ISuccession public immutable succession;

    /* STORAGE */

    /// @dev Whoever has ever had a position.
    address[] private _listed;

    mapping(address id => Account account) private _accounts;

    OrderBook.Orders private _orders;

    /* MODIFIERS */

    modifier onlyLiquidation() {
        _requireLiquidation();
        _;
    }

    modifier whileVaultRests() {
        _requireVaultRests();
        _;
    }

    /* CONSTRUCTOR */

    /// @param vault_ Where margin cash lies, for ever; it names this venue.
    /// @param oracle_ Where prices come from, for ever.
    /// @param risk_ Where margins a lot come from, for ever; it reads the same oracle.
    /// @param liquidation_ Who moves positions, for ever. It names this venue in its own constructor.
    /// @param delegations_ Who says who signed, for ever; it names this venue.
    /// @param succession_ Who names the next deployment, for ever; it asks the vault's authority.
    constructor(
        ICollateralVault vault_,
        IVolatilityOracle oracle_,
        IRiskEngine risk_,
        address liquidation_,
        IDelegations delegations_,
        ISuccession succession_
    ) EIP712("MarginVenue", "1") {
        _requireContract(address(vault_));
        _requireContract(address(oracle_));
        _requireContract(address(risk_));
        _requireContract(address(delegations_));
        _requireContract(address(succession_));
        require(liquidation_ != address(0) && liquidation_ != address(this), WrongPart(liquidation_, address(0)));
        _requireSame(vault_.venue(), address(this));
        _requireSame(delegations_.venue(), address(this));
        _requireSame(address(risk_.oracle()), address(oracle_));
        _requireSame(address(succession_.authority()), address(vault_.authority()));
        _requireSame(address(succession_.people()), address(vault_.people()));
        vault = vault_;
        oracle = oracle_;
        risk = risk_;
        liquidation = liquidation_;
        delegations = delegations_;
        succession = succession_;
    }

    /* EXTERNAL: ORDERS */

    /// @inheritdoc IMarginVenue
    function fill(
        Order calldata maker,
        bytes calldata makerSignature,
        Order calldata taker,
        bytes calldata takerSignature,
        uint64 lots
    ) external nonReentrant whileVaultRests {
        Table[] memory tables = _tablesNow();
        FillRules.requireMatch(maker, taker, lots);
        require(maker.instrument < tables.length, IRiskEngine.UnknownInstrument(maker.instrument));
        FillRules.requireInBand(maker.limitPrice, tables[maker.instrument]);
        Admitted memory made = _admit(maker, makerSignature, lots);
        Admitted memory taken = _admit(taker, takerSignature, lots);

        OrderBook.announce(maker, made.digest, taker, taken.digest, lots);
        uint64 price = maker.limitPrice;
        _trade(maker, made.delegate, lots, price, tables);
        _trade(taker, taken.delegate, lots, price, tables);
    }

    /// @inheritdoc IMarginVenue
    function cancel(Order calldata order) external {
        require(msg.sender == order.account, NotOrderOwner(msg.sender, order.account));
        bytes32 digest = digestOf(order);
        _orders.states[digest].cancelled = true;
        emit Cancelled(digest, order.account);
    }

    /* EXTERNAL: MARGIN */

    /// @inheritdoc IMarginVenue
    function withdraw(uint256 amount) external nonReentrant whileVaultRests {
        require(amount != 0, ZeroAmount());
        Book memory book = _load(msg.sender, 0);
        Table[] memory tables;
        // Cash of an account without open risk is its own, whatever the feed or a flag of old says.
        if (book.count != 0) {
            require(_accounts[msg.sender].flaggedAt == 0, AccountFlagged(msg.sender));
            tables = _tablesNow();
            require(!FillRules.anyStale(book, tables), StaleOracle());
        }
        Coverage memory coverage = DeficitRate.read(vault, liquidation);
        uint256 free = Math.min(FillRules.free(book, tables), coverage.most());
        require(amount <= free, InsufficientFreeMargin(amount, free));
        uint256 paid = coverage.payout(amount);
        require(paid != 0, NothingPaid(amount));
        emit Withdrawn(msg.sender, amount, paid);
        _move(msg.sender, DEFICIT, amount - paid);
        vault.marginToIdle(msg.sender, paid);
    }

    /* EXTERNAL: LIQUIDATION */

    /// @inheritdoc IMarginVenue
    function slice(Slice calldata given, Table[] calldata tables)
        external
        onlyLiquidation
        nonReentrant
        whileVaultRests
        returns (bool taken, Health memory left)
    {
        Book memory giver = _load(given.account, 0);
        Book memory taker = _load(given.taker, giver.count);
        int256 giverGain = -giver.cash;
        int256 takerGain = -taker.cash;
        uint16[] memory instruments = giver.splitInto(taker, given.fractionPpm, tables);
        (giverGain, takerGain) = (giverGain + giver.cash, takerGain + taker.cash);

        // The casts are safe: a penalty is at most an account's equity.
        taker.cash += int256(given.penalty - given.insuranceShare);
        if (_accounts[given.taker].flaggedAt != 0 || !FillRules.fits(taker, tables)) return (false, left);
        giver.cash -= int256(given.penalty);

        _store(given.account, giver, instruments);
        _store(given.taker, taker, instruments);
        _realise(given.account, giverGain);
        _realise(given.taker, takerGain);
        _move(given.account, given.taker, given.penalty - given.insuranceShare);
        _move(given.account, liquidation, given.insuranceShare);
        return (true, _healthOf(given.account, giver, tables));
    }

    /// @inheritdoc IMarginVenue
    function moveMargin(address from, address to, uint256 amount)
        external
        onlyLiquidation
        nonReentrant
        whileVaultRests
    {
        _move(from, to, amount);
    }

    /// @inheritdoc IMarginVenue
    function setFlag(address account, uint40 since) external onlyLiquidation nonReentrant whileVaultRests {
        _accounts[account].flaggedAt = since;
    }

    /* EXTERNAL: VIEWS */

    /// @inheritdoc IMarginVenue
    function orderState(bytes32 digest) external view returns (OrderState memory) {
        return _orders.states[digest];
    }

    /// @inheritdoc IMarginVenue
    function position(address account, uint16 instrument) external view returns (int64 lots, int128 cost) {
        Position memory held = _load(account, 0).positionOf(instrument);
        return (held.lots, held.cost);
    }

    /// @inheritdoc IMarginVenue
    function flaggedAt(address account) external view returns (uint40) {
        return _accounts[account].flaggedAt;
    }

    /// @inheritdoc IMarginVenue
    function accountCount() external view returns (uint256) {
        return _listed.length;
    }

    /// @inheritdoc IMarginVenue
    function accounts(uint256 from, uint256 count) external view returns (uint256[] memory words) {
        from = Math.min(from, _listed.length);
        address[] memory ids = new address[](Math.min(count, _listed.length - from));
        for (uint256 i = 0; i < ids.length; ++i) {
            ids[i] = _listed[from + i];
        }
        return _accounts.packAll(ids, vault);
    }

    /// @inheritdoc IMarginVenue
    function accountsOf(address[] calldata ids) external view returns (uint256[] memory words) {
        return _accounts.packAll(ids, vault);
    }

    /// @inheritdoc IMarginVenue
    function health(address[] calldata ids) external view returns (Health[] memory all) {
        Table[] memory tables = risk.tables();
        all = new Health[](ids.length);
        for (uint256 i = 0; i < ids.length; ++i) {
            all[i] = _healthOf(ids[i], _load(ids[i], 0), tables);
        }
    }

    /// @inheritdoc IMarginVenue
    function healthAt(address account, Table[] calldata tables) external view returns (Health memory) {
        return _healthOf(account, _load(account, 0), tables);
    }

    /// @inheritdoc IMarginVenue
    function maintenanceAfter(address account, uint256 fractionPpm, Table[] calldata tables)
        external
        view
        returns (uint256)
    {
        return _accounts[account].maintenanceAfter(fractionPpm, tables);
    }

    /// @inheritdoc IMarginVenue
    function freeMargin(address account) external view returns (uint256) {
        Book memory book = _load(account, 0);
        Table[] memory tables = risk.tables();
        if (book.count != 0 && (_accounts[account].flaggedAt != 0 || FillRules.anyStale(book, tables))) return 0;
        return Math.min(FillRules.free(book, tables), DeficitRate.read(vault, liquidation).most());
    }

    /// @inheritdoc IMarginVenue
    function payoutOf(uint64 amount) external view returns (uint256) {
        return DeficitRate.read(vault, liquidation).payout(amount);
    }

    /// @inheritdoc IMarginGate
    function mayEnterMargin(address account) external view returns (bool) {
        return vault.margin(DEFICIT) == 0 || account == liquidation || _accounts[account].positions.length != 0;
    }

    /* PUBLIC */

    /// @inheritdoc IMarginVenue
    function digestOf(Order calldata order) public view returns (bytes32) {
        return _hashTypedDataV4(hashOrder(order));
    }

    /* PRIVATE: EFFECTS */

    /// @dev Brings the oracle up to the feed's newest round, which is what spot means.
    function _tablesNow() private returns (Table[] memory) {
        oracle.poke(MAX_ROUNDS);
        require(!oracle.behind(), RoundsPending());
        return risk.tables();
    }

    /// @dev Everything that is between an order and its fill but margin; counts the lots.
    function _admit(Order calldata order, bytes calldata signature, uint64 lots)
        private
        returns (Admitted memory admitted)
    {
        bytes32 digest = digestOf(order);
        _orders.count(order, digest, lots);
        admitted = Admitted({digest: digest, delegate: delegations.signerOf(order.account, digest, signature)});
    }

    /// @dev One side of a fill.
    function _trade(Order calldata order, address delegate, uint64 lots, uint64 price, Table[] memory tables) private {
        Book memory book = _load(order.account, 1);
        Step memory step = FillRules.stepOf(order, book, lots, price);
        Standing memory before = book.standing(tables);
        int256 realised = book.trade(order.instrument, step.moved, price);

        Standing memory then = book.standing(tables);
        if (step.shrinks) {
            FillRules.requireNoWorse(order.account, before, then);
        } else {
            _requireMayOpen(order, book, tables);
            FillRules.requireInitial(order.account, then);
        }
        if (delegate != address(0)) _charge(order, delegate, step, tables[order.instrument]);

        _store(order.account, book, _only(order.instrument));
        _realise(order.account, realised);
    }

    /// @dev Against a mark that is old a delegate's loss cannot be told: only the account itself trades there.
    function _charge(Order calldata order, address delegate, Step memory step, Table memory table) private {
        require(!table.stale, StaleOracle());
        delegations.charge(order.account, delegate, order.instrument, step, table.spot);
    }

    /// @dev Writes positions back, and says what became of those that changed.
    function _store(address account, Book memory book, uint16[] memory changed) private {
        Account storage stored = _accounts[account];
        if (!stored.listed) {
            stored.listed = true;
            _listed.push(account);
        }
        stored.store(book);
        for (uint256 i = 0; i < changed.length; ++i) {
            Position memory held = book.positionOf(changed[i]);
            emit PositionChanged(account, changed[i], held.lots, held.cost);
        }
    }

    /// @dev Gains come from the pool, losses go to it.
    function _realise(address account, int256 gain) private {
        if (gain > 0) _move(address(this), account, uint256(gain));
        else _move(account, address(this), SignedMath.abs(gain));
    }

    function _move(address from, address to, uint256 amount) private {
        if (amount != 0) vault.transferMargin(from, to, amount);
    }

    /* PRIVATE: VIEWS */

    /// @dev Reads an account, with room for `extra` positions more.
    function _load(address account, uint256 extra) private view returns (Book memory book) {
        return _accounts[account].load(vault.margin(account), extra);
    }

    function _healthOf(address account, Book memory book, Table[] memory tables) private view returns (Health memory) {
        return book.health(tables, _accounts[account].flaggedAt);
    }

    /// @dev For a side whose position becomes larger, or turns.
    function _requireMayOpen(Order calldata order, Book memory book, Table[] memory tables) private view {
        address account = order.account;
        require(!order.reduceOnly, NotReducing(account));
        require(_accounts[account].flaggedAt == 0, AccountFlagged(account));
        address next = succession.successor();
        require(next == address(0), SuccessorNamed(next));
        require(!tables[order.instrument].stale && !FillRules.anyStale(book, tables), StaleOracle());
        require(book.count <= MAX_POSITIONS, TooManyPositions(account, book.count, MAX_POSITIONS));
    }

    function _requireLiquidation() private view {
        require(msg.sender == liquidation, NotLiquidation(msg.sender, liquidation));
    }

    /// @dev Runs in the middle of nothing: no token is being called.
    function _requireVaultRests() private view {
        require(!vault.entered(), VaultEntered());
    }

    function _requireContract(address given) private view {
        require(given.code.length != 0, NotAContract(given));
    }

    /* PRIVATE: PURE */

    function _requireSame(address given, address expected) private pure {
        require(given == expected, WrongPart(given, expected));
    }

    function _only(uint16 instrument) private pure returns (uint16[] memory instruments) {
        instruments = new uint16[](1);
        instruments[0] = instrument;
    }
}
