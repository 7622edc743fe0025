// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {PPM} from "../types/Ppm.sol";

/// @notice How much may leave a vault in a day: a bucket that refills over 24 h, kept as the moment it is full again.
/// @dev A payment moves that moment on by its share of the capacity of now, as a share of a day; it may lie a day
/// ahead at most. Shares are what is kept, so a vault that grows or shrinks refills nothing in hindsight. A bucket of
/// amounts, as OpenZeppelin's RateLimiter keeps it, refills the time that has passed by the capacity of now: a rise of
/// the capacity would give back what was spent under the smaller one.
/// @custom:invariant INV-CAP-1 Over any time T, what payments are as shares of the capacity of their moments adds up to
/// at most 1 + T / 24 h.
/// @custom:invariant INV-CAP-2 The cap stays within [LEAST_CAP, MOST_CAP].
library OutflowCap {
    /* CONSTANTS */

    /// @dev A twentieth of the vault a day, in parts per million: no change of the cap can hold owners tighter.
    uint256 internal constant LEAST_CAP = 50_000;

    /// @dev The whole vault a day.
    uint256 internal constant MOST_CAP = PPM;

    /// @dev A quarter of the vault a day.
    uint24 internal constant FIRST_CAP = 250_000;

    /// @dev Of the moment, in a second: a payment of dust takes one of 22 million parts of a day's capacity.
    uint256 private constant TICKS = 256;

    uint256 private constant DAY = 1 days * TICKS;

    /* ERRORS */

    /// @notice The day's outflow leaves no room for that, in the token's units; it refills, or the exit bound comes.
    error OutflowCapExceeded(uint256 amount, uint256 available);

    /// @notice No cap lies outside these bounds, in parts per million.
    error CapOutOfBounds(uint256 next, uint256 least, uint256 most);

    /* INTERNAL */

    /// @notice The bucket after a payment of `amount`; reverts by name if it holds less.
    /// @param fullAt When it is full again, in ticks.
    /// @param capacity What it holds when full, in the token's units.
    function consume(uint48 fullAt, uint256 capacity, uint256 amount) internal view returns (uint48) {
        uint256 time = block.timestamp * TICKS;
        uint256 from = fullAt > time ? fullAt : time;
        require(capacity != 0, OutflowCapExceeded(amount, 0));
        uint256 next = from + (amount * DAY + capacity - 1) / capacity;
        require(next <= time + DAY, OutflowCapExceeded(amount, available(fullAt, capacity)));
        // The cast is safe: 40 bits of seconds, and 8 below them, last 34,000 years.
        return uint48(next);
    }

    /// @notice What the bucket holds now, in the token's units, rounded down.
    function available(uint48 fullAt, uint256 capacity) internal view returns (uint256) {
        uint256 time = block.timestamp * TICKS;
        uint256 from = fullAt > time ? fullAt : time;
        return (time + DAY - from) * capacity / DAY;
    }

    /// @notice A cap as it is stored; reverts by name outside the bounds.
    function checked(uint256 next) internal pure returns (uint24) {
        require(next >= LEAST_CAP && next <= MOST_CAP, CapOutOfBounds(next, LEAST_CAP, MOST_CAP));
        // The cast is safe: at most a million.
        return uint24(next);
    }
}
