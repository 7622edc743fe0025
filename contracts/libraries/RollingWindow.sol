// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice What was added over the last day, in one word.
type RollingSum is uint256;

/// @notice The least a quantity was over the last day, in one word.
type RollingLeast is uint256;

using RollingWindow for RollingSum global;
using RollingWindow for RollingLeast global;

/// @notice A day's history of a quantity in one storage word: a shift register of seven lanes, one for each bucket of
/// four hours, the current one included. It reaches back at least 24 h and less than 28 h: always a whole day, never
/// less.
/// @dev Layout, from the low end: bucket number of the newest lane (32 bits), then the lanes, newest first (32 bits
/// each). A fresh word is all zero: nothing was added, and the quantity was zero for ever.
///
/// RollingSum keeps in each lane what was added during the bucket. RollingLeast keeps in each lane the least the
/// quantity was during the bucket; a rise never raises a lane that exists, so it counts only once it has stood for the
/// whole window. Both saturate: a full lane of a sum is at least any quantity a lane can hold, and a quantity above
/// what a lane can hold is understated.
/// @custom:invariant INV-WINDOW-1 A sum is at least what was added over the last 24 h, and counts nothing 28 h old.
/// @custom:invariant INV-WINDOW-2 A least is at most the least over the last 24 h, and forgets what is 28 h old.
library RollingWindow {
    /* CONSTANTS */

    /// @dev Time one lane stands for, in seconds.
    uint256 internal constant BUCKET = 4 hours;

    /// @dev Six whole buckets make a day; the seventh is the current one, still incomplete.
    uint256 internal constant LANES = 7;

    uint256 internal constant LANE_BITS = 32;

    /// @dev The greatest a lane can hold.
    uint256 internal constant LANE_MAX = type(uint32).max;

    /// @dev The seven lanes without the bucket number, in bits.
    uint256 private constant REGISTER_BITS = LANES * LANE_BITS;

    /// @dev One in every lane: times this, a value fills the register.
    uint256 private constant EVERY_LANE = 0x00000001_00000001_00000001_00000001_00000001_00000001_00000001;

    /// @dev Every second lane, and one in each.
    uint256 private constant EVERY_OTHER_LANE = 0x00000000ffffffff_00000000ffffffff_00000000ffffffff_00000000ffffffff;
    uint256 private constant EVERY_OTHER_ONE = 0x0000000000000001_0000000000000001_0000000000000001_0000000000000001;

    /// @dev Where the top 64 bits begin.
    uint256 private constant TOP_PAIR = 192;

    /* INTERNAL */

    /// @notice What was added over the window that ends now.
    /// @param time Now, in seconds.
    function total(RollingSum window, uint256 time) internal pure returns (uint256 sum) {
        uint256 lanes = _lanesAt(RollingSum.unwrap(window), time, 0);
        // Lanes are added in pairs, each in 64 bits; times one in every 64 bits, the top 64 hold the sum of all. Nothing
        // carries: seven lanes make less than 2^35.
        unchecked {
            uint256 pairs = (lanes & EVERY_OTHER_LANE) + ((lanes >> LANE_BITS) & EVERY_OTHER_LANE);
            return (pairs * EVERY_OTHER_ONE) >> TOP_PAIR;
        }
    }

    /// @notice The window after `amount` was added now.
    function added(RollingSum window, uint256 time, uint256 amount) internal pure returns (RollingSum) {
        uint256 lanes = _lanesAt(RollingSum.unwrap(window), time, 0);
        uint256 room = LANE_MAX - _newest(lanes);
        // No carry into the next lane: at most the room of this one is added.
        lanes += amount < room ? amount : room;
        return RollingSum.wrap(_pack(lanes, time));
    }

    /// @notice The least the quantity was over the window that ends now.
    /// @param held What it has been since the window last saw a change.
    function least(RollingLeast window, uint256 time, uint256 held) internal pure returns (uint256 lowest) {
        uint256 lanes = _lanesAt(RollingLeast.unwrap(window), time, held);
        lowest = LANE_MAX;
        for (uint256 i = 0; i < LANES;) {
            uint256 lane = lanes & LANE_MAX;
            if (lane < lowest) lowest = lane;
            lanes >>= LANE_BITS;
            // No overflow: at most LANES.
            unchecked {
                ++i;
            }
        }
    }

    /// @notice The window after the quantity went from `held` to `next` now.
    /// @dev To be called at every change, or `held` would be untrue of the time since the last one.
    function changed(RollingLeast window, uint256 time, uint256 held, uint256 next)
        internal
        pure
        returns (RollingLeast)
    {
        uint256 lanes = _lanesAt(RollingLeast.unwrap(window), time, held);
        uint256 newest = _newest(lanes);
        // No borrow from the next lane: `next` is below what the lane holds.
        if (next < newest) lanes -= newest - next;
        return RollingLeast.wrap(_pack(lanes, time));
    }

    /* PRIVATE */

    /// @dev The lanes as they stand at `time`, if every bucket begun since saw `fill` only.
    function _lanesAt(uint256 word, uint256 time, uint256 fill) private pure returns (uint256 lanes) {
        lanes = word >> LANE_BITS;
        uint256 passed = time / BUCKET - (word & LANE_MAX);
        if (passed == 0) return lanes;

        uint256 filled = (fill < LANE_MAX ? fill : LANE_MAX) * EVERY_LANE;
        if (passed >= LANES) return filled;

        uint256 moved = passed * LANE_BITS;
        uint256 older = (lanes << moved) & ((1 << REGISTER_BITS) - 1);
        uint256 newer = filled & ((1 << moved) - 1);
        return older | newer;
    }

    function _newest(uint256 lanes) private pure returns (uint256) {
        return lanes & LANE_MAX;
    }

    /// @dev The bucket number fits 32 bits for more than a million years.
    function _pack(uint256 lanes, uint256 time) private pure returns (uint256 word) {
        return (lanes << LANE_BITS) | (time / BUCKET);
    }
}
