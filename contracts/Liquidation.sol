// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAuthority} from "./interfaces/IAuthority.sol";
import {ICollateralVault} from "./interfaces/ICollateralVault.sol";
import {ILiquidation} from "./interfaces/ILiquidation.sol";
import {IMarginVenue} from "./interfaces/IMarginVenue.sol";
import {IRiskEngine} from "./interfaces/IRiskEngine.sol";
import {IVolatilityOracle} from "./interfaces/IVolatilityOracle.sol";
import {SliceMath} from "./libraries/SliceMath.sol";
import {ActionClass} from "./types/ActionClass.sol";
import {DEFICIT} from "./types/DeficitAccount.sol";
import {Health} from "./types/Health.sol";
import {LiquidationOrder, SkipReason, hashLiquidationOrder} from "./types/LiquidationOrder.sol";
import {Ppm} from "./types/Ppm.sol";
import {Slice} from "./types/Slice.sol";
import {Table} from "./types/Table.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SignedMath} from "@openzeppelin/contracts/utils/math/SignedMath.sol";

/// @notice Decides who is liquidated, by how much and at what price, in two lanes.
/// @dev TRUST: custodians, through `authority`, choose which eligible accounts a backstop takes, and when; they make
/// nobody eligible and set no price. Anyone flags, clears and takes. The backstops have agreed to take whatever leaves
/// them initial margin. There is no other role.
/// @custom:invariant INV-LIQ-2 No position moves, and nothing is paid, unless its account's E was below M at both
/// prices or below R/2 at spot, in that call, on a fresh price.
/// @custom:invariant INV-LIQ-3 Below the hard threshold a slice waits for nobody and nothing; above it for the lane's
/// time since the flag.
/// @custom:invariant INV-LIQ-4 A batch takes effect at most once, in its epoch, before its deadline, of class A, on
/// this chain and contract only; and never reverts for what an account or a backstop is.
/// @custom:invariant INV-LIQ-5 Insurance goes into holes of accounts closed with nothing left at both prices, and
/// nowhere else; what it lacks is the deficit, to the last unit.
/// @custom:invariant INV-LIQ-6 A taker is not the account, is not flagged, and has initial margin afterwards.
contract Liquidation is ILiquidation, EIP712, ReentrancyGuardTransient {
    /* TYPES */

    /// @dev An eligible account, and what a slice of it would be.
    struct Case {
        address account;
        Health health;
        uint256 rate;
        uint256 fraction;
        bool whole;
    }

    /* CONSTANTS */

    /// @notice The longest time to cure, in seconds.
    uint32 public constant MAX_CURE = 1 hours;

    /// @notice How far ahead the deadline of a batch may lie.
    uint256 public constant MAX_DEADLINE = 600 seconds;

    /// @notice How many accounts a batch names: they fit a transaction's 16,777,216 gas though the last backstop takes
    /// every slice.
    uint256 public constant MAX_BATCH = 100;

    /// @notice How many backstops there may be.
    uint256 public constant MAX_BACKSTOPS = 3;

    /// @notice How many rounds of the feed a call consumes.
    uint256 public constant MAX_ROUNDS = 64;

    /// @notice The margin account where holes are booked that insurance did not fill; nobody's address.
    address public constant DEFICIT_ACCOUNT = DEFICIT;

    /// @dev Least size of a slice in the open lane, in µUSDC: $1,000.
    uint256 private constant LEAST_SLICE = 1_000e6;

    /* IMMUTABLES */

    /// @inheritdoc ILiquidation
    IMarginVenue public immutable venue;

    /// @inheritdoc ILiquidation
    ICollateralVault public immutable vault;

    /// @inheritdoc ILiquidation
    IVolatilityOracle public immutable oracle;

    /// @inheritdoc ILiquidation
    IRiskEngine public immutable risk;

    /// @inheritdoc ILiquidation
    IAuthority public immutable authority;

    /// @inheritdoc ILiquidation
    uint32 public immutable cure;

    /// @inheritdoc ILiquidation
    uint32 public immutable openAfter;

    /* STORAGE */

    /// @dev Set in the constructor only.
    address[] private _backstops;

    /// @inheritdoc ILiquidation
    mapping(bytes32 digest => bool done) public used;

    /* CONSTRUCTOR */

    /// @param venue_ Where positions are, for ever; it names this contract.
    /// @param vault_ Where margin cash lies, for ever: the venue's.
    /// @param oracle_ Where prices come from, for ever: the venue's.
    /// @param risk_ Where margins a lot come from, for ever: the venue's.
    /// @param authority_ Who signs batches, for ever.
    /// @param backstops_ Who takes in the custodians' lane, in order, for ever.
    /// @param cure_ From the flag to the custodians' lane, in seconds.
    /// @param openAfter_ From the flag to the open lane, in seconds.
    constructor(
        IMarginVenue venue_,
        ICollateralVault vault_,
        IVolatilityOracle oracle_,
        IRiskEngine risk_,
        IAuthority authority_,
        address[] memory backstops_,
        uint32 cure_,
        uint32 openAfter_
    ) EIP712("Liquidation", "1") {
        _requireContract(address(venue_));
        _requireContract(address(authority_));
        _requireSame(venue_.liquidation(), address(this));
        _requireSame(address(vault_), address(venue_.vault()));
        _requireSame(address(oracle_), address(venue_.oracle()));
        _requireSame(address(risk_), address(venue_.risk()));
        _requireSame(address(authority_), address(vault_.authority()));
        require(cure_ <= MAX_CURE, CureTooLong(cure_, MAX_CURE));
        require(openAfter_ <= cure_, OpenAfterBeyondCure(openAfter_, cure_));
        require(backstops_.length <= MAX_BACKSTOPS, TooManyBackstops(backstops_.length, MAX_BACKSTOPS));
        for (uint256 i = 0; i < backstops_.length; ++i) {
            address backstop = backstops_[i];
            bool valid = backstop != address(0) && backstop != address(venue_) && backstop != address(this)
                && backstop != DEFICIT_ACCOUNT;
            require(valid, InvalidBackstop(backstop));
        }
        (venue, vault, oracle, risk, authority) = (venue_, vault_, oracle_, risk_, authority_);
        (cure, openAfter) = (cure_, openAfter_);
        _backstops = backstops_;
    }

    /* EXTERNAL: CLOCKS */

    /// @inheritdoc ILiquidation
    function flag(address account) external nonReentrant {
        Table[] memory tables = _tablesNow();
        _requireFresh(tables);
        Health memory health = venue.healthAt(account, tables);
        require(_isBelow(health), AboveMargin(account));
        require(health.flaggedAt == 0, AlreadyFlagged(account, health.flaggedAt));
        _flag(account);
    }

    /// @inheritdoc ILiquidation
    function clear(address account) external nonReentrant {
        Health memory health = venue.healthAt(account, _tablesNow());
        require(health.flaggedAt != 0, NotFlagged(account));
        require(SliceMath.atTarget(health), BelowTarget(account));
        _clear(account);
    }

    /// @inheritdoc ILiquidation
    function resetClock(address account) external nonReentrant {
        Health memory health = venue.healthAt(account, _tablesNow());
        require(health.flaggedAt != 0, NotFlagged(account));
        require(SliceMath.atMargin(health), BelowMargin(account));
        _resetClock(account);
    }

    /* EXTERNAL: LANES */

    /// @inheritdoc ILiquidation
    function take(address account, uint32 fractionPpm) external nonReentrant {
        require(msg.sender != account, SelfTaken(account));
        Table[] memory tables = _tablesNow();
        _requireFresh(tables);
        Health memory health = venue.healthAt(account, tables);
        require(_isBelow(health), AboveMargin(account));
        if (health.flaggedAt == 0) health.flaggedAt = _flag(account);
        uint256 ripe = _ripeAt(health, openAfter);
        require(block.timestamp >= ripe, TooEarly(block.timestamp, ripe));

        require(!SliceMath.awaitsAverage(health), SolventOnAverage(account));

        Case memory eligible = _judge(account, health, tables);
        uint256 fraction = eligible.fraction;
        if (!eligible.whole) {
            uint256 least = Math.min(fraction, Math.ceilDiv(LEAST_SLICE * SliceMath.WHOLE, health.notional));
            require(fractionPpm >= least, FractionTooSmall(fractionPpm, least));
            fraction = Math.min(fractionPpm, fraction);
            eligible.whole = _worsens(eligible, fraction, tables);
        }
        if (eligible.whole) {
            require(fractionPpm >= SliceMath.WHOLE, FractionTooSmall(fractionPpm, SliceMath.WHOLE));
            fraction = SliceMath.WHOLE;
        }
        require(_slice(eligible, msg.sender, fraction, tables, false), TakerRefused(msg.sender));
    }

    /// @inheritdoc ILiquidation
    function liquidateBatch(LiquidationOrder calldata order, bytes calldata proof) external nonReentrant {
        require(order.class == ActionClass.A, WrongClass(order.class));
        require(order.accounts.length <= MAX_BATCH, BatchTooLarge(order.accounts.length, MAX_BATCH));
        require(block.timestamp <= order.deadline, DeadlinePassed(order.deadline, block.timestamp));
        uint256 latest = block.timestamp + MAX_DEADLINE;
        require(order.deadline <= latest, DeadlineTooFar(order.deadline, latest));
        bytes32 digest = digestOf(order);
        require(!used[digest], DigestUsed(digest));
        _requireAuthorized(order, digest, proof);

        used[digest] = true;
        emit BatchExecuted(digest, order.accounts.length);
        Table[] memory tables = _tablesNow();
        _requireFresh(tables);
        address[] memory takers = _backstops;
        for (uint256 i = 0; i < order.accounts.length; ++i) {
            _visit(order.accounts[i], takers, tables);
        }
    }

    /* EXTERNAL: INSURANCE */

    /// @inheritdoc ILiquidation
    function fund(uint256 amount) external nonReentrant {
        emit Funded(msg.sender, amount);
        vault.toMargin(amount);
    }

    /// @inheritdoc ILiquidation
    function repay(uint256 amount) external nonReentrant {
        amount = Math.min(amount, deficit());
        require(amount != 0, NoDeficit());
        emit Repaid(msg.sender, amount);
        vault.toMargin(amount);
        venue.moveMargin(address(this), DEFICIT_ACCOUNT, amount);
    }

    /* EXTERNAL: LOOKS */

    /// @inheritdoc ILiquidation
    function look(address[] calldata ids)
        external
        returns (IVolatilityOracle.Reading memory reading, bool behind, uint256[] memory words)
    {
        (reading, behind) = _readingNow();
        words = venue.accountsOf(ids);
    }

    /// @inheritdoc ILiquidation
    function lookAll(uint256 from, uint256 count)
        external
        returns (IVolatilityOracle.Reading memory reading, bool behind, uint256[] memory words)
    {
        (reading, behind) = _readingNow();
        words = venue.accounts(from, count);
    }

    /* EXTERNAL: VIEWS */

    /// @inheritdoc ILiquidation
    function deficit() public view returns (uint256) {
        // Only ever taken from.
        return SignedMath.abs(vault.margin(DEFICIT_ACCOUNT));
    }

    /// @inheritdoc ILiquidation
    function backstops() external view returns (address[] memory) {
        return _backstops;
    }

    /* PUBLIC */

    /// @inheritdoc ILiquidation
    function digestOf(LiquidationOrder calldata order) public view returns (bytes32) {
        return _hashTypedDataV4(hashLiquidationOrder(order));
    }

    /// @inheritdoc ILiquidation
    function insurance() public view returns (uint256) {
        // The cast is safe: it pays at most what it holds.
        return uint256(vault.margin(address(this)));
    }

    /* PRIVATE: EFFECTS */

    /// @dev Brings the oracle up to the feed's newest round, which is what spot means.
    function _tablesNow() private returns (Table[] memory) {
        oracle.poke(MAX_ROUNDS);
        require(!oracle.behind(), RoundsPending());
        return risk.tables();
    }

    function _readingNow() private returns (IVolatilityOracle.Reading memory reading, bool behind) {
        oracle.poke(MAX_ROUNDS);
        return (oracle.reading(), oracle.behind());
    }

    /// @dev One account of a batch: a slice to the first backstop that keeps initial margin, or an event that says why
    /// not.
    function _visit(address account, address[] memory takers, Table[] memory tables) private {
        Health memory health = venue.healthAt(account, tables);
        if (!_isBelow(health)) {
            emit Skipped(account, SkipReason.Healthy);
            return;
        }
        if (health.flaggedAt == 0) health.flaggedAt = _flag(account);
        if (block.timestamp < _ripeAt(health, cure)) {
            emit Skipped(account, SkipReason.CureRunning);
            return;
        }
        if (SliceMath.awaitsAverage(health)) {
            emit Skipped(account, SkipReason.SolventOnAverage);
            return;
        }

        Case memory eligible = _judge(account, health, tables);
        for (uint256 i = 0; i < takers.length; ++i) {
            if (takers[i] == account) continue;
            if (_slice(eligible, takers[i], eligible.fraction, tables, true)) return;
            emit BackstopFull(takers[i]);
        }
        emit Skipped(account, SkipReason.BackstopsFull);
    }

    /// @dev Moves a slice, fills the hole that is left where nothing else is, and sets the clock by where the account
    /// stands then. Returns false, and does nothing, where the taker cannot take it.
    function _slice(Case memory eligible, address taker, uint256 fraction, Table[] memory tables, bool custodianLane)
        private
        returns (bool)
    {
        address account = eligible.account;
        uint256 penalty = SliceMath.penalty(eligible.health, eligible.rate, fraction);
        Slice memory given = Slice({
            account: account,
            taker: taker,
            fractionPpm: fraction,
            penalty: penalty,
            insuranceShare: SliceMath.insuranceShare(penalty)
        });
        (bool taken, Health memory left) = venue.slice(given, tables);
        if (!taken) return false;

        // The cast is safe: at most a million.
        emit SliceTaken(
            account,
            taker,
            uint32(fraction),
            eligible.health.equitySpot,
            left.equitySpot,
            penalty,
            given.insuranceShare,
            custodianLane
        );
        bool closed = left.notional == 0;
        if (closed && left.equitySpot < 0) _fillHole(account, SignedMath.abs(left.equitySpot));
        if (closed || SliceMath.atTarget(left)) _clear(account);
        else if (SliceMath.atMargin(left)) _resetClock(account);
        return true;
    }

    /// @dev The account ends at zero.
    function _fillHole(address account, uint256 hole) private {
        uint256 paid = Math.min(hole, insurance());
        if (paid != 0) {
            emit InsurancePaid(account, paid);
            venue.moveMargin(address(this), account, paid);
        }
        if (paid == hole) return;
        emit DeficitBooked(account, hole - paid);
        venue.moveMargin(DEFICIT_ACCOUNT, account, hole - paid);
    }

    function _flag(address account) private returns (uint40 since) {
        since = _now();
        emit Flagged(account, since);
        venue.setFlag(account, since);
    }

    function _resetClock(address account) private {
        uint40 since = _now();
        emit ClockReset(account, since);
        venue.setFlag(account, since);
    }

    function _clear(address account) private {
        emit Cleared(account);
        venue.setFlag(account, 0);
    }

    /* PRIVATE: VIEWS */

    /// @dev What a slice of an eligible account would be.
    function _judge(address account, Health memory health, Table[] memory tables)
        private
        view
        returns (Case memory made)
    {
        made.account = account;
        made.health = health;
        made.rate = SliceMath.penaltyRate(block.timestamp - health.flaggedAt);
        made.fraction = SliceMath.fraction(health, made.rate);
        made.whole = made.fraction == SliceMath.WHOLE && SliceMath.isSmall(health);
        if (!made.whole && _worsens(made, made.fraction, tables)) {
            (made.fraction, made.whole) = (SliceMath.WHOLE, true);
        }
    }

    function _worsens(Case memory eligible, uint256 fraction, Table[] memory tables) private view returns (bool) {
        uint256 maintenance = venue.maintenanceAfter(eligible.account, fraction, tables);
        uint256 penalty = SliceMath.penalty(eligible.health, eligible.rate, fraction);
        return SliceMath.worsens(eligible.health, maintenance, penalty);
    }

    /// @dev From when a slice may go, in a lane that waits for `wait`.
    function _ripeAt(Health memory health, uint32 wait) private pure returns (uint256) {
        return SliceMath.belowHard(health) ? health.flaggedAt : uint256(health.flaggedAt) + wait;
    }

    function _requireAuthorized(LiquidationOrder calldata order, bytes32 digest, bytes calldata proof) private view {
        IAuthority.Action memory action =
            IAuthority.Action({class: order.class, epoch: order.epoch, threshold: order.threshold});
        // Nothing leaves the vault: no value.
        uint32 delay = authority.authorize(action, Ppm.wrap(0), digest, proof);
        require(delay == 0, DelayAsked(delay));
    }

    function _requireContract(address given) private view {
        require(given.code.length != 0, NotAContract(given));
    }

    function _now() private view returns (uint40) {
        // The cast is safe: 40 bits of seconds last 34,000 years.
        return uint40(block.timestamp);
    }

    /* PRIVATE: PURE */

    /// @dev Only who has a position: the pool and the deficit are below zero by nature, and no holes.
    function _isBelow(Health memory health) private pure returns (bool) {
        if (health.notional == 0) return false;
        return SliceMath.belowMargin(health) || SliceMath.belowHard(health);
    }

    function _requireFresh(Table[] memory tables) private pure {
        for (uint256 i = 0; i < tables.length; ++i) {
            require(!tables[i].stale, StaleOracle());
        }
    }

    function _requireSame(address given, address expected) private pure {
        require(given == expected, WrongPart(given, expected));
    }
}
