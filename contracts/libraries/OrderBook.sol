// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IMarginVenue} from "../interfaces/IMarginVenue.sol";
import {Order, OrderState} from "../types/Order.sol";
import {FillRules} from "./FillRules.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SignedMath} from "@openzeppelin/contracts/utils/math/SignedMath.sol";

/// @notice What has become of orders, by their digests. Its errors and its event are the venue's.
library OrderBook {
    /* TYPES */

    struct Orders {
        mapping(bytes32 digest => OrderState state) states;
    }

    /* CONSTANTS */

    /// @dev How far ahead an order's expiry may lie.
    uint256 internal constant MAX_EXPIRY = 30 days;

    /* INTERNAL */

    /// @notice Counts lots of an order; reverts by name where its time, its lots or its account do not let it be filled.
    function count(Orders storage orders, Order calldata order, bytes32 digest, uint64 lots) internal {
        require(block.timestamp <= order.expiry, IMarginVenue.OrderExpired(order.expiry, block.timestamp));
        uint256 latest = block.timestamp + MAX_EXPIRY;
        require(order.expiry <= latest, IMarginVenue.ExpiryTooFar(order.expiry, latest));

        OrderState memory state = orders.states[digest];
        require(!state.cancelled, IMarginVenue.OrderCancelled(digest));
        // The cast is safe: the magnitude of 64 bits; what was filled of it is at most as much.
        uint64 left = uint64(SignedMath.abs(order.lots)) - state.filled;
        require(lots <= left, IMarginVenue.BeyondOrder(digest, lots, left));
        uint256 least = Math.min(order.minFill, left);
        require(lots >= least, IMarginVenue.BelowMinFill(digest, lots, order.minFill));
        orders.states[digest].filled = state.filled + lots;
    }

    /// @notice Says that two orders were filled with each other, at the maker's price.
    function announce(Order calldata maker, bytes32 makerDigest, Order calldata taker, bytes32 takerDigest, uint64 lots)
        internal
    {
        (uint16 instrument, uint64 price, int256 bought) =
            (maker.instrument, maker.limitPrice, FillRules.signed(taker, lots));
        emit IMarginVenue.Filled(makerDigest, takerDigest, instrument, maker.account, taker.account, bought, price);
    }
}
