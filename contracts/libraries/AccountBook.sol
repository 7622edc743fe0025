// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Health} from "../types/Health.sol";
import {Position} from "../types/Position.sol";
import {Table} from "../types/Table.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {SignedMath} from "@openzeppelin/contracts/utils/math/SignedMath.sol";

/// @notice An account in memory: what a fill or a slice would make of it is known before anything is stored.
/// @param cash Margin cash, in µUSDC.
/// @param count How many of `positions` are in use.
/// @param positions With room for what may be added.
struct Book {
    int256 cash;
    uint256 count;
    Position[] positions;
}

/// @notice An account's numbers at one price, in µUSDC (MARGIN §4).
/// @param equity C = E: cash and Σ(lots * price - cost).
/// @param cautious C without unrealised gains: cash and the losing positions only.
/// @param maintenance R = M: Σ|lots| * mm.
/// @param hard Σ|lots| * mm at the hard rate.
/// @param initial R_IM: Σ|lots| * im, at least LEAST_INITIAL while a position is open.
/// @param notional Σ|lots| * price.
struct Numbers {
    int256 equity;
    int256 cautious;
    uint256 maintenance;
    uint256 hard;
    uint256 initial;
    uint256 notional;
}

/// @notice An account's numbers at both prices.
struct Standing {
    Numbers spot;
    Numbers twap;
}

using AccountBook for Book global;

/// @notice The arithmetic of accounts. Knows no storage, no oracle and no rule of when what is allowed.
/// @dev Tables come by instrument number: `tables[i]` is that of instrument i.
/// @custom:invariant INV-VENUE-1 A trade changes equity by lots * (mark - price) exactly, whatever it realises:
/// cash' - cost' == cash - cost - lots * price.
library AccountBook {
    using SafeCast for int256;

    /* CONSTANTS */

    /// @dev Least initial margin of an account with a position, in µUSDC: $500.
    uint256 internal constant LEAST_INITIAL = 500e6;

    /* INTERNAL */

    /// @notice The account's numbers at both prices.
    function standing(Book memory book, Table[] memory tables) internal pure returns (Standing memory result) {
        Numbers memory spot = result.spot;
        Numbers memory twap = result.twap;
        (spot.equity, spot.cautious, twap.equity, twap.cautious) = (book.cash, book.cash, book.cash, book.cash);
        for (uint256 i = 0; i < book.count; ++i) {
            Position memory position = book.positions[i];
            Table memory table = tables[position.instrument];
            _count(spot, position, table.spot, table.mmSpot, table.mmHardSpot, table.imSpot);
            _count(twap, position, table.twap, table.mmTwap, table.mmHardTwap, table.imTwap);
        }
        if (book.count != 0) {
            spot.initial = Math.max(spot.initial, LEAST_INITIAL);
            twap.initial = Math.max(twap.initial, LEAST_INITIAL);
        }
    }

    /// @notice The same as the liquidation reads it.
    function health(Book memory book, Table[] memory tables, uint40 flaggedAt) internal pure returns (Health memory) {
        Standing memory found = standing(book, tables);
        return Health({
            equitySpot: found.spot.equity,
            maintenanceSpot: found.spot.maintenance,
            hardSpot: found.spot.hard,
            equityTwap: found.twap.equity,
            maintenanceTwap: found.twap.maintenance,
            hardTwap: found.twap.hard,
            notional: found.spot.notional,
            flaggedAt: flaggedAt
        });
    }

    /// @notice What the account holds of an instrument; no lots where it holds none.
    function positionOf(Book memory book, uint16 instrument) internal pure returns (Position memory position) {
        uint256 index = _find(book, instrument);
        if (index < book.count) return book.positions[index];
        position.instrument = instrument;
    }

    /// @notice Buys `lots` at `price`, or sells where they are below zero. What closes is realised into cash, and its
    /// cost leaves pro rata, rounded up: the gain rounds down, the loss up.
    /// @param lots Not zero. `positions` must have room for one more.
    /// @param price In ticks.
    /// @return realised What cash gained, in µUSDC; the other side of it is the pool's.
    function trade(Book memory book, uint16 instrument, int256 lots, uint64 price)
        internal
        pure
        returns (int256 realised)
    {
        uint256 index = _find(book, instrument);
        if (index == book.count) {
            book.positions[index] = Position({instrument: instrument, lots: 0, cost: 0});
            book.count += 1;
        }
        Position memory position = book.positions[index];
        int256 held = position.lots;
        int256 cost = position.cost;
        int256 ticks = int256(uint256(price));

        if ((held > 0 && lots < 0) || (held < 0 && lots > 0)) {
            // Both are magnitudes of 64 bits.
            int256 size = int256(SignedMath.abs(held));
            int256 closing = SignedMath.min(size, int256(SignedMath.abs(lots)));
            int256 closed = held > 0 ? closing : -closing;
            realised = closed * ticks - _divideUp(cost * closing, size);
        }
        cost += lots * ticks + realised;
        held += lots;
        book.cash += realised;

        if (held == 0) {
            book.count -= 1;
            book.positions[index] = book.positions[book.count];
        } else {
            (position.lots, position.cost) = (held.toInt64(), cost.toInt128());
        }
    }

    /// @notice Moves `ppm` of every position, rounded up to lots, from one account to another, at spot.
    /// @param taker With room for the giver's positions.
    /// @return instruments Those whose positions changed.
    function splitInto(Book memory giver, Book memory taker, uint256 ppm, Table[] memory tables)
        internal
        pure
        returns (uint16[] memory instruments)
    {
        uint256 count = giver.count;
        instruments = new uint16[](count);
        // Backwards: where a position goes whole, the last one, which has been seen, takes its place.
        for (uint256 left = count; left != 0; --left) {
            Position memory held = giver.positions[left - 1];
            uint16 instrument = held.instrument;
            int256 part = portion(held.lots, ppm);
            instruments[left - 1] = instrument;
            trade(giver, instrument, -part, tables[instrument].spot);
            trade(taker, instrument, part, tables[instrument].spot);
        }
    }

    /// @notice How many lots of a position `ppm` of it are, rounded up, with the position's sign.
    function portion(int64 lots, uint256 ppm) internal pure returns (int256) {
        // The cast is safe: at most the magnitude of 64 bits, as ppm is at most a million.
        int256 part = int256(Math.ceilDiv(SignedMath.abs(lots) * ppm, 1_000_000));
        return lots > 0 ? part : -part;
    }

    /* PRIVATE */

    function _count(
        Numbers memory numbers,
        Position memory position,
        uint64 price,
        uint64 maintenance,
        uint64 hard,
        uint64 initial
    ) private pure {
        uint256 size = SignedMath.abs(position.lots);
        int256 gain = int256(position.lots) * int256(uint256(price)) - position.cost;
        numbers.equity += gain;
        if (gain < 0) numbers.cautious += gain;
        numbers.maintenance += size * maintenance;
        numbers.hard += size * hard;
        numbers.initial += size * initial;
        numbers.notional += size * price;
    }

    /// @dev Its index, or `count` where there is none.
    function _find(Book memory book, uint16 instrument) private pure returns (uint256 index) {
        while (index < book.count && book.positions[index].instrument != instrument) ++index;
    }

    /// @dev Towards +infinity; division itself goes towards zero.
    function _divideUp(int256 dividend, int256 positiveDivisor) private pure returns (int256) {
        return dividend > 0 ? (dividend - 1) / positiveDivisor + 1 : dividend / positiveDivisor;
    }
}
