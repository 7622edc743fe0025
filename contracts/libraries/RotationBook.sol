// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {RotationRecord} from "../types/EpochRotation.sol";
import {OperationState, VetoRecord} from "../types/Operation.sol";
import {ClassTable} from "./ClassTable.sol";
import {VetoBook} from "./VetoBook.sol";

/// @notice Where rotations stand, by their digests, and which keys were vetoed.
/// @dev Any number stand side by side, so that nobody takes the only place; the first that is activated ends the
/// epoch, and with it all the others.
/// @custom:invariant INV-ROTATE-1 Done, Vetoed and Lapsed are for ever, and no digest is accepted twice.
/// @custom:invariant INV-ROTATE-2 Nothing is activated earlier than the delay of that moment after its acceptance,
/// nor earlier than 48 hours, nor later than 14 days, nor in another epoch than it was accepted in.
/// @custom:invariant INV-ROTATE-3 What a guardian vetoed is not activated, under whatever digest it waits; the same
/// content is vetoed at most twice in any VETO_PERIOD.
/// @custom:invariant INV-ROTATE-4 A heartbeat voids every rotation that the people proposed before it.
library RotationBook {
    using VetoBook for mapping(bytes32 content => VetoRecord);

    /* TYPES */

    struct Book {
        mapping(bytes32 digest => RotationRecord record) records;
        mapping(bytes32 content => VetoRecord vetoes) vetoes;
    }

    /// @dev What of a rotation decides where it stands.
    struct Named {
        bytes32 digest;
        bytes32 content;
        uint64 nextEpoch;
    }

    /* CONSTANTS */

    /// @dev Whatever an authority answers: guardians have this long.
    uint256 internal constant LEAST_DELAY = ClassTable.D_CALM;

    /// @dev The longest delay it may meet.
    uint256 internal constant LONGEST_DELAY = ClassTable.D_STRESSED;

    /// @dev How long a rotation stands after that.
    uint256 internal constant LAPSE = 7 days;

    /* ERRORS */

    /// @notice The digest was accepted before: another nonce would make another.
    error RotationKnown(bytes32 digest, OperationState state);

    /// @notice Only what is Ready is activated.
    error RotationNotReady(bytes32 digest, OperationState state);

    /// @notice Only what is Waiting or Ready is vetoed.
    error RotationNotOpen(bytes32 digest, OperationState state);

    /* INTERNAL */

    /// @notice Where a rotation stands.
    /// @param epoch The authority's epoch now.
    /// @param lastHeard When the custodians were last heard, in seconds.
    /// @param delay What is asked of it at this moment, in seconds.
    function stateOf(Book storage book, Named memory rotation, uint64 epoch, uint256 lastHeard, uint256 delay)
        internal
        view
        returns (OperationState)
    {
        RotationRecord memory record = book.records[rotation.digest];
        if (record.state != OperationState.Waiting) return record.state;
        if (rotation.nextEpoch != uint256(epoch) + 1) return OperationState.Lapsed;
        if (record.byPeople && lastHeard >= record.acceptedAt) return OperationState.Lapsed;
        if (block.timestamp > record.acceptedAt + LONGEST_DELAY + LAPSE) return OperationState.Lapsed;
        if (book.vetoes.voids(rotation.content, record.acceptedAt)) return OperationState.Lapsed;

        if (delay < LEAST_DELAY) delay = LEAST_DELAY;
        return block.timestamp >= record.acceptedAt + delay ? OperationState.Ready : OperationState.Waiting;
    }

    /// @notice Enters a rotation whose proof has just passed.
    function accept(Book storage book, Named memory rotation, bool byPeople) internal {
        OperationState state = book.records[rotation.digest].state;
        require(state == OperationState.Unset, RotationKnown(rotation.digest, state));
        book.vetoes.requireFresh(rotation.content);
        // The cast is safe for 34,000 years.
        book.records[rotation.digest] =
            RotationRecord({state: OperationState.Waiting, byPeople: byPeople, acceptedAt: uint40(block.timestamp)});
    }

    /// @notice Turns what is Ready into Done.
    function consume(Book storage book, Named memory rotation, uint64 epoch, uint256 lastHeard, uint256 delay)
        internal
    {
        OperationState state = stateOf(book, rotation, epoch, lastHeard, delay);
        require(state == OperationState.Ready, RotationNotReady(rotation.digest, state));
        book.records[rotation.digest].state = OperationState.Done;
        book.vetoes.settle(rotation.content);
    }

    /// @notice Vetoes a rotation, and with it all that wait with the same content.
    function veto(Book storage book, Named memory rotation, uint64 epoch, uint256 lastHeard) internal {
        // Whatever the delay: what is Waiting and what is Ready may both be vetoed.
        OperationState state = stateOf(book, rotation, epoch, lastHeard, LONGEST_DELAY);
        bool open = state == OperationState.Waiting || state == OperationState.Ready;
        require(open, RotationNotOpen(rotation.digest, state));
        book.vetoes.add(rotation.content);
        book.records[rotation.digest].state = OperationState.Vetoed;
    }
}
