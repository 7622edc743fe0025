// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccountBook, Book, Standing} from "contracts/libraries/AccountBook.sol";
import {Coverage} from "contracts/libraries/DeficitRate.sol";
import {SliceMath} from "contracts/libraries/SliceMath.sol";
import {Health} from "contracts/types/Health.sol";
import {Order, hashOrder} from "contracts/types/Order.sol";
import {LiquidationOrder, hashLiquidationOrder} from "contracts/types/LiquidationOrder.sol";
import {Table} from "contracts/types/Table.sol";

/// @notice An account to be counted, sliced and traded with.
struct Question {
    Book book;
    Table[] tables;
    uint256 elapsed;
    uint256 part;
    uint16 instrument;
    int64 lots;
    uint64 price;
}

/// @notice What the libraries of the contracts answer.
struct Answer {
    Standing standing;
    uint256 rate;
    uint256 fraction;
    uint256 penalty;
    uint256 insuranceShare;
    int256[] moved;
    bool small;
    bool belowMargin;
    bool belowHard;
    bool atMargin;
    bool atTarget;
    int256 realised;
    Book traded;
}

/// @notice The contracts' own arithmetic with nothing around it, many accounts a call.
contract AccountMath {
    function ask(Question[] memory questions) external pure returns (Answer[] memory answers) {
        answers = new Answer[](questions.length);
        for (uint256 i = 0; i < questions.length; ++i) {
            _answer(questions[i], answers[i]);
        }
    }

    /// @notice What each amount pays where that is held and that is lacking, and the most that could be given up.
    function payouts(Coverage[] calldata all, uint256[] calldata amounts)
        external
        pure
        returns (uint256[] memory most, uint256[] memory paid)
    {
        (most, paid) = (new uint256[](all.length), new uint256[](all.length));
        for (uint256 i = 0; i < all.length; ++i) {
            (most[i], paid[i]) = (all[i].most(), all[i].payout(amounts[i]));
        }
    }

    function hashes(Order calldata order, LiquidationOrder calldata liquidation)
        external
        pure
        returns (bytes32, bytes32)
    {
        return (hashOrder(order), hashLiquidationOrder(liquidation));
    }

    function _answer(Question memory question, Answer memory answer) private pure {
        Book memory book = question.book;
        answer.standing = book.standing(question.tables);
        Health memory health = _health(answer.standing);
        answer.rate = SliceMath.penaltyRate(question.elapsed);
        answer.small = SliceMath.isSmall(health);
        answer.belowMargin = SliceMath.belowMargin(health);
        answer.belowHard = SliceMath.belowHard(health);
        answer.atMargin = SliceMath.atMargin(health);
        answer.atTarget = SliceMath.atTarget(health);
        answer.fraction = SliceMath.fraction(health, answer.rate);
        answer.penalty = SliceMath.penalty(health, answer.rate, question.part);
        answer.insuranceShare = SliceMath.insuranceShare(answer.penalty);
        answer.moved = new int256[](book.count);
        for (uint256 i = 0; i < book.count; ++i) {
            answer.moved[i] = AccountBook.portion(book.positions[i].lots, question.part);
        }
        answer.realised = book.trade(question.instrument, question.lots, question.price);
        answer.traded = book;
    }

    function _health(Standing memory standing) private pure returns (Health memory) {
        return Health({
            equitySpot: standing.spot.equity,
            maintenanceSpot: standing.spot.maintenance,
            hardSpot: standing.spot.hard,
            equityTwap: standing.twap.equity,
            maintenanceTwap: standing.twap.maintenance,
            hardTwap: standing.twap.hard,
            notional: standing.spot.notional,
            flaggedAt: 0
        });
    }
}
