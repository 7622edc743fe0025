// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Order} from "../types/Order.sol";
import {Step} from "../types/Step.sol";
import {Table} from "../types/Table.sol";
import {Book, Numbers, Standing} from "./AccountBook.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SignedMath} from "@openzeppelin/contracts/utils/math/SignedMath.sol";

/// @notice Which orders fit together, at what price, and how an account must stand afterwards (MARGIN §4).
/// @dev Knows numbers only: no storage, no signature and no flag.
library FillRules {
    /* CONSTANTS */

    /// @dev How many positions an account may have.
    uint256 internal constant MAX_POSITIONS = 32;

    /// @dev Greatest size of an account's positions after one became larger, in µUSDC: $1bn.
    uint256 internal constant MAX_NOTIONAL = 1e15;

    /// @dev The band of fills is half of u, which is in parts per million.
    uint256 private constant BAND_DIVISOR = 2_000_000;

    /* ERRORS */

    /// @notice The orders are of different instruments.
    error InstrumentMismatch(uint16 maker, uint16 taker);

    /// @notice Both orders buy, or both sell.
    error SameDirection();

    /// @notice Both orders are of one account.
    error SelfTrade(address account);

    /// @notice A fill, or an order, of nothing.
    error ZeroLots();

    /// @notice The taker's order does not go that far.
    error PriceBeyondLimit(uint64 price, uint64 limit);

    /// @notice The price is too far from the mark.
    error PriceOutsideBand(uint64 price, uint64 low, uint64 high);

    /// @notice The account would have less than its initial margin, at spot or at the average.
    error InsufficientMargin(address account, int256 equity, uint256 required);

    /// @notice The position becomes smaller, and what is left of the account less healthy.
    error WorsensHealth(address account);

    /// @notice The account's positions would be larger than the venue can count.
    error NotionalTooLarge(address account, uint256 notional, uint256 most);

    /* INTERNAL: ORDERS */

    /// @notice Reverts by name unless the two orders can be filled with each other, at the maker's price.
    function requireMatch(Order calldata maker, Order calldata taker, uint64 lots) internal pure {
        require(maker.instrument == taker.instrument, InstrumentMismatch(maker.instrument, taker.instrument));
        require(maker.account != taker.account, SelfTrade(maker.account));
        require(lots != 0 && maker.lots != 0 && taker.lots != 0, ZeroLots());
        require((maker.lots > 0) != (taker.lots > 0), SameDirection());
        uint64 price = maker.limitPrice;
        bool within = taker.lots > 0 ? price <= taker.limitPrice : price >= taker.limitPrice;
        require(within, PriceBeyondLimit(price, taker.limitPrice));
    }

    /// @notice Reverts by name unless |price - spot| <= spot * u / 2.
    function requireInBand(uint64 price, Table memory table) internal pure {
        // The cast is safe: u is at most a half, so that this is at most a quarter of the price.
        uint64 half = uint64(uint256(table.spot) * table.u / BAND_DIVISOR);
        (uint64 low, uint64 high) = (table.spot - half, table.spot + half);
        require(price >= low && price <= high, PriceOutsideBand(price, low, high));
    }

    /// @notice The lots with the order's sign.
    function signed(Order calldata order, uint64 lots) internal pure returns (int256) {
        int256 size = int256(uint256(lots));
        return order.lots > 0 ? size : -size;
    }

    /// @notice What filling `lots` of the order would do to an account's position.
    function stepOf(Order calldata order, Book memory book, uint64 lots, uint64 price)
        internal
        pure
        returns (Step memory)
    {
        int256 held = book.positionOf(order.instrument).lots;
        int256 moved = signed(order, lots);
        bool shrinks = (held > 0) == (moved < 0) && SignedMath.abs(moved) <= SignedMath.abs(held);
        return Step({held: held, moved: moved, price: price, shrinks: shrinks});
    }

    /* INTERNAL: HEALTH */

    /// @notice Reverts by name unless an account whose position became larger has its initial margin.
    function requireInitial(address account, Standing memory then) internal pure {
        uint256 notional = _notional(then);
        require(notional <= MAX_NOTIONAL, NotionalTooLarge(account, notional, MAX_NOTIONAL));
        require(_meetsInitial(then.spot), InsufficientMargin(account, then.spot.equity, then.spot.initial));
        require(_meetsInitial(then.twap), InsufficientMargin(account, then.twap.equity, then.twap.initial));
    }

    /// @notice Reverts by name unless an account whose position only became smaller has its initial margin, or is no
    /// less healthy: E >= 0 before and after, E - M not falling, E'·M >= E·M', at both prices.
    function requireNoWorse(address account, Standing memory before, Standing memory then) internal pure {
        bool initial = _meetsInitial(then.spot) && _meetsInitial(then.twap);
        bool kept = _keepsHealth(before.spot, then.spot) && _keepsHealth(before.twap, then.twap);
        require(initial || kept, WorsensHealth(account));
    }

    /// @notice Whether an account may take a slice and stand like that.
    function fits(Book memory book, Table[] memory tables) internal pure returns (bool) {
        if (book.count > MAX_POSITIONS) return false;
        Standing memory then = book.standing(tables);
        return _notional(then) <= MAX_NOTIONAL && _meetsInitial(then.spot) && _meetsInitial(then.twap);
    }

    /// @notice max(0, min(cash, C⁻ - R_IM)) at the worse of both prices.
    function free(Book memory book, Table[] memory tables) internal pure returns (uint256) {
        Standing memory standing = book.standing(tables);
        // The casts are safe: sums of at most 32 products of 64 bits each, and a maximum with zero.
        int256 spot = standing.spot.cautious - int256(standing.spot.initial);
        int256 twap = standing.twap.cautious - int256(standing.twap.initial);
        return uint256(SignedMath.max(0, SignedMath.min(book.cash, SignedMath.min(spot, twap))));
    }

    /// @notice Whether the price of a position is too old.
    function anyStale(Book memory book, Table[] memory tables) internal pure returns (bool) {
        for (uint256 i = 0; i < book.count; ++i) {
            if (tables[book.positions[i].instrument].stale) return true;
        }
        return false;
    }

    /* PRIVATE */

    function _notional(Standing memory standing) private pure returns (uint256) {
        return Math.max(standing.spot.notional, standing.twap.notional);
    }

    /// @dev The cast is safe, as those below: sums of at most 32 products of 64 bits each.
    function _meetsInitial(Numbers memory then) private pure returns (bool) {
        return then.equity >= int256(then.initial);
    }

    function _keepsHealth(Numbers memory before, Numbers memory then) private pure returns (bool) {
        (int256 marginBefore, int256 marginThen) = (int256(before.maintenance), int256(then.maintenance));
        return before.equity >= 0 && then.equity >= 0 && then.equity - marginThen >= before.equity - marginBefore
            && then.equity * marginBefore >= before.equity * marginThen;
    }
}
