// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AcceptanceBook} from "../../../contracts/libraries/AcceptanceBook.sol";
import {RotationBook} from "../../../contracts/libraries/RotationBook.sol";
import {SigningWindows} from "../../../contracts/libraries/SigningWindows.sol";
import {VetoBook} from "../../../contracts/libraries/VetoBook.sol";
import {Acceptance, AcceptanceState} from "../../../contracts/types/Acceptance.sol";
import {ActionClass} from "../../../contracts/types/ActionClass.sol";
import {RotationRecord} from "../../../contracts/types/EpochRotation.sol";
import {OperationState, VetoRecord} from "../../../contracts/types/Operation.sol";
import {SigningWindow, Window} from "../../../contracts/types/SigningWindow.sol";
import {vm} from "../Vm.sol";

/// @dev Time in which sums of seconds do not overflow: 34,000 years.
uint256 constant ENOUGH_TIME = type(uint40).max - 60 days;

/// @notice A book in which anything may stand about one rotation and its content, at any moment and whatever delay an
/// authority answers.
contract RotationBookProofs {
    using RotationBook for RotationBook.Book;

    RotationBook.Book private _book;

    /// @dev Everything there can be in the book about one rotation, now.
    struct Standing {
        bytes32 digest;
        bytes32 content;
        uint64 nextEpoch;
        uint8 state;
        bool byPeople;
        uint40 acceptedAt;
        uint40 vetoedUntil;
        uint40 vetoedLast;
        uint40 vetoedBefore;
        uint64 epoch;
        uint40 lastHeard;
        uint32 delay;
        uint40 time;
    }

    /// @custom:proves INV-ROTATE-2
    function check_WhenReady_ThenItsDelayIsOverAndNothingVoidsIt(Standing memory now_) external {
        _write(now_);
        if (_state(now_) != OperationState.Ready) return;
        uint256 acceptedAt = now_.acceptedAt;
        assert(now_.state == uint8(OperationState.Waiting));
        assert(now_.time >= acceptedAt + now_.delay);
        assert(now_.time >= acceptedAt + 48 hours);
        assert(now_.time <= acceptedAt + 14 days);
        assert(now_.nextEpoch == uint256(now_.epoch) + 1);
        assert(acceptedAt > now_.vetoedUntil);
        assert(!now_.byPeople || now_.lastHeard < acceptedAt);
    }

    /// @custom:proves INV-ROTATE-2
    function check_WhenActivated_ThenItWasReady(Standing memory now_) external {
        _write(now_);
        OperationState before = _state(now_);
        _book.consume(_named(now_), now_.epoch, now_.lastHeard, now_.delay);
        assert(before == OperationState.Ready);
        assert(_state(now_) == OperationState.Done);
    }

    /// @dev In the second of its acceptance nothing is ready, whoever signed and whatever was there before.
    /// @custom:proves INV-ROTATE-2
    function check_WhenAccepted_ThenItWasNeverSeenAndIsNotReadyForTwoDays(Standing memory now_, uint40 later) external {
        _write(now_);
        _book.accept(_named(now_), now_.byPeople);
        assert(now_.state == uint8(OperationState.Unset));
        vm.assume(later >= now_.time && later < uint256(now_.time) + 48 hours);
        vm.warp(later);
        assert(_state(now_) != OperationState.Ready && _state(now_) != OperationState.Done);
    }

    /// @dev Any one of the three things that can be done to the book, to this rotation or another, at any later
    /// moment, in any later epoch, whenever the custodians were heard since.
    /// @custom:proves INV-ROTATE-1
    function check_WhenDoneVetoedOrLapsed_ThenSoForEver(
        Standing memory now_,
        uint40 later,
        uint64 laterEpoch,
        uint40 laterHeard,
        uint32 laterDelay,
        uint8 step,
        RotationBook.Named memory other
    ) external {
        _write(now_);
        OperationState before = _state(now_);
        if (before != OperationState.Done && before != OperationState.Vetoed && before != OperationState.Lapsed) {
            return;
        }
        vm.assume(later >= now_.time && later <= ENOUGH_TIME);
        vm.assume(laterEpoch >= now_.epoch && laterHeard >= now_.lastHeard);
        // What was accepted named the next epoch, and epochs only rise.
        vm.assume(now_.nextEpoch <= uint256(now_.epoch) + 1);
        // A digest is that of its content and its epoch.
        bool same = other.digest == now_.digest;
        vm.assume(!same || (other.content == now_.content && other.nextEpoch == now_.nextEpoch));
        (now_.time, now_.epoch, now_.lastHeard, now_.delay) = (later, laterEpoch, laterHeard, laterDelay);
        vm.warp(later);
        if (step == 0) _book.accept(other, now_.byPeople);
        else if (step == 1) _book.consume(other, now_.epoch, now_.lastHeard, now_.delay);
        else if (step == 2) _book.veto(other, now_.epoch, now_.lastHeard);

        assert(_state(now_) == before);
    }

    /// @dev One that waits with the same content, under another digest.
    /// @custom:proves INV-ROTATE-3
    function check_WhenVetoed_ThenNothingWithItsContentIsEverReady(
        Standing memory now_,
        bytes32 twin,
        uint40 twinAcceptedAt,
        bool twinByPeople,
        uint40 later
    ) external {
        _write(now_);
        vm.assume(twin != now_.digest && twinAcceptedAt <= now_.time);
        _book.records[twin] = RotationRecord(OperationState.Waiting, twinByPeople, twinAcceptedAt);
        _book.veto(_named(now_), now_.epoch, now_.lastHeard);
        vm.assume(later >= now_.time && later <= ENOUGH_TIME);
        vm.warp(later);
        now_.digest = twin;
        assert(_state(now_) == OperationState.Lapsed);
    }

    /// @dev Of any three vetoes in a row of the same content, the first and the last lie the period apart, from any
    /// state of the book on. Each is of a rotation that waits since any moment.
    /// @custom:proves INV-ROTATE-3
    function check_WhenVetoed_ThenTheLimitHolds(
        Standing memory now_,
        bytes32[2] memory digests,
        uint40[2] memory acceptedAt,
        uint40[2] memory times
    ) external {
        _write(now_);
        uint256 first = now_.time;
        _book.veto(_named(now_), now_.epoch, now_.lastHeard);
        assert(_state(now_) == OperationState.Vetoed);
        for (uint256 i = 0; i < 2; ++i) {
            vm.assume(digests[i] != now_.digest && acceptedAt[i] <= times[i]);
            vm.assume(times[i] >= now_.time && times[i] <= ENOUGH_TIME);
            (now_.digest, now_.time) = (digests[i], times[i]);
            vm.warp(now_.time);
            _book.records[now_.digest] = RotationRecord(OperationState.Waiting, now_.byPeople, acceptedAt[i]);
            _book.veto(_named(now_), now_.epoch, now_.lastHeard);
            assert(_state(now_) == OperationState.Vetoed);
            assert(_book.vetoes[now_.content].until == now_.time);
        }
        assert(now_.time >= first + VetoBook.VETO_PERIOD);
    }

    /// @custom:proves INV-ROTATE-4
    function check_WhenAHeartbeatComes_ThenWhatThePeopleProposedIsNeverReady(
        Standing memory now_,
        uint40 heardAt,
        uint40 later
    ) external {
        _write(now_);
        vm.assume(now_.byPeople && now_.state == uint8(OperationState.Waiting));
        // Heard at any moment from its acceptance on, and perhaps again.
        vm.assume(heardAt >= now_.acceptedAt && later >= heardAt && later <= ENOUGH_TIME);
        now_.lastHeard = heardAt;
        vm.warp(later);
        assert(_state(now_) == OperationState.Lapsed);
    }

    function _write(Standing memory now_) private {
        // What the book keeps.
        vm.assume(now_.state <= uint8(OperationState.Vetoed) && now_.state != uint8(OperationState.Ready));
        vm.assume(now_.time <= ENOUGH_TIME && now_.acceptedAt <= now_.time && now_.lastHeard <= now_.time);
        vm.assume(now_.vetoedUntil <= now_.time && now_.vetoedLast <= now_.vetoedUntil);
        vm.assume(now_.vetoedBefore <= now_.vetoedLast);
        vm.warp(now_.time);
        _book.records[now_.digest] =
            RotationRecord({state: OperationState(now_.state), byPeople: now_.byPeople, acceptedAt: now_.acceptedAt});
        _book.vetoes[now_.content] =
            VetoRecord({until: now_.vetoedUntil, last: now_.vetoedLast, before: now_.vetoedBefore});
    }

    function _state(Standing memory now_) private view returns (OperationState) {
        return _book.stateOf(_named(now_), now_.epoch, now_.lastHeard, now_.delay);
    }

    function _named(Standing memory now_) private pure returns (RotationBook.Named memory) {
        return RotationBook.Named({digest: now_.digest, content: now_.content, nextEpoch: now_.nextEpoch});
    }
}

/// @notice A book in which anything may stand about a digest.
contract AcceptanceBookProofs {
    using AcceptanceBook for AcceptanceBook.Book;

    AcceptanceBook.Book private _book;

    struct Standing {
        bytes32 digest;
        uint8 state;
        uint40 acceptedAt;
        uint64 deadline;
        uint32 delay;
        uint32 longestDelay;
        uint40 time;
    }

    /// @custom:proves INV-ACCEPT-1, INV-ACCEPT-2, INV-ACCEPT-3
    function check_WhenItBecomesDone_ThenItWasNotAndInItsTime(Standing memory now_) external {
        _write(now_);
        (bool ripe,) = _book.advance(now_.digest, now_.deadline, now_.delay, now_.longestDelay);
        assert(now_.state != uint8(AcceptanceState.Done));
        bool first = now_.state == uint8(AcceptanceState.Unset);
        uint256 acceptedAt = first ? now_.time : now_.acceptedAt;
        if (first) assert(now_.time <= now_.deadline);
        assert(ripe == (now_.time >= acceptedAt + now_.delay));
        assert(ripe || first);
        assert(first || now_.time <= acceptedAt + now_.longestDelay + AcceptanceBook.LAPSE_GRACE);

        Acceptance memory left = _book.acceptances[now_.digest];
        assert(left.state == (ripe ? AcceptanceState.Done : AcceptanceState.Waiting));
        assert(left.acceptedAt == acceptedAt);
    }

    function _write(Standing memory now_) private {
        vm.assume(now_.state <= uint8(AcceptanceState.Done));
        vm.assume(now_.time <= ENOUGH_TIME && now_.acceptedAt <= now_.time);
        // A digest that was never seen was never accepted.
        vm.assume(now_.state != uint8(AcceptanceState.Unset) || now_.acceptedAt == 0);
        vm.warp(now_.time);
        _book.acceptances[now_.digest] = Acceptance(AcceptanceState(now_.state), now_.acceptedAt);
    }
}

/// @notice Windows of which anything may stand, any set of limited classes, and any digest at any stage.
contract SigningWindowsProofs {
    using SigningWindows for mapping(ActionClass class => Window);

    mapping(ActionClass class => Window window) private _windows;

    AcceptanceBook.Book private _book;

    struct Standing {
        bytes32 digest;
        uint8 state;
        uint40 acceptedAt;
        uint64 opensAt;
        uint64 closesAt;
        uint40 since;
        uint8 limited;
        uint32 delay;
        uint32 longestDelay;
        uint40 time;
    }

    /// @dev Looked at in any second: what was closed in it is open in it only after the delay, a day at least.
    /// @custom:proves INV-SIGNING-2, INV-SIGNING-3
    function check_WhenAWindowChanges_ThenADayAfterItsAcceptanceAndByTheNewestWord(
        Standing memory now_,
        SigningWindow calldata intent,
        uint40 second
    ) external {
        _write(now_, intent.windowedClass);
        vm.warp(second);
        bool closed = _windows.isClosed(now_.limited, intent.windowedClass);
        vm.warp(now_.time);
        (bool inForce,, uint8 limited) =
            _windows.advance(_book, intent, now_.digest, now_.delay, now_.longestDelay, now_.limited);
        vm.warp(second);
        bool closedNow = _windows.isClosed(limited, intent.windowedClass);
        if (!inForce) {
            assert(closed == closedNow && limited == now_.limited);
            return;
        }
        assert(now_.state == uint8(AcceptanceState.Waiting));
        assert(now_.time >= uint256(now_.acceptedAt) + 24 hours);
        assert(now_.time >= uint256(now_.acceptedAt) + now_.delay);
        assert(now_.acceptedAt > now_.since);
        assert(_windows[intent.windowedClass].since == now_.acceptedAt);
    }

    /// @custom:proves INV-SIGNING-1
    function check_WhenChangedOrShut_ThenNoOtherClassIsLimited(
        Standing memory now_,
        SigningWindow calldata intent,
        ActionClass shut
    ) external {
        _write(now_, intent.windowedClass);
        uint8 both = uint8(1 << uint8(ActionClass.B) | 1 << uint8(ActionClass.B2));
        vm.assume(now_.limited & ~both == 0);
        (,, uint8 limited) = _windows.advance(_book, intent, now_.digest, now_.delay, now_.longestDelay, now_.limited);
        assert(limited & ~both == 0);
        limited = _windows.close(limited, shut);
        assert(limited & ~both == 0);
    }

    /// @dev Nothing that was accepted by then changes it any more; every later second is closed.
    /// @custom:proves INV-SIGNING-3
    function check_WhenAGuardianShuts_ThenItIsClosedAndNothingAcceptedByThenOpensIt(
        Standing memory now_,
        SigningWindow calldata intent,
        uint40 later
    ) external {
        _write(now_, intent.windowedClass);
        vm.assume(now_.time != 0 && later >= now_.time && later <= ENOUGH_TIME);
        uint8 limited = _windows.close(now_.limited, intent.windowedClass);
        vm.warp(later);
        assert(_windows.isClosed(limited, intent.windowedClass));
        // One that is accepted only now waits; one that was accepted by then reverts.
        (bool inForce,,) = _windows.advance(_book, intent, now_.digest, now_.delay, now_.longestDelay, limited);
        assert(!inForce && now_.state == uint8(AcceptanceState.Unset));
    }

    function _write(Standing memory now_, ActionClass class) private {
        vm.assume(now_.state <= uint8(AcceptanceState.Done));
        vm.assume(now_.time <= ENOUGH_TIME && now_.acceptedAt <= now_.time && now_.since <= now_.time);
        vm.assume(now_.state != uint8(AcceptanceState.Unset) || now_.acceptedAt == 0);
        vm.warp(now_.time);
        _book.acceptances[now_.digest] = Acceptance(AcceptanceState(now_.state), now_.acceptedAt);
        _windows[class] = Window({opensAt: now_.opensAt, closesAt: now_.closesAt, since: now_.since});
    }
}
