// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CHECKPOINTS, Checkpoint} from "../types/Checkpoint.sol";

/// @notice A ring of the last 64 checkpoints of a price's integral over time. One is written before the first round of
/// a minute that has rounds, so between two of them the price changed within the earlier one's minute only.
/// @custom:invariant INV-TWAP-1 The integral at a full minute is that of the price in force, second by second, for
/// every minute that the ring reaches back to.
library MinuteCheckpoints {
    /* CONSTANTS */

    /// @dev In seconds.
    uint256 internal constant MINUTE = 60;

    /* INTERNAL */

    /// @notice Puts the same checkpoint everywhere: later ones then all cost the same.
    function fill(Checkpoint[CHECKPOINTS] storage ring, Checkpoint memory first) internal {
        for (uint256 i = 0; i < CHECKPOINTS; ++i) {
            ring[i] = first;
        }
    }

    /// @notice Writes the next checkpoint over the oldest.
    /// @param newest Where the newest stands.
    /// @return Where the newest stands now.
    function push(Checkpoint[CHECKPOINTS] storage ring, uint256 newest, Checkpoint memory next)
        internal
        returns (uint256)
    {
        newest = (newest + 1) % CHECKPOINTS;
        ring[newest] = next;
        return newest;
    }

    /// @notice The integral at a full minute.
    /// @dev The first checkpoint at or after the minute knows the price that was in force from the minute on. Before
    /// the very first, its price holds. A fill's copies and the oldest end the walk: their time is not earlier.
    /// @param newest Where the newest stands.
    /// @param minute In seconds; not after the newest checkpoint.
    function integralAt(Checkpoint[CHECKPOINTS] storage ring, uint256 newest, uint256 minute)
        internal
        view
        returns (uint256)
    {
        Checkpoint memory next = ring[newest];
        uint256 index = newest;
        while (next.time > minute) {
            index = (index + CHECKPOINTS - 1) % CHECKPOINTS;
            Checkpoint memory earlier = ring[index];
            if (earlier.time < minute || earlier.time >= next.time) break;
            next = earlier;
        }
        // Widened first: the product of 64 and 40 bits.
        return next.integral - uint256(next.price) * (next.time - minute);
    }
}
