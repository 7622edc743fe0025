// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {VetoRecord} from "../types/Operation.sol";

/// @notice Which contents guardians vetoed, and how often: of operations their calls, of rotations their keys.
/// @dev A veto goes by content and not by id, or a quorum that turned hostile would have the same accepted under many
/// ids at once and all but a few of them take effect. Two are let through in any 30 days, wherever those begin, or one
/// guardian would have the last word.
library VetoBook {
    /* CONSTANTS */

    /// @dev No three vetoes of the same content lie within it. Whoever asks again at once after each meets three delays.
    uint256 internal constant VETO_PERIOD = 30 days;

    /* ERRORS */

    /// @notice The same content was vetoed in this very second: void before it began.
    error JustVetoed(bytes32 content);

    /// @notice Guardians have had their say on this content, and may again at `until`, in seconds.
    error VetoesExhausted(bytes32 content, uint256 until);

    /* INTERNAL */

    /// @notice Whether what was accepted at a time was vetoed since, under whatever id.
    function voids(mapping(bytes32 content => VetoRecord) storage vetoes, bytes32 content, uint256 acceptedAt)
        internal
        view
        returns (bool)
    {
        return acceptedAt <= vetoes[content].until;
    }

    /// @notice Returns if the content can be accepted now, reverts by name if not.
    function requireFresh(mapping(bytes32 content => VetoRecord) storage vetoes, bytes32 content) internal view {
        require(!voids(vetoes, content, block.timestamp), JustVetoed(content));
    }

    /// @notice Counts a veto: all with this content that was accepted until now is void.
    function add(mapping(bytes32 content => VetoRecord) storage book, bytes32 content) internal {
        VetoRecord memory vetoes = book[content];
        uint256 nextAt = vetoes.before == 0 ? 0 : vetoes.before + VETO_PERIOD;
        require(block.timestamp >= nextAt, VetoesExhausted(content, nextAt));
        // The cast is safe for 34,000 years.
        uint40 time = uint40(block.timestamp);
        book[content] = VetoRecord({until: time, last: time, before: vetoes.last});
    }

    /// @notice Begins anew: what took effect is no longer disputed, another time it may be vetoed again. What was void
    /// stays so.
    function settle(mapping(bytes32 content => VetoRecord) storage vetoes, bytes32 content) internal {
        VetoRecord storage record = vetoes[content];
        (record.last, record.before) = (0, 0);
    }
}
