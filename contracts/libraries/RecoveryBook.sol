// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {OperationState} from "../types/Operation.sol";
import {RecoveryRecord} from "../types/Recovery.sol";

/// @notice Where recoveries stand, by their ids, and which guardians support them.
/// @dev Many may stand side by side, so that no guardian takes the only place; a round ends all of them at once, so
/// that members who are there need one signature against any number.
/// @custom:invariant INV-MULTI-7 A recovery is finished only in its round, RECOVERY_DELAY after the guardians' quorum
/// supported it within SUPPORT_WINDOW, and asks neither oracle nor member.
library RecoveryBook {
    /* TYPES */

    struct Book {
        mapping(bytes32 id => RecoveryRecord record) records;
        mapping(bytes32 id => mapping(address guardian => bool given)) support;
    }

    /* CONSTANTS */

    /// @dev How long the first guardian's support waits for that of others.
    uint256 internal constant SUPPORT_WINDOW = 7 days;

    /// @dev Longer than the longest delay of an operation: members who are there have time for any answer.
    uint256 internal constant RECOVERY_DELAY = 14 days;

    /// @dev How long it then stands for anyone to finish.
    uint256 internal constant LAPSE = 7 days;

    /* ERRORS */

    /// @notice The recovery cannot be supported any more.
    error RecoveryClosed(bytes32 id, OperationState state);

    /// @notice The guardian supports it already.
    error AlreadySupported(bytes32 id, address guardian);

    /// @notice Only what is Ready is finished.
    error RecoveryNotReady(bytes32 id, OperationState state);

    /* INTERNAL */

    /// @notice Where a recovery stands.
    /// @param round The round now.
    function stateOf(Book storage book, bytes32 id, uint64 round) internal view returns (OperationState) {
        RecoveryRecord memory record = book.records[id];
        if (record.state != OperationState.Waiting) return record.state;
        if (record.round != round) return OperationState.Lapsed;
        if (record.startedAt == 0) {
            bool late = block.timestamp > record.proposedAt + SUPPORT_WINDOW;
            return late ? OperationState.Lapsed : OperationState.Waiting;
        }
        uint256 readyAt = record.startedAt + RECOVERY_DELAY;
        if (block.timestamp < readyAt) return OperationState.Waiting;
        return block.timestamp <= readyAt + LAPSE ? OperationState.Ready : OperationState.Lapsed;
    }

    /// @notice Adds a guardian's support; the first proposes, the last that is needed starts the delay.
    /// @param round The round now, and the recovery's.
    /// @param needed How many guardians it takes.
    /// @return supporters How many support it now.
    function add(Book storage book, bytes32 id, uint64 round, address guardian, uint8 needed)
        internal
        returns (uint8 supporters)
    {
        OperationState state = stateOf(book, id, round);
        RecoveryRecord memory record = book.records[id];
        // The cast is safe for 34,000 years.
        uint40 time = uint40(block.timestamp);
        if (state == OperationState.Unset) {
            record = RecoveryRecord({
                state: OperationState.Waiting, supporters: 0, proposedAt: time, startedAt: 0, round: round
            });
        } else {
            require(state == OperationState.Waiting, RecoveryClosed(id, state));
        }
        require(!book.support[id][guardian], AlreadySupported(id, guardian));
        book.support[id][guardian] = true;
        supporters = record.supporters + 1;
        record.supporters = supporters;
        if (supporters == needed) record.startedAt = time;
        book.records[id] = record;
    }

    /// @notice Turns what is Ready into Done.
    function finish(Book storage book, bytes32 id, uint64 round) internal {
        OperationState state = stateOf(book, id, round);
        require(state == OperationState.Ready, RecoveryNotReady(id, state));
        book.records[id].state = OperationState.Done;
    }
}
