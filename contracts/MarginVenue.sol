// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICollateralVault} from "./interfaces/ICollateralVault.sol";
import {IMarginVenue} from "./interfaces/IMarginVenue.sol";
import {IRiskEngine} from "./interfaces/IRiskEngine.sol";
import {IVolatilityOracle} from "./interfaces/IVolatilityOracle.sol";
import {AccountBook, Book, Standing} from "./libraries/AccountBook.sol";
import {Account} from "./libraries/AccountStore.sol";
import {DelegateLimits} from "./libraries/DelegateLimits.sol";
import {FillRules, Step} from "./libraries/FillRules.sol";
import {Delegate} from "./types/Delegate.sol";
import {Health} from "./types/Health.sol";
import {Order, OrderState, hashOrder} from "./types/Order.sol";
import {Position} from "./types/Position.sol";
import {Slice} from "./types/Slice.sol";
import {Table} from "./types/Table.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SignedMath} from "@openzeppelin/contracts/utils/math/SignedMath.sol";

/// @notice Holds positions, fills signed orders, and lets margin go that no position needs.
/// @dev TRUST: an account alone, or a delegate within its limits, signs its orders, and the account alone withdraws;
/// `liquidation` moves positions at spot, margin cash and flags; `oracle` and `risk` say what a lot is worth; anyone
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
/// @custom:invariant INV-VENUE-8 A delegate fills orders within its limits and cancels them, in its time, and nothing else.
/// @custom:invariant INV-VENUE-9 A withdrawal leaves the account's losses and initial margin covered by cash at both
/// prices, and no unrealised gain leaves.
/// @custom:invariant INV-VENUE-10 While the vault calls its token, nothing here moves margin, positions or flags.
contract MarginVenue is IMarginVenue, EIP712, ReentrancyGuardTransient {
    /* TYPES */

    /// @dev An order that may be filled, and whose key signed it: zero for the account itself.
    struct Admitted {
        bytes32 digest;
        address delegate;
    }

    /* CONSTANTS */

    /// @notice How far ahead an order's expiry may lie.
    uint256 public constant MAX_EXPIRY = 30 days;

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

    /* STORAGE */

    /// @dev Whoever has ever had a position.
    address[] private _listed;

    mapping(address id => Account account) private _accounts;

    mapping(bytes32 digest => OrderState state) private _orders;

    mapping(address account => mapping(address key => Delegate limits)) private _delegates;

    /* MODIFIERS */

    modifier onlyLiquidation() {
        require(msg.sender == liquidation, NotLiquidation(msg.sender, liquidation));
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
    constructor(ICollateralVault vault_, IVolatilityOracle oracle_, IRiskEngine risk_, address liquidation_)
        EIP712("MarginVenue", "1")
    {
        _requireContract(address(vault_));
        _requireContract(address(oracle_));
        _requireContract(address(risk_));
        require(liquidation_ != address(0) && liquidation_ != address(this), WrongPart(liquidation_, address(0)));
        require(vault_.venue() == address(this), WrongPart(vault_.venue(), address(this)));
        address read = address(risk_.oracle());
        require(read == address(oracle_), WrongPart(read, address(oracle_)));
        vault = vault_;
        oracle = oracle_;
        risk = risk_;
        liquidation = liquidation_;
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

        _announce(maker, made.digest, taker, taken.digest, lots);
        uint64 price = maker.limitPrice;
        _trade(maker, made.delegate, lots, price, tables);
        _trade(taker, taken.delegate, lots, price, tables);
    }

    /// @inheritdoc IMarginVenue
    function cancel(Order calldata order) external {
        bool allowed = msg.sender == order.account || _delegates[order.account][msg.sender].expiry >= block.timestamp;
        require(allowed, NotOrderOwner(msg.sender, order.account));
        bytes32 digest = digestOf(order);
        _orders[digest].cancelled = true;
        emit Cancelled(digest, order.account);
    }

    /// @inheritdoc IMarginVenue
    function setDelegate(address key, uint40 expiry, uint64 notionalLimit, uint64 dailyLossBudget) external {
        require(key != address(0) && key != msg.sender, InvalidDelegate(key));
        require(block.timestamp <= expiry, DelegateExpired(key, expiry));
        _delegates[msg.sender][key] = Delegate({
            expiry: expiry, notionalLimit: notionalLimit, dailyLossBudget: dailyLossBudget, lossOfDay: 0, day: 0
        });
        emit DelegateSet(msg.sender, key, expiry, notionalLimit, dailyLossBudget);
    }

    /// @inheritdoc IMarginVenue
    function revokeDelegate(address key) external {
        delete _delegates[msg.sender][key];
        emit DelegateRevoked(msg.sender, key);
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
        uint256 free = FillRules.free(book, tables);
        require(amount <= free, InsufficientFreeMargin(amount, free));
        emit Withdrawn(msg.sender, amount);
        vault.marginToIdle(msg.sender, amount);
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
        uint16[] memory instruments = _split(giver, taker, given.fractionPpm, tables);
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

    /// @inheritdoc IMarginVenue
    function clearFlag(address account) external onlyLiquidation nonReentrant whileVaultRests {
        _accounts[account].flaggedAt = 0;
    }

    /* EXTERNAL: VIEWS */

    /// @inheritdoc IMarginVenue
    function orderState(bytes32 digest) external view returns (OrderState memory) {
        return _orders[digest];
    }

    /// @inheritdoc IMarginVenue
    function delegateOf(address account, address key) external view returns (Delegate memory) {
        return _delegates[account][key];
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
        return _packed(ids);
    }

    /// @inheritdoc IMarginVenue
    function accountsOf(address[] calldata ids) external view returns (uint256[] memory words) {
        return _packed(ids);
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
        returns (uint256 maintenance)
    {
        Position[] storage held = _accounts[account].positions;
        for (uint256 i = 0; i < held.length; ++i) {
            Position memory part = held[i];
            uint256 left = SignedMath.abs(part.lots - AccountBook.portion(part.lots, fractionPpm));
            maintenance += left * tables[part.instrument].mmSpot;
        }
    }

    /// @inheritdoc IMarginVenue
    function freeMargin(address account) external view returns (uint256) {
        Book memory book = _load(account, 0);
        Table[] memory tables = risk.tables();
        if (book.count != 0 && (_accounts[account].flaggedAt != 0 || FillRules.anyStale(book, tables))) return 0;
        return Math.min(FillRules.free(book, tables), uint256(SignedMath.max(vault.marginTotal(), 0)));
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
        require(block.timestamp <= order.expiry, OrderExpired(order.expiry, block.timestamp));
        uint256 latest = block.timestamp + MAX_EXPIRY;
        require(order.expiry <= latest, ExpiryTooFar(order.expiry, latest));

        bytes32 digest = digestOf(order);
        OrderState memory state = _orders[digest];
        require(!state.cancelled, OrderCancelled(digest));
        // The cast is safe: the magnitude of 64 bits; what was filled of it is at most as much.
        uint64 left = uint64(SignedMath.abs(order.lots)) - state.filled;
        require(lots <= left, BeyondOrder(digest, lots, left));
        require(lots >= Math.min(order.minFill, left), BelowMinFill(digest, lots, order.minFill));

        admitted = Admitted({digest: digest, delegate: _delegateOf(order.account, digest, signature)});
        _orders[digest].filled = state.filled + lots;
    }

    function _announce(
        Order calldata maker,
        bytes32 makerDigest,
        Order calldata taker,
        bytes32 takerDigest,
        uint64 lots
    ) private {
        (uint16 instrument, uint64 price, int256 bought) =
            (maker.instrument, maker.limitPrice, FillRules.signed(taker, lots));
        emit Filled(makerDigest, takerDigest, instrument, maker.account, taker.account, bought, price);
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
        if (delegate != address(0)) {
            Delegate storage limits = _delegates[order.account][delegate];
            uint64 spot = tables[order.instrument].spot;
            _delegates[order.account][delegate] = DelegateLimits.charged(limits, delegate, step, spot, block.timestamp);
        }

        _store(order.account, book, _only(order.instrument));
        _realise(order.account, realised);
    }

    /// @dev Moves a part of every position from one book to another, at spot.
    function _split(Book memory giver, Book memory taker, uint256 fractionPpm, Table[] memory tables)
        private
        pure
        returns (uint16[] memory instruments)
    {
        uint256 count = giver.count;
        instruments = new uint16[](count);
        // Backwards: where a position goes whole, the last one, which has been seen, takes its place.
        for (uint256 left = count; left != 0; --left) {
            Position memory held = giver.positions[left - 1];
            uint16 instrument = held.instrument;
            int256 part = AccountBook.portion(held.lots, fractionPpm);
            instruments[left - 1] = instrument;
            giver.trade(instrument, -part, tables[instrument].spot);
            taker.trade(instrument, part, tables[instrument].spot);
        }
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

    function _packed(address[] memory ids) private view returns (uint256[] memory words) {
        uint256 length = 0;
        for (uint256 i = 0; i < ids.length; ++i) {
            length += _accounts[ids[i]].packedLength();
        }
        words = new uint256[](length);
        uint256 next = 0;
        for (uint256 i = 0; i < ids.length; ++i) {
            next = _accounts[ids[i]].pack(ids[i], vault.margin(ids[i]), words, next);
        }
    }

    /// @dev Reads an account, with room for `extra` positions more.
    function _load(address account, uint256 extra) private view returns (Book memory book) {
        return _accounts[account].load(vault.margin(account), extra);
    }

    function _healthOf(address account, Book memory book, Table[] memory tables) private view returns (Health memory) {
        Standing memory standing = book.standing(tables);
        return Health({
            equitySpot: standing.spot.equity,
            maintenanceSpot: standing.spot.maintenance,
            hardSpot: standing.spot.hard,
            equityTwap: standing.twap.equity,
            maintenanceTwap: standing.twap.maintenance,
            hardTwap: standing.twap.hard,
            notional: standing.spot.notional,
            flaggedAt: _accounts[account].flaggedAt
        });
    }

    /// @dev The delegate that signed, or zero for the account itself.
    function _delegateOf(address account, bytes32 digest, bytes calldata signature) private view returns (address) {
        (address key, ECDSA.RecoverError failed,) = ECDSA.tryRecoverCalldata(digest, signature);
        uint40 expiry = failed == ECDSA.RecoverError.NoError ? _delegates[account][key].expiry : 0;
        if (expiry >= block.timestamp) return key;
        bool own = SignatureChecker.isValidSignatureNowCalldata(account, digest, signature);
        require(own || expiry == 0, DelegateExpired(key, expiry));
        require(own, InvalidSignature(account));
        return address(0);
    }

    /// @dev For a side whose position becomes larger, or turns.
    function _requireMayOpen(Order calldata order, Book memory book, Table[] memory tables) private view {
        address account = order.account;
        require(!order.reduceOnly, NotReducing(account));
        require(_accounts[account].flaggedAt == 0, AccountFlagged(account));
        require(!tables[order.instrument].stale && !FillRules.anyStale(book, tables), StaleOracle());
        require(book.count <= MAX_POSITIONS, TooManyPositions(account, book.count, MAX_POSITIONS));
    }

    /// @dev Runs in the middle of nothing: no token is being called.
    function _requireVaultRests() private view {
        require(!vault.entered(), VaultEntered());
    }

    function _requireContract(address given) private view {
        require(given.code.length != 0, NotAContract(given));
    }

    /* PRIVATE: PURE */

    function _only(uint16 instrument) private pure returns (uint16[] memory instruments) {
        instruments = new uint16[](1);
        instruments[0] = instrument;
    }
}
