// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Delegate} from "../types/Delegate.sol";
import {Step} from "./FillRules.sol";
import {SignedMath} from "@openzeppelin/contracts/utils/math/SignedMath.sol";

/// @notice Holds a delegate to what its account lets it do.
library DelegateLimits {
    /* ERRORS */

    /// @notice The position would be larger than the delegate may make it.
    error DelegateNotionalExceeded(address key, uint256 notional, uint64 limit);

    /// @notice The fill loses more against the mark than the delegate may still lose today.
    error DelegateLossExceeded(address key, uint256 loss, uint256 left);

    /* INTERNAL */

    /// @notice The limits after a fill; reverts by name where it passes them. What becomes smaller has no size to
    /// limit, and a gain does not make up for a loss.
    /// @param limits As they stand.
    /// @param key Whose they are.
    /// @param step The fill.
    /// @param spot The mark, in ticks.
    /// @param time Now, in seconds.
    function charged(Delegate memory limits, address key, Step memory step, uint64 spot, uint256 time)
        internal
        pure
        returns (Delegate memory)
    {
        uint256 notional = step.shrinks ? 0 : SignedMath.abs(step.held + step.moved) * spot;
        require(notional <= limits.notionalLimit, DelegateNotionalExceeded(key, notional, limits.notionalLimit));

        int256 loss = step.moved * (int256(uint256(step.price)) - int256(uint256(spot)));
        if (loss <= 0) return limits;
        // The cast is safe: 24 bits of days last 45,000 years.
        uint24 today = uint24(time / 1 days);
        if (limits.day != today) (limits.day, limits.lossOfDay) = (today, 0);
        // What was lost never passes the budget; the casts are safe as the loss is above zero and at most the rest.
        uint256 left = limits.dailyLossBudget - limits.lossOfDay;
        require(uint256(loss) <= left, DelegateLossExceeded(key, uint256(loss), left));
        limits.lossOfDay += uint64(uint256(loss));
        return limits;
    }
}
