// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {GroupKey} from "../types/GroupKey.sol";

/// @notice Which group keys are in force. Nothing is kept of earlier epochs.
/// @dev A key is its x and the parity of its y, which leave one point of the curve: verifying asks for no more, and an
/// authorization reads two slots. Low and high are equal when one key serves both thresholds.
/// @custom:invariant INV-AUTH-5 Keys change only with the epoch, which rises by one; all that names another is void,
/// whatever its class.
library EpochBook {
    /* TYPES */

    /// @dev What every call of the authority reads, in one slot.
    /// @param lastHeard When the custodians were last heard, in seconds.
    /// @param limitedClasses Bits of the classes that are limited to a window; they outlast the epoch.
    struct State {
        uint64 epoch;
        uint40 lastHeard;
        uint8 signers;
        uint8 lowThreshold;
        uint8 highThreshold;
        uint8 lowParity;
        uint8 highParity;
        uint8 limitedClasses;
    }

    struct Book {
        State state;
        uint256 lowX;
        uint256 highX;
        bytes32 certificateHash;
    }

    /* INTERNAL */

    /// @notice Begins the next epoch; who begins it was heard.
    function begin(Book storage book, GroupKey memory low, GroupKey memory high, uint8 signers, bytes32 certificateHash)
        internal
        returns (uint64 epoch)
    {
        State memory state = book.state;
        state.epoch += 1;
        // The casts are safe: 40 bits of seconds last 34,000 years, and a parity is 0 or 1.
        state.lastHeard = uint40(block.timestamp);
        state.signers = signers;
        (state.lowThreshold, state.highThreshold) = (low.threshold, high.threshold);
        (state.lowParity, state.highParity) = (uint8(low.y & 1), uint8(high.y & 1));
        book.state = state;
        (book.lowX, book.highX, book.certificateHash) = (low.x, high.x, certificateHash);
        return state.epoch;
    }

    /// @notice Whether the epoch has a key of this threshold.
    function isKnown(State memory state, uint8 threshold) internal pure returns (bool) {
        return threshold == state.lowThreshold || threshold == state.highThreshold;
    }

    /// @notice The key of a threshold that is known.
    /// @return x Its x.
    /// @return parity That of its y.
    function keyOf(Book storage book, State memory state, uint8 threshold)
        internal
        view
        returns (uint256 x, uint8 parity)
    {
        bool low = threshold == state.lowThreshold;
        return low ? (book.lowX, state.lowParity) : (book.highX, state.highParity);
    }
}
