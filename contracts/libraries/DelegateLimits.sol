// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Delegate} from "../types/Delegate.sol";
import {Step} from "../types/Step.sol";
import {SignedMath} from "@openzeppelin/contracts/utils/math/SignedMath.sol";

/// @notice Holds a delegate to what its account lets it do.
library DelegateLimits {
    /* CONSTANTS */

    /// @dev How many instruments a word has bits for.
    uint256 private constant INSTRUMENTS = 256;

    /* ERRORS */

    /// @notice The delegate may not trade the instrument.
    error InstrumentNotAllowed(address key, uint16 instrument);

    /// @notice The position would be larger than the delegate may make it.
    error DelegateNotionalExceeded(address key, uint256 notional, uint64 limit);

    /// @notice The fill loses more against the mark than the delegate may still lose today.
    error DelegateLossExceeded(address key, uint256 loss, uint256 left);

    /* INTERNAL */

    /// @notice Whether the limits name an instrument.
    function allows(Delegate memory limits, uint16 instrument) internal pure returns (bool) {
        return instrument < INSTRUMENTS && (limits.instruments >> instrument) & 1 == 1;
    }

    /// @notice What the delegate has lost after a fill, and on which day; reverts by name where the fill passes its
    /// limits. What becomes smaller has no size to limit, and a gain does not make up for a loss.
    /// @param limits As they stand.
    /// @param key Whose they are.
    /// @param instrument What is filled.
    /// @param step The fill.
    /// @param spot The mark, in ticks.
    /// @param time Now, in seconds.
    function charged(
        Delegate memory limits,
        address key,
        uint16 instrument,
        Step memory step,
        uint64 spot,
        uint256 time
    ) internal pure returns (uint64 lossOfDay, uint24 day) {
        require(allows(limits, instrument), InstrumentNotAllowed(key, instrument));
        uint256 notional = step.shrinks ? 0 : SignedMath.abs(step.held + step.moved) * spot;
        require(notional <= limits.notionalLimit, DelegateNotionalExceeded(key, notional, limits.notionalLimit));

        (lossOfDay, day) = (limits.lossOfDay, limits.day);
        int256 loss = step.moved * (int256(uint256(step.price)) - int256(uint256(spot)));
        if (loss <= 0) return (lossOfDay, day);
        // The cast is safe: 24 bits of days last 45,000 years.
        uint24 today = uint24(time / 1 days);
        if (day != today) (day, lossOfDay) = (today, 0);
        // The account may have lowered the budget below what was lost before.
        uint256 left = limits.dailyLossBudget > lossOfDay ? limits.dailyLossBudget - lossOfDay : 0;
        require(uint256(loss) <= left, DelegateLossExceeded(key, uint256(loss), left));
        // The cast is safe: above zero, and at most the rest of 64 bits.
        lossOfDay += uint64(uint256(loss));
    }
}
