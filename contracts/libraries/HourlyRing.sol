// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice A rate's values at the ends of the last 24 hours, in two words: 24 lanes of 20 bits.
/// @dev The lane of hour h, counted from 1970, is h mod 24. A word is full of lanes: there is no other field.
/// @custom:invariant INV-HOURS-1 The range is that of the last 24 values pushed.
library HourlyRing {
    /* CONSTANTS */

    /// @dev Time one lane stands for, in seconds.
    uint256 internal constant HOUR = 3_600;

    uint256 internal constant LANES = 24;
    uint256 private constant LANES_A_WORD = 12;
    uint256 private constant LANE_BITS = 20;

    /// @dev The greatest a lane can hold.
    uint256 internal constant LANE_MAX = 0xFFFFF;

    /// @dev LANES_A_WORD·LANE_BITS, and LANE_MAX above, in full: the compiler would compute them anew in every turn.
    uint256 private constant BITS_A_WORD = 240;

    /// @dev One in every lane: times this, a value fills a word.
    uint256 private constant EVERY_LANE = 0x00001_00001_00001_00001_00001_00001_00001_00001_00001_00001_00001_00001;

    /* INTERNAL */

    /// @notice A ring in which every hour ended at `value`.
    /// @param value At most LANE_MAX.
    function filled(uint256 value) internal pure returns (uint256[2] memory ring) {
        ring[0] = value * EVERY_LANE;
        ring[1] = ring[0];
    }

    /// @notice Writes `value` as the end of every hour from `from` on and before `to`; of more than 24, the last 24.
    /// @param ring Is changed.
    /// @param from Hour number since 1970, at most `to`.
    /// @param to Hour number since 1970.
    /// @param value At most LANE_MAX.
    function push(uint256[2] memory ring, uint256 from, uint256 to, uint256 value) internal pure {
        // Cannot overflow: `from` is at most `to`, and lanes are few.
        unchecked {
            if (to - from > LANES) from = to - LANES;
            for (uint256 hour = from; hour < to; ++hour) {
                uint256 lane = hour % LANES;
                uint256 word = lane / LANES_A_WORD;
                uint256 shift = (lane % LANES_A_WORD) * LANE_BITS;
                ring[word] = (ring[word] & ~(LANE_MAX << shift)) | (value << shift);
            }
        }
    }

    /// @notice The least and the greatest value in the ring.
    function range(uint256[2] memory ring) internal pure returns (uint256 least, uint256 greatest) {
        uint256 first = ring[0];
        uint256 second = ring[1];
        least = LANE_MAX;
        for (uint256 shift = 0; shift < BITS_A_WORD;) {
            uint256 lane = (first >> shift) & LANE_MAX;
            if (lane < least) least = lane;
            if (lane > greatest) greatest = lane;
            lane = (second >> shift) & LANE_MAX;
            if (lane < least) least = lane;
            if (lane > greatest) greatest = lane;
            // Cannot overflow: at most 240.
            unchecked {
                shift += LANE_BITS;
            }
        }
    }
}
