// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ActionClass} from "../types/ActionClass.sol";
import {OperationRecord, OperationState, VetoRecord} from "../types/Operation.sol";
import {NO_VALUE} from "../types/Ppm.sol";
import {Regime} from "../types/Regime.sol";
import {MultisigTable} from "./MultisigTable.sol";
import {VetoBook} from "./VetoBook.sol";

/// @notice Where operations stand, by their ids, and which calls were vetoed.
/// @dev A veto voids every waiting operation with the same calls, and counts by them: VetoBook says why.
/// @custom:invariant INV-MULTI-4 Done, Vetoed and Lapsed are for ever, and no id is accepted twice.
/// @custom:invariant INV-MULTI-5 Nothing becomes Done but what is Ready by the regime, the epoch and the time of that
/// moment, at least its class's delay of that moment after acceptance.
/// @custom:invariant INV-MULTI-6 The same calls are vetoed at most twice in any VETO_PERIOD, unless they were
/// executed meanwhile: no guardian blocks for ever.
library OperationBook {
    using VetoBook for mapping(bytes32 content => VetoRecord);

    /* TYPES */

    struct Book {
        mapping(bytes32 id => OperationRecord record) records;
        mapping(bytes32 callsHash => VetoRecord vetoes) vetoes;
    }

    /* CONSTANTS */

    /// @dev How long an operation stands after the longest delay it may meet.
    uint256 internal constant LAPSE = 7 days;

    /* ERRORS */

    /// @notice The id was accepted before: another nonce would make another.
    error OperationKnown(bytes32 id, OperationState state);

    /// @notice Only what is Ready is executed.
    error OperationNotReady(bytes32 id, OperationState state);

    /// @notice Only what is Waiting or Ready is vetoed.
    error OperationNotOpen(bytes32 id, OperationState state);

    /* INTERNAL */

    /// @notice Where an operation stands.
    /// @param epoch The member set's epoch now.
    /// @param regime The regime now, and whether it is not to be believed.
    function stateOf(Book storage book, bytes32 id, bytes32 callsHash, uint64 epoch, Regime regime, bool stale)
        internal
        view
        returns (OperationState)
    {
        OperationRecord memory record = book.records[id];
        if (record.state != OperationState.Waiting) return record.state;
        uint256 lapsesAt = record.acceptedAt + MultisigTable.longestDelay(record.class) + LAPSE;
        if (record.setEpoch != epoch || block.timestamp > lapsesAt) return OperationState.Lapsed;
        if (book.vetoes.voids(callsHash, record.acceptedAt)) return OperationState.Lapsed;

        (, uint32 delay, bool blocked) = MultisigTable.rule(record.class, regime, stale, NO_VALUE);
        bool ready = !blocked && block.timestamp >= record.acceptedAt + delay;
        return ready ? OperationState.Ready : OperationState.Waiting;
    }

    /// @notice Enters an operation whose approvals passed.
    function accept(Book storage book, bytes32 id, bytes32 callsHash, ActionClass class, uint64 epoch) internal {
        OperationState state = book.records[id].state;
        require(state == OperationState.Unset, OperationKnown(id, state));
        book.vetoes.requireFresh(callsHash);
        // The cast is safe for 34,000 years.
        book.records[id] = OperationRecord({
            state: OperationState.Waiting, class: class, acceptedAt: uint40(block.timestamp), setEpoch: epoch
        });
    }

    /// @notice Turns what is Ready into Done: before its calls, which therefore cannot meet it again.
    function consume(Book storage book, bytes32 id, bytes32 callsHash, uint64 epoch, Regime regime, bool stale)
        internal
    {
        OperationState state = stateOf(book, id, callsHash, epoch, regime, stale);
        require(state == OperationState.Ready, OperationNotReady(id, state));
        book.records[id].state = OperationState.Done;
        book.vetoes.settle(callsHash);
    }

    /// @notice Vetoes an operation, and with it all that wait with the same calls.
    function veto(Book storage book, bytes32 id, bytes32 callsHash, uint64 epoch) internal {
        // In any regime: what is Waiting and what is Ready may both be vetoed.
        OperationState state = stateOf(book, id, callsHash, epoch, Regime.STRESSED, true);
        bool open = state == OperationState.Waiting || state == OperationState.Ready;
        require(open, OperationNotOpen(id, state));
        book.vetoes.add(callsHash);
        book.records[id].state = OperationState.Vetoed;
    }
}
