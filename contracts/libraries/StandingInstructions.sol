// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Standing} from "../types/Standing.sol";

/// @notice What owners have had asked in their names, once a period.
/// @dev The next period begins when the last request was made: what was missed is not made up for, and no two requests
/// lie closer than a period, wherever its boundaries are thought to be.
/// @custom:invariant INV-STANDING-1 Two requests of one instruction lie at least its period apart, none after its end.
library StandingInstructions {
    /* CONSTANTS */

    uint256 internal constant LEAST_PERIOD = 1 hours;
    uint256 internal constant MOST_PERIOD = 366 days;

    /* ERRORS */

    /// @notice The owner has no standing instruction.
    error NoStanding(address owner);

    /// @notice The instruction has ended.
    error StandingEnded(uint256 time, uint256 until);

    /// @notice The period is not over.
    error PeriodNotOver(uint256 time, uint256 nextAt);

    /// @notice A period lies within these bounds, in seconds.
    error PeriodOutOfBounds(uint256 period, uint256 least, uint256 most);

    /* INTERNAL */

    /// @notice An instruction that can be used from now on, until a moment that has not passed.
    function begun(uint64 amount, uint32 period, uint40 until) internal view returns (Standing memory) {
        require(period >= LEAST_PERIOD && period <= MOST_PERIOD, PeriodOutOfBounds(period, LEAST_PERIOD, MOST_PERIOD));
        require(block.timestamp <= until, StandingEnded(block.timestamp, until));
        // The cast is safe: 40 bits of seconds last 34,000 years.
        return Standing({amount: amount, period: period, until: until, nextAt: uint40(block.timestamp)});
    }

    /// @notice Uses `owner`'s instruction now; reverts by name if it cannot be.
    /// @return amount What it asks for.
    function use(mapping(address owner => Standing) storage book, address owner) internal returns (uint256 amount) {
        Standing memory standing = book[owner];
        require(standing.amount != 0, NoStanding(owner));
        require(block.timestamp <= standing.until, StandingEnded(block.timestamp, standing.until));
        require(block.timestamp >= standing.nextAt, PeriodNotOver(block.timestamp, standing.nextAt));
        // The cast is safe: 40 bits of seconds last 34,000 years.
        book[owner].nextAt = uint40(block.timestamp + standing.period);
        return standing.amount;
    }
}
