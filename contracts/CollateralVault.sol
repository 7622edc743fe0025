// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAuthority} from "./interfaces/IAuthority.sol";
import {ICollateralVault} from "./interfaces/ICollateralVault.sol";
import {IPeople} from "./interfaces/IPeople.sol";
import {IRegimeOracle} from "./interfaces/IRegimeOracle.sol";
import {OwnDelay} from "./libraries/OwnDelay.sol";
import {RegimeReading} from "./libraries/RegimeReading.sol";
import {RollingLeast, RollingSum, RollingWindow} from "./libraries/RollingWindow.sol";
import {Acceptance, AcceptanceState} from "./types/Acceptance.sol";
import {ActionClass} from "./types/ActionClass.sol";
import {Expedite, hashExpedite} from "./types/Expedite.sol";
import {PendingPayout} from "./types/PendingPayout.sol";
import {Ppm, shareUp} from "./types/Ppm.sol";
import {Regime} from "./types/Regime.sol";
import {Release, ReleaseId, ReleaseState} from "./types/Release.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @notice Holds collateral and lets it out only to its owner, after a public delay that custodians may shorten.
/// @dev TRUST: an owner alone requests, and chooses where its own requests pay; custodians, through `authority`, only
/// shorten the delay of what an owner has requested; `oracle` only chooses among fixed delays; anyone executes what is
/// ripe. `venue` alone moves margin: between accounts, to a sum of zero, and back to the idle of the account it is of;
/// it never touches what is idle or queued. There is no other role.
/// @dev TOKEN: six decimals. It may take a fee from what arrives, return nothing, return false, call back or refuse a
/// recipient. Assumed never to lower the vault's balance by more than the vault sends.
/// @custom:invariant INV-VAULT-1 token.balanceOf(this) >= recorded == idleTotal + queuedTotal + marginTotal
/// @custom:invariant INV-VAULT-2 idleTotal is the sum of all idle balances, queuedTotal that of all Requested releases,
/// marginTotal that of all margin balances, and marginTotal >= 0: no hole in margin reaches what is idle or queued.
/// @custom:invariant INV-VAULT-3 Tokens leave only as a release its owner requested, to the address pinned then.
/// @custom:invariant INV-VAULT-4 A release leaves Requested once, and never comes back.
/// @custom:invariant INV-VAULT-5 A digest takes effect at most once, on this chain and contract only.
/// @custom:invariant INV-VAULT-6 From requestedAt + EXIT_BOUND on, `execute` calls the token and nothing else.
/// @custom:invariant INV-VAULT-7 An expedite is judged by the regime and value of the moment it pays.
/// @custom:invariant INV-VAULT-8 An accepted expedite is void for ever once its lapse has passed.
/// @custom:invariant INV-VAULT-9 Whoever calls first, a valid signature keeps its force until done, or lapsed.
/// @custom:invariant INV-VAULT-10 A payout address changes by its owner's request, PAYOUT_DELAY later, unless the
/// owner or the address it replaces says no.
contract CollateralVault is ICollateralVault, EIP712, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;
    using SafeCast for uint256;

    /* TYPES */

    /// @dev One slot. MAX_RECORDED fits 64 bits many times over.
    struct Ledger {
        uint64 idle;
        uint64 queued;
        uint64 margin;
        uint64 lastRelease;
    }

    /* CONSTANTS */

    /// @notice From a request on, nothing and nobody keeps the owner from it for longer than this.
    uint256 public constant EXIT_BOUND = 14 days;

    /// @notice From the request of a new payout address to its effect.
    uint256 public constant PAYOUT_DELAY = 3 days;

    /// @notice How far ahead the deadline of an expedite may lie.
    uint256 public constant MAX_DEADLINE = 7 days;

    /// @notice How long after its longest possible delay an accepted expedite can still be executed.
    uint256 public constant LAPSE_GRACE = 7 days;

    /// @dev One whole USDC, in the token's units: what the rolling windows count.
    uint256 private constant WHOLE = 1e6;

    /// @notice The most the vault answers for, in the token's units: what a lane of a rolling window can hold.
    uint256 public constant MAX_RECORDED = RollingWindow.LANE_MAX * WHOLE;

    /* IMMUTABLES */

    /// @inheritdoc ICollateralVault
    IERC20 public immutable token;

    /// @inheritdoc ICollateralVault
    IAuthority public immutable authority;

    /// @inheritdoc ICollateralVault
    IPeople public immutable people;

    /// @inheritdoc ICollateralVault
    IRegimeOracle public immutable oracle;

    /// @inheritdoc ICollateralVault
    address public immutable venue;

    /* STORAGE */

    /// @inheritdoc ICollateralVault
    mapping(address owner => uint256 amount) public idle;

    /// @inheritdoc ICollateralVault
    mapping(address account => int256 amount) public margin;

    Ledger private _ledger;

    /// @dev What was expedited over the last day, in whole USDC rounded up.
    RollingSum private _outflow;

    /// @dev The least the vault held over the last day, in whole USDC rounded down.
    RollingLeast private _size;

    mapping(ReleaseId id => Release release) private _releases;

    mapping(bytes32 digest => Acceptance acceptance) private _acceptances;

    /// @dev Zero stands for the owner itself.
    mapping(address owner => address payout) private _payouts;

    /// @inheritdoc ICollateralVault
    mapping(address owner => PendingPayout pending) public pendingPayout;

    /* MODIFIERS */

    modifier onlyVenue() {
        require(msg.sender == venue, NotVenue(msg.sender, venue));
        _;
    }

    /* CONSTRUCTOR */

    /// @param token_ The collateral, for ever.
    /// @param authority_ Who may shorten delays, for ever.
    /// @param people_ Who guards, and who changes parameters, for ever.
    /// @param oracle_ Where the regime is read for the vault's own delays, for ever.
    /// @param venue_ Who moves margin, for ever. It names the vault in its own constructor, so it has no code yet.
    constructor(IERC20 token_, IAuthority authority_, IPeople people_, IRegimeOracle oracle_, address venue_)
        EIP712("CollateralVault", "1")
    {
        _requireContract(address(token_));
        _requireContract(address(authority_));
        _requireContract(address(people_));
        _requireContract(address(oracle_));
        require(venue_ != address(0) && venue_ != address(this), InvalidVenue(venue_));
        token = token_;
        authority = authority_;
        people = people_;
        oracle = oracle_;
        venue = venue_;
    }

    /* EXTERNAL: COLLATERAL */

    /// @inheritdoc ICollateralVault
    /// @dev The call comes first, since what it brings is only known after it; the guard keeps callbacks out.
    function deposit(address owner, uint256 amount) external nonReentrant {
        require(owner != address(0) && owner != address(this), InvalidOwner(owner));
        uint256 balanceBefore = token.balanceOf(address(this));
        token.safeTransferFrom(msg.sender, address(this), amount);
        uint256 balanceAfter = token.balanceOf(address(this));
        require(balanceAfter > balanceBefore, NothingReceived(balanceBefore, balanceAfter));
        uint256 received = balanceAfter - balanceBefore;

        uint256 held = recorded();
        require(received <= MAX_RECORDED - held, DepositPastLimit(received, MAX_RECORDED - held));
        _recordSize(held, held + received);
        idle[owner] += received;
        // The cast is safe: at most MAX_RECORDED.
        _ledger.idle += uint64(received);
        emit Deposited(owner, msg.sender, received);
    }

    /// @inheritdoc ICollateralVault
    function requestRelease(uint256 amount) external nonReentrant returns (ReleaseId id) {
        require(amount != 0, ZeroAmount());
        uint256 available = idle[msg.sender];
        require(amount <= available, InsufficientIdle(amount, available));
        // The cast is safe: at most what is idle, at most MAX_RECORDED.
        uint64 claimed = uint64(amount);

        Ledger memory ledger = _ledger;
        ledger.idle -= claimed;
        ledger.queued += claimed;
        ledger.lastRelease += 1;
        _ledger = ledger;
        idle[msg.sender] = available - amount;

        id = ReleaseId.wrap(ledger.lastRelease);
        address to = payoutOf(msg.sender);
        _releases[id] =
            Release({owner: msg.sender, requestedAt: _now(), state: ReleaseState.Requested, to: to, amount: claimed});
        emit ReleaseRequested(id, msg.sender, to, amount);
    }

    /// @inheritdoc ICollateralVault
    function cancelRelease(ReleaseId id) external nonReentrant {
        Release memory requested = _requested(id);
        require(msg.sender == requested.owner, NotReleaseOwner(msg.sender, requested.owner));

        // The cast is safe: a release claims what was idle, at most MAX_RECORDED.
        uint64 returned = uint64(requested.amount);
        _releases[id].state = ReleaseState.Cancelled;
        _ledger.queued -= returned;
        _ledger.idle += returned;
        idle[requested.owner] += requested.amount;
        emit ReleaseCancelled(id);
    }

    /// @inheritdoc ICollateralVault
    function execute(ReleaseId id) external nonReentrant {
        Release memory requested = _requested(id);
        // Past the exit bound nothing that could fail is asked any more.
        if (block.timestamp < requested.requestedAt + EXIT_BOUND) {
            uint256 ripe = _ripeAt(requested);
            require(block.timestamp >= ripe, TooEarly(block.timestamp, ripe));
        }

        _pay(id, requested, false);
    }

    /// @inheritdoc ICollateralVault
    function expedite(Expedite calldata intent, bytes calldata proof) external nonReentrant {
        require(intent.class == ActionClass.B || intent.class == ActionClass.B2, WrongClass(intent.class));
        bytes32 digest = digestOf(intent);
        Acceptance memory accepted = _acceptances[digest];
        require(accepted.state != AcceptanceState.Done, DigestUsed(digest));
        Release memory requested = _requested(intent.releaseId);
        require(_describes(intent, requested), IntentMismatch(intent.releaseId));

        bool first = accepted.state == AcceptanceState.Unset;
        if (first) {
            _requireAcceptable(intent.deadline);
            accepted.acceptedAt = _now();
        } else {
            _requireNotLapsed(digest, accepted.acceptedAt);
        }

        uint256 ripe = accepted.acceptedAt + _authorizedDelay(intent, requested.amount, digest, proof);
        if (first && block.timestamp < ripe) {
            _acceptances[digest] = Acceptance({state: AcceptanceState.Waiting, acceptedAt: accepted.acceptedAt});
            emit ExpediteAccepted(digest, intent.releaseId, ripe);
            return;
        }
        require(block.timestamp >= ripe, TooEarly(block.timestamp, ripe));

        _acceptances[digest] = Acceptance({state: AcceptanceState.Done, acceptedAt: accepted.acceptedAt});
        _outflow = _outflow.added(block.timestamp, _wholeUp(requested.amount));
        emit ExpediteExecuted(digest, intent.releaseId);
        _pay(intent.releaseId, requested, true);
    }

    /* EXTERNAL: MARGIN */

    /// @inheritdoc ICollateralVault
    function toMargin(uint256 amount) external nonReentrant {
        require(amount != 0, ZeroAmount());
        uint256 available = idle[msg.sender];
        require(amount <= available, InsufficientIdle(amount, available));
        // The casts are safe: at most what is idle, at most MAX_RECORDED.
        _ledger.idle -= uint64(amount);
        _ledger.margin += uint64(amount);
        idle[msg.sender] = available - amount;
        margin[msg.sender] += int256(amount);
        emit MovedToMargin(msg.sender, amount);
    }

    /// @inheritdoc ICollateralVault
    function transferMargin(address from, address to, uint256 amount) external onlyVenue {
        int256 moved = amount.toInt256();
        margin[from] -= moved;
        margin[to] += moved;
        emit MarginTransferred(from, to, amount);
    }

    /// @inheritdoc ICollateralVault
    function marginToIdle(address account, uint256 amount) external onlyVenue {
        int256 cash = margin[account];
        require(amount.toInt256() <= cash, InsufficientMarginCash(amount, cash));
        uint256 total = _ledger.margin;
        require(amount <= total, MarginExhausted(amount, total));
        // The casts are safe: at most all margin, at most MAX_RECORDED.
        _ledger.margin -= uint64(amount);
        _ledger.idle += uint64(amount);
        margin[account] = cash - int256(amount);
        idle[account] += amount;
        emit MovedToIdle(account, amount);
    }

    /* EXTERNAL: PAYOUT ADDRESS */

    /// @inheritdoc ICollateralVault
    function requestPayout(address to) external {
        require(to != address(0) && to != address(this), InvalidPayout(to));
        // The cast is safe: 40 bits of seconds last 34,000 years.
        uint40 readyAt = uint40(block.timestamp + PAYOUT_DELAY);
        pendingPayout[msg.sender] = PendingPayout({to: to, readyAt: readyAt});
        emit PayoutRequested(msg.sender, to, readyAt);
    }

    /// @inheritdoc ICollateralVault
    function applyPayout(address owner) external {
        PendingPayout memory pending = _pending(owner);
        require(block.timestamp >= pending.readyAt, TooEarly(block.timestamp, pending.readyAt));
        delete pendingPayout[owner];
        _payouts[owner] = pending.to;
        emit PayoutApplied(owner, pending.to);
    }

    /// @inheritdoc ICollateralVault
    function cancelPayout(address owner) external {
        PendingPayout memory pending = _pending(owner);
        address payout = payoutOf(owner);
        require(msg.sender == owner || msg.sender == payout, NotPayoutGuardian(msg.sender, owner, payout));
        delete pendingPayout[owner];
        emit PayoutCancelled(owner, pending.to, msg.sender);
    }

    /* EXTERNAL: VIEWS */

    /// @inheritdoc ICollateralVault
    function release(ReleaseId id) external view returns (Release memory) {
        return _releases[id];
    }

    /// @inheritdoc ICollateralVault
    function acceptance(bytes32 digest) external view returns (Acceptance memory) {
        return _acceptances[digest];
    }

    /// @inheritdoc ICollateralVault
    function expediteValue(ReleaseId id) external view returns (Ppm) {
        return _expediteValue(_requested(id).amount);
    }

    /// @inheritdoc ICollateralVault
    function ripeAt(ReleaseId id) external view returns (uint256) {
        return _ripeAt(_requested(id));
    }

    /// @inheritdoc ICollateralVault
    function idleTotal() external view returns (uint256) {
        return _ledger.idle;
    }

    /// @inheritdoc ICollateralVault
    function queuedTotal() external view returns (uint256) {
        return _ledger.queued;
    }

    /// @inheritdoc ICollateralVault
    function marginTotal() external view returns (int256) {
        // Widened first: 64 bits.
        return int256(uint256(_ledger.margin));
    }

    /// @inheritdoc ICollateralVault
    function entered() external view returns (bool) {
        return _reentrancyGuardEntered();
    }

    /* PUBLIC */

    /// @inheritdoc ICollateralVault
    function digestOf(Expedite calldata intent) public view returns (bytes32) {
        return _hashTypedDataV4(hashExpedite(intent));
    }

    /// @inheritdoc ICollateralVault
    function payoutOf(address owner) public view returns (address) {
        address payout = _payouts[owner];
        return payout == address(0) ? owner : payout;
    }

    /// @inheritdoc ICollateralVault
    function recorded() public view returns (uint256) {
        Ledger memory ledger = _ledger;
        // Widened first: the sum of three that fit 64 bits.
        return uint256(ledger.idle) + ledger.queued + ledger.margin;
    }

    /* PRIVATE: EFFECTS */

    /// @dev The last thing any function does: effects, event, call.
    function _pay(ReleaseId id, Release memory requested, bool expedited) private {
        uint256 held = recorded();
        _recordSize(held, held - requested.amount);
        _releases[id].state = ReleaseState.Paid;
        // The cast is safe: a release claims what was idle, at most MAX_RECORDED.
        _ledger.queued -= uint64(requested.amount);
        emit ReleasePaid(id, requested.to, requested.amount, expedited);
        token.safeTransfer(requested.to, requested.amount);
    }

    /// @dev To be called at every change of `recorded`, before it.
    function _recordSize(uint256 held, uint256 next) private {
        _size = _size.changed(block.timestamp, held / WHOLE, next / WHOLE);
    }

    /* PRIVATE: VIEWS */

    function _requested(ReleaseId id) private view returns (Release memory requested) {
        requested = _releases[id];
        require(requested.state == ReleaseState.Requested, ReleaseNotRequested(id, requested.state));
    }

    function _pending(address owner) private view returns (PendingPayout memory pending) {
        pending = pendingPayout[owner];
        require(pending.to != address(0), NoPendingPayout(owner));
    }

    /// @dev Asks the authority, at acceptance and at execution alike.
    function _authorizedDelay(Expedite calldata intent, uint256 amount, bytes32 digest, bytes calldata proof)
        private
        view
        returns (uint256 delay)
    {
        IAuthority.Action memory action =
            IAuthority.Action({class: intent.class, epoch: intent.epoch, threshold: intent.threshold});
        return authority.authorize(action, _expediteValue(amount), digest, proof);
    }

    function _requireAcceptable(uint256 deadline) private view {
        require(block.timestamp <= deadline, DeadlinePassed(deadline, block.timestamp));
        uint256 latest = block.timestamp + MAX_DEADLINE;
        require(deadline <= latest, DeadlineTooFar(deadline, latest));
    }

    /// @dev An intent of class B may have been judged as B2 at any time, so the longer of both counts.
    function _requireNotLapsed(bytes32 digest, uint256 acceptedAt) private view {
        uint256 delayB = authority.longestDelay(ActionClass.B);
        uint256 delayB2 = authority.longestDelay(ActionClass.B2);
        uint256 lapsedAt = acceptedAt + (delayB > delayB2 ? delayB : delayB2) + LAPSE_GRACE;
        require(block.timestamp <= lapsedAt, Lapsed(digest, lapsedAt));
    }

    /// @dev Never past the exit bound: every own delay is shorter (INV-OWN-1).
    function _ripeAt(Release memory requested) private view returns (uint256) {
        (Regime regime,) = RegimeReading.read(address(oracle));
        uint256 delay = OwnDelay.delay(regime, shareUp(_wholeUp(requested.amount), _leastSize()));
        return requested.requestedAt + delay;
    }

    function _expediteValue(uint256 amount) private view returns (Ppm) {
        return shareUp(_outflow.total(block.timestamp) + _wholeUp(amount), _leastSize());
    }

    /// @dev In whole USDC, over the last day.
    function _leastSize() private view returns (uint256) {
        return _size.least(block.timestamp, recorded() / WHOLE);
    }

    function _now() private view returns (uint40) {
        // The cast is safe: 40 bits of seconds last 34,000 years.
        return uint40(block.timestamp);
    }

    function _requireContract(address given) private view {
        require(given.code.length != 0, NotAContract(given));
    }

    /* PRIVATE: PURE */

    function _describes(Expedite calldata intent, Release memory requested) private pure returns (bool) {
        return intent.owner == requested.owner && intent.to == requested.to && intent.amount == requested.amount;
    }

    function _wholeUp(uint256 amount) private pure returns (uint256) {
        return (amount + WHOLE - 1) / WHOLE;
    }
}
