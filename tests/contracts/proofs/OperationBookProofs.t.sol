// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MultisigTable} from "../../../contracts/libraries/MultisigTable.sol";
import {OperationBook} from "../../../contracts/libraries/OperationBook.sol";
import {VetoBook} from "../../../contracts/libraries/VetoBook.sol";
import {ActionClass} from "../../../contracts/types/ActionClass.sol";
import {OperationRecord, OperationState, VetoRecord} from "../../../contracts/types/Operation.sol";
import {NO_VALUE} from "../../../contracts/types/Ppm.sol";
import {Regime} from "../../../contracts/types/Regime.sol";
import {vm} from "../Vm.sol";

/// @notice A book in which anything may stand about one operation and its calls, and another with the same calls waits.
/// Operations with other calls have no slot in common with it.
contract OperationBookProofs {
    using OperationBook for OperationBook.Book;

    /// @dev Time in which sums of seconds do not overflow: 34,000 years.
    uint256 private constant ENOUGH_TIME = type(uint40).max - 60 days;

    OperationBook.Book private _book;

    /// @dev Everything there can be in the book about one operation and its calls, now.
    struct Standing {
        bytes32 id;
        bytes32 calls;
        uint8 state;
        uint8 class;
        uint40 acceptedAt;
        uint64 setEpoch;
        uint40 vetoedUntil;
        uint40 vetoedLast;
        uint40 vetoedBefore;
        uint64 epoch;
        uint8 regime;
        bool stale;
        uint40 time;
    }

    /// @dev A moment to come, and the operation to which something is done then.
    struct Later {
        bytes32 id;
        uint40 time;
        uint64 epoch;
        uint8 regime;
        bool stale;
        uint40 acceptedAt;
        uint40 vetoedUntil;
    }

    /// @custom:proves INV-MULTI-5
    function check_WhenReady_ThenItsDelayIsOverAndNothingVoidsIt(Standing memory now_) external {
        _write(now_);
        OperationState state = _state(now_);
        if (state != OperationState.Ready) return;

        (, uint32 delay, bool blocked) =
            MultisigTable.rule(ActionClass(now_.class), Regime(now_.regime), now_.stale, NO_VALUE);
        assert(!blocked);
        assert(uint256(now_.time) >= uint256(now_.acceptedAt) + delay);
        assert(now_.time > now_.acceptedAt);
        uint256 lapsesAt =
            uint256(now_.acceptedAt) + MultisigTable.longestDelay(ActionClass(now_.class)) + OperationBook.LAPSE;
        assert(now_.time <= lapsesAt);
        assert(now_.setEpoch == now_.epoch);
        assert(now_.acceptedAt > now_.vetoedUntil);
        assert(now_.state == uint8(OperationState.Waiting));
    }

    /// @custom:proves INV-MULTI-5
    function check_WhenConsumed_ThenItWasReady(Standing memory now_) external {
        _write(now_);
        OperationState before = _state(now_);
        _book.consume(now_.id, now_.calls, now_.epoch, Regime(now_.regime), now_.stale);
        assert(before == OperationState.Ready);
        assert(_state(now_) == OperationState.Done);
    }

    /// @dev With the three that follow: none of the steps changes what is kept of what is Done, Vetoed or Lapsed.
    /// @custom:proves INV-MULTI-4
    function check_WhenDoneVetoedOrLapsed_ThenSoAtAnyLaterTimeInAnyRegime(Standing memory now_, Later memory later)
        external
    {
        _write(now_);
        OperationState before = _state(now_);
        vm.assume(_isFinal(before));
        _pass(now_, later);
        // Vetoes of the same calls may have come meanwhile.
        vm.assume(later.vetoedUntil >= now_.vetoedUntil);
        _book.vetoes[now_.calls].until = later.vetoedUntil;
        assert(_state(now_) == before);
    }

    /// @dev Accepting it again, or another with the same calls.
    /// @custom:proves INV-MULTI-4
    function check_WhenDoneVetoedOrLapsed_ThenKeptThroughAnyAcceptance(Standing memory now_, Later memory later)
        external
    {
        _writeBoth(now_, later);
        uint256 before = _recordWord(now_.id);
        _book.accept(later.id, now_.calls, ActionClass.C, now_.epoch);
        assert(_recordWord(now_.id) == before || now_.state == uint8(OperationState.Unset));
        assert(_book.vetoes[now_.calls].until == now_.vetoedUntil);
    }

    /// @custom:proves INV-MULTI-4
    function check_WhenDoneVetoedOrLapsed_ThenKeptThroughAnyExecution(Standing memory now_, Later memory later)
        external
    {
        _writeBoth(now_, later);
        uint256 before = _recordWord(now_.id);
        bool open = _isOpen(_state(now_));
        _book.consume(later.id, now_.calls, now_.epoch, Regime(now_.regime), now_.stale);
        assert(_recordWord(now_.id) == before || open);
        assert(_book.vetoes[now_.calls].until == now_.vetoedUntil);
    }

    /// @custom:proves INV-MULTI-4
    function check_WhenDoneVetoedOrLapsed_ThenKeptThroughAnyVeto(Standing memory now_, Later memory later) external {
        _writeBoth(now_, later);
        uint256 before = _recordWord(now_.id);
        bool open = _isOpen(_state(now_));
        _book.veto(later.id, now_.calls, now_.epoch);
        assert(_recordWord(now_.id) == before || open);
        assert(_book.vetoes[now_.calls].until >= now_.vetoedUntil);
    }

    /// @custom:proves INV-MULTI-4
    function check_WhenAccepted_ThenItsIdWasNeverSeen(Standing memory now_, uint8 class) external {
        _write(now_);
        vm.assume(class <= uint8(type(ActionClass).max));
        _book.accept(now_.id, now_.calls, ActionClass(class), now_.epoch);
        assert(now_.state == uint8(OperationState.Unset));
    }

    /// @dev Of any three vetoes in a row of the same calls, the first and the last lie the period apart, from any state
    /// of the book on. Only an execution comes between in another way, and it begins anew.
    /// @custom:proves INV-MULTI-6
    function check_WhenVetoed_ThenItIsVoidAndTheLimitHolds(Standing memory now_, Later[2] memory others) external {
        _write(now_);
        uint256 first = now_.time;
        _book.veto(now_.id, now_.calls, now_.epoch);
        assert(_state(now_) == OperationState.Vetoed);
        for (uint256 i = 0; i < 2; ++i) {
            _propose(now_, others[i]);
            _book.veto(now_.id, now_.calls, now_.epoch);
            assert(_state(now_) == OperationState.Vetoed);
            assert(_book.vetoes[now_.calls].until == now_.time);
        }
        assert(now_.time >= first + VetoBook.VETO_PERIOD);
    }

    /// @custom:proves INV-MULTI-6
    function check_WhenTheLimitIsReached_ThenNoVetoPassesInThePeriod(Standing memory now_, Later[2] memory others)
        external
    {
        _write(now_);
        uint256 first = now_.time;
        _book.veto(now_.id, now_.calls, now_.epoch);
        _propose(now_, others[0]);
        _book.veto(now_.id, now_.calls, now_.epoch);
        _propose(now_, others[1]);
        vm.assume(now_.time < first + VetoBook.VETO_PERIOD);
        try this.veto(now_.id, now_.calls, now_.epoch) {
            assert(false);
        } catch {}
    }

    function veto(bytes32 id, bytes32 calls, uint64 epoch) external {
        _book.veto(id, calls, epoch);
    }

    /// @dev The other operation waits, in the epoch of the first.
    function _writeBoth(Standing memory now_, Later memory later) private {
        _write(now_);
        if (later.id == now_.id) return;
        _book.records[later.id] = OperationRecord({
            state: OperationState.Waiting, class: ActionClass.D, acceptedAt: now_.acceptedAt, setEpoch: now_.setEpoch
        });
    }

    /// @dev Time goes by, and another with the same calls waits since any moment of it.
    function _propose(Standing memory now_, Later memory other) private {
        vm.assume(other.acceptedAt <= other.time && other.id != now_.id);
        _pass(now_, other);
        (now_.id, now_.setEpoch, now_.acceptedAt) = (other.id, now_.epoch, other.acceptedAt);
        _book.records[other.id] = OperationRecord({
            state: OperationState.Waiting,
            class: ActionClass(now_.class),
            acceptedAt: other.acceptedAt,
            setEpoch: now_.setEpoch
        });
    }

    function _pass(Standing memory now_, Later memory later) private {
        vm.assume(later.time >= now_.time && later.time <= ENOUGH_TIME && later.epoch >= now_.epoch);
        vm.assume(later.regime <= uint8(type(Regime).max));
        // A record is never of an epoch to come.
        vm.assume(now_.setEpoch <= now_.epoch);
        now_.time = later.time;
        now_.epoch = later.epoch;
        now_.regime = later.regime;
        now_.stale = later.stale;
        vm.warp(later.time);
    }

    /// @dev All that is kept of an operation, in one word.
    function _recordWord(bytes32 id) private view returns (uint256) {
        OperationRecord memory record = _book.records[id];
        return uint256(record.state) | uint256(record.class) << 8 | uint256(record.acceptedAt) << 16
            | uint256(record.setEpoch) << 56;
    }

    function _isOpen(OperationState state) private pure returns (bool) {
        return state == OperationState.Waiting || state == OperationState.Ready;
    }

    function _isFinal(OperationState state) private pure returns (bool) {
        return state >= OperationState.Done;
    }

    function _write(Standing memory now_) private {
        // What the book keeps, and only classes that it can have been given.
        vm.assume(now_.state <= uint8(OperationState.Vetoed) && now_.state != uint8(OperationState.Ready));
        vm.assume(now_.class == uint8(ActionClass.C) || now_.class == uint8(ActionClass.D));
        vm.assume(now_.regime <= uint8(type(Regime).max));
        vm.assume(now_.time <= ENOUGH_TIME && now_.acceptedAt <= now_.time);
        vm.assume(now_.vetoedUntil <= now_.time && now_.vetoedLast <= now_.vetoedUntil);
        vm.assume(now_.vetoedBefore <= now_.vetoedLast);
        vm.warp(now_.time);
        _book.records[now_.id] = OperationRecord({
            state: OperationState(now_.state),
            class: ActionClass(now_.class),
            acceptedAt: now_.acceptedAt,
            setEpoch: now_.setEpoch
        });
        _book.vetoes[now_.calls] =
            VetoRecord({until: now_.vetoedUntil, last: now_.vetoedLast, before: now_.vetoedBefore});
    }

    function _state(Standing memory now_) private view returns (OperationState) {
        return _book.stateOf(now_.id, now_.calls, now_.epoch, Regime(now_.regime), now_.stale);
    }
}
