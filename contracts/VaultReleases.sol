// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {VaultBooks} from "./VaultBooks.sol";
import {IAuthority} from "./interfaces/IAuthority.sol";
import {ICollateralVault} from "./interfaces/ICollateralVault.sol";
import {IRegimeOracle} from "./interfaces/IRegimeOracle.sol";
import {AcceptanceBook} from "./libraries/AcceptanceBook.sol";
import {OutflowCap} from "./libraries/OutflowCap.sol";
import {OwnDelay} from "./libraries/OwnDelay.sol";
import {PauseClock} from "./libraries/PauseClock.sol";
import {RegimeReading} from "./libraries/RegimeReading.sol";
import {ReleaseClock} from "./libraries/ReleaseClock.sol";
import {TokenTransfer} from "./libraries/TokenTransfer.sol";
import {AcceptanceState} from "./types/Acceptance.sol";
import {ActionClass} from "./types/ActionClass.sol";
import {Expedite, hashExpedite} from "./types/Expedite.sol";
import {Ledger, Sum} from "./types/Ledger.sol";
import {Ppm, shareUp} from "./types/Ppm.sol";
import {Regime} from "./types/Regime.sol";
import {Release, ReleaseId, ReleaseState, SkipReason} from "./types/Release.sol";
import {ReleaseBatch, hashReleaseBatch} from "./types/ReleaseBatch.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

/// @notice The part of a vault from which collateral leaves: releases, from request to payment.
/// @dev TRUST: an owner alone requests; custodians, through `authority`, only shorten the delay of what an owner has
/// requested; a guardian only lengthens it, to the exit bound at most; `oracle` only chooses among fixed delays; anyone
/// executes what is ripe.
/// @dev The outflow cap counts every payment before its exit bound. Whoever has capital of its own can use it up, day
/// after day, and so hold others up: until their exit bound, and no longer.
abstract contract VaultReleases is VaultBooks, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;
    using AcceptanceBook for AcceptanceBook.Book;
    using ReleaseClock for Release;

    /* TYPES */

    /// @dev One slot. A payout of zero stands for the owner itself, who needs nobody's leave to use margin.
    struct Owner {
        address payout;
        uint40 vetoedAt;
        bool marginOpen;
    }

    /* CONSTANTS */

    /// @notice From a request on, nothing and nobody keeps the owner from it for longer than this.
    uint256 public constant EXIT_BOUND = ReleaseClock.EXIT_BOUND;

    /// @dev From one veto of an account's releases to the next.
    uint256 internal constant VETO_INTERVAL = 30 days;

    /// @dev The most releases in a batch.
    uint256 internal constant MOST_IN_BATCH = 64;

    /* IMMUTABLES */

    /// @inheritdoc ICollateralVault
    IERC20 public immutable token;

    /// @inheritdoc ICollateralVault
    IAuthority public immutable authority;

    /// @inheritdoc ICollateralVault
    IRegimeOracle public immutable oracle;

    /* STORAGE */

    mapping(ReleaseId id => Release release) private _releases;

    mapping(address owner => Owner entry) internal _owners;

    /* CONSTRUCTOR */

    /// @dev All known to have code.
    constructor(IERC20 token_, IAuthority authority_, IRegimeOracle oracle_) {
        token = token_;
        authority = authority_;
        oracle = oracle_;
    }

    /* EXTERNAL */

    /// @inheritdoc ICollateralVault
    function requestRelease(uint256 amount) external nonReentrant returns (ReleaseId id) {
        return _request(msg.sender, amount);
    }

    /// @inheritdoc ICollateralVault
    function cancelRelease(ReleaseId id) external nonReentrant {
        Release memory requested = _requested(id);
        require(msg.sender == requested.owner, NotReleaseOwner(msg.sender, requested.owner));

        _releases[id].state = ReleaseState.Cancelled;
        _ledger = _giveIdle(requested.owner, requested.amount, _ledger.minus(Sum.Queued, requested.amount));
        emit ReleaseCancelled(id);
    }

    /// @inheritdoc ICollateralVault
    function execute(ReleaseId id) external nonReentrant {
        Release memory requested = _requested(id);
        Ledger ledger = _ledger;
        uint256 size = _leastSize(ledger);
        // Past the exit bound nothing that could fail is asked any more.
        if (requested.isBound()) {
            PauseClock.requireRunning(_rules.pausedUntil);
            AcceptanceBook.requireRipe(_ripeAt(requested, size));
        }
        _recordPayment(id, requested, ledger, size, false);
        token.safeTransfer(requested.to, requested.amount);
    }

    /// @inheritdoc ICollateralVault
    function expedite(Expedite calldata intent, bytes calldata proof) external nonReentrant {
        _requireClass(intent.class == ActionClass.B || intent.class == ActionClass.B2, intent.class);
        ReleaseId id = intent.releaseId;
        Release memory requested = _requested(id);
        require(_describes(intent, requested), IntentMismatch(id));
        require(requested.vetoedAt == 0, ReleaseVetoed(id));
        if (requested.isBound()) PauseClock.requireRunning(_rules.pausedUntil);

        bytes32 digest = digestOf(intent);
        Ledger ledger = _ledger;
        uint256 size = _leastSize(ledger);
        if (!_isDue(intent, _value(_wholeUp(requested.amount), size), digest, proof)) return;

        emit ExpediteExecuted(digest, id);
        _recordPayment(id, requested, ledger, size, true);
        token.safeTransfer(requested.to, requested.amount);
    }

    /// @inheritdoc ICollateralVault
    function payBatch(ReleaseBatch calldata intent, bytes calldata proof) external nonReentrant {
        _requireClass(intent.class == ActionClass.B || intent.class == ActionClass.B2, intent.class);
        PauseClock.requireRunning(_rules.pausedUntil);
        bytes32 digest = digestOf(intent);
        IAuthority.Action memory action = _action(intent.class, intent.epoch, intent.threshold);
        uint256 delay = _ask(authority, action, _value(_batchAmount(intent), _leastSize(_ledger)), digest, proof);
        (bool ripe, uint256 ripeAt_) =
            _acceptances.advance(digest, intent.deadline, delay, _longestReleaseDelay(digest));
        if (!ripe) {
            emit BatchAccepted(digest, ripeAt_);
            return;
        }

        emit BatchExecuted(digest);
        bool paid = false;
        for (uint256 i = 0; i < intent.releaseIds.length; ++i) {
            if (_payInBatch(digest, ReleaseId.wrap(intent.releaseIds[i]))) paid = true;
        }
        // Nobody burns a batch by bringing it while the token pays nobody.
        require(paid, NothingPaid(digest));
    }

    /// @inheritdoc ICollateralVault
    function veto(ReleaseId id) external {
        _requireGuardian(msg.sender);
        Release memory requested = _requested(id);
        require(requested.isBound(), PastExitBound(id, requested.exitAt()));
        Owner storage entry = _owners[requested.owner];
        uint256 nextAt = entry.vetoedAt == 0 ? 0 : entry.vetoedAt + VETO_INTERVAL;
        require(block.timestamp >= nextAt, VetoCoolingDown(requested.owner, block.timestamp, nextAt));
        entry.vetoedAt = _now();
        _releases[id].vetoedAt = _now();
        emit Vetoed(id, msg.sender);
    }

    /* EXTERNAL: VIEWS */

    /// @inheritdoc ICollateralVault
    function release(ReleaseId id) external view returns (Release memory) {
        return _load(id);
    }

    /// @inheritdoc ICollateralVault
    function expediteValue(ReleaseId id) external view returns (Ppm) {
        return _value(_wholeUp(_requested(id).amount), _leastSize(_ledger));
    }

    /// @inheritdoc ICollateralVault
    function ripeAt(ReleaseId id) external view returns (uint256) {
        return _ripeAt(_requested(id), _leastSize(_ledger));
    }

    /// @inheritdoc ICollateralVault
    function outflowAvailable() external view returns (uint256) {
        Ledger ledger = _ledger;
        return OutflowCap.available(ledger.fullAt(), _capacity(_leastSize(ledger)));
    }

    /// @inheritdoc ICollateralVault
    function vetoedAt(address owner) external view returns (uint256) {
        return _owners[owner].vetoedAt;
    }

    /* PUBLIC */

    /// @inheritdoc ICollateralVault
    function digestOf(Expedite calldata intent) public view returns (bytes32) {
        return _hashTypedDataV4(hashExpedite(intent));
    }

    /// @inheritdoc ICollateralVault
    function digestOf(ReleaseBatch calldata intent) public view returns (bytes32) {
        return _hashTypedDataV4(hashReleaseBatch(intent));
    }

    /// @inheritdoc ICollateralVault
    function payoutOf(address owner) public view returns (address) {
        address payout = _owners[owner].payout;
        return payout == address(0) ? owner : payout;
    }

    /* INTERNAL */

    /// @dev As if `owner` asked. What it asks for within the exit bound of a veto inherits the veto.
    function _request(address owner, uint256 amount) internal returns (ReleaseId id) {
        Ledger ledger = _takeIdle(owner, amount, _ledger).plus(Sum.Queued, amount).withRelease();
        _ledger = ledger;

        id = ReleaseId.wrap(ledger.lastRelease());
        Owner memory entry = _owners[owner];
        address to = entry.payout == address(0) ? owner : entry.payout;
        bool inherits = entry.vetoedAt != 0 && block.timestamp < entry.vetoedAt + EXIT_BOUND;
        _releases[id] = Release({
            owner: owner,
            requestedAt: _now(),
            vetoedAt: inherits ? _now() : 0,
            state: ReleaseState.Requested,
            to: to,
            // The cast is safe: at most what was idle, at most MAX_RECORDED.
            amount: uint64(amount)
        });
        emit ReleaseRequested(id, owner, to, amount);
    }

    /* PRIVATE: EFFECTS */

    /// @dev Everything about a payment but the call of the token. `ledger` and `size` are those before it.
    function _recordPayment(ReleaseId id, Release memory requested, Ledger ledger, uint256 size, bool expedited)
        private
    {
        if (requested.isBound()) {
            ledger = ledger.withFullAt(OutflowCap.consume(ledger.fullAt(), _capacity(size), requested.amount));
        }
        if (expedited) _countExpedited(requested.amount);
        uint256 held = ledger.held();
        _recordSize(held, held - requested.amount);
        _releases[id].state = ReleaseState.Paid;
        _ledger = ledger.minus(Sum.Queued, requested.amount);
        emit ReleasePaid(id, requested.to, requested.amount, expedited);
    }

    /// @dev Whether the expedite pays now. One without a delay leaves no acceptance: its release leaves Requested, and
    /// while its deadline has not passed it cannot have lapsed.
    function _isDue(Expedite calldata intent, Ppm value, bytes32 digest, bytes calldata proof) private returns (bool) {
        IAuthority.Action memory action = _action(intent.class, intent.epoch, intent.threshold);
        uint256 delay = _ask(authority, action, value, digest, proof);
        if (delay == 0 && block.timestamp <= intent.deadline) {
            AcceptanceBook.requireAcceptable(intent.deadline);
            return true;
        }
        (bool ripe, uint256 ripeAt_) =
            _acceptances.advance(digest, intent.deadline, delay, _longestReleaseDelay(digest));
        if (!ripe) emit ExpediteAccepted(digest, intent.releaseId, ripeAt_);
        return ripe;
    }

    /// @dev The call comes before the effects, since they are due only if it succeeds; the guard keeps callbacks out.
    function _payInBatch(bytes32 digest, ReleaseId id) private returns (bool) {
        Release memory requested = _load(id);
        SkipReason reason;
        if (requested.state != ReleaseState.Requested) {
            reason = SkipReason.NotRequested;
        } else if (requested.vetoedAt != 0) {
            reason = SkipReason.Vetoed;
        } else if (!TokenTransfer.attempt(token, requested.to, requested.amount)) {
            reason = SkipReason.TransferFailed;
        } else {
            _recordPayment(id, requested, _ledger, _leastSize(_ledger), true);
            return true;
        }
        emit BatchSkipped(digest, id, reason);
        return false;
    }

    /* PRIVATE: VIEWS */

    function _load(ReleaseId id) private view returns (Release memory) {
        return _releases[id];
    }

    function _requested(ReleaseId id) private view returns (Release memory requested) {
        requested = _load(id);
        require(requested.state == ReleaseState.Requested, ReleaseNotRequested(id, requested.state));
    }

    /// @dev The sum of all amounts, in whole USDC, each rounded up, if the batch describes its releases.
    function _batchAmount(ReleaseBatch calldata intent) private view returns (uint256 sum) {
        uint256 count = intent.releaseIds.length;
        bool regular =
            count != 0 && count <= MOST_IN_BATCH && intent.to.length == count && intent.amounts.length == count;
        require(regular, MalformedBatch(count, intent.to.length, intent.amounts.length, MOST_IN_BATCH));
        for (uint256 i = 0; i < count; ++i) {
            ReleaseId id = ReleaseId.wrap(intent.releaseIds[i]);
            Release memory found = _load(id);
            bool same =
                found.state != ReleaseState.Unset && intent.to[i] == found.to && intent.amounts[i] == found.amount;
            require(same, IntentMismatch(id));
            sum += _wholeUp(found.amount);
        }
    }

    /// @dev An intent of class B may have been judged as B2 at any time, so the longer of both counts. What is not
    /// accepted yet cannot have lapsed, and need not ask.
    function _longestReleaseDelay(bytes32 digest) private view returns (uint256) {
        if (_acceptances.acceptances[digest].state == AcceptanceState.Unset) return 0;
        uint256 delayB = _longestDelay(authority, ActionClass.B);
        uint256 delayB2 = _longestDelay(authority, ActionClass.B2);
        return delayB > delayB2 ? delayB : delayB2;
    }

    function _ripeAt(Release memory requested, uint256 size) private view returns (uint256) {
        (Regime regime,) = RegimeReading.read(address(oracle));
        return requested.ripeAt(OwnDelay.delay(regime, shareUp(_wholeUp(requested.amount), size)));
    }

    function _now() private view returns (uint40) {
        // The cast is safe: 40 bits of seconds last 34,000 years.
        return uint40(block.timestamp);
    }

    /* PRIVATE: PURE */

    function _describes(Expedite calldata intent, Release memory requested) private pure returns (bool) {
        return intent.owner == requested.owner && intent.to == requested.to && intent.amount == requested.amount;
    }
}
