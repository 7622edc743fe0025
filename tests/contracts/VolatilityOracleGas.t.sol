// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {GasFixture} from "./GasFixture.sol";
import {vm} from "./Vm.sol";
import {VolatilityOracleFixture} from "./VolatilityOracleFixture.sol";

/// @dev Runs each test as transactions of their own, with cold storage. Figures are of the whole
/// transaction, the 21,000 and the calldata included; the feed is the devnet's.
/// forge-config: default.isolate = true
contract GivenAnOracleInUse is VolatilityOracleFixture, GasFixture {
    /// @dev A little above what was measured: a change that costs more must say so here.
    uint256 private constant MOST_SAME_HOUR_GAS = 74_000;
    uint256 private constant MOST_NEW_HOUR_GAS = 85_000;
    uint256 private constant MOST_NEW_DAY_GAS = 92_000;
    uint256 private constant MOST_ROUND_OF_MANY_GAS = 25_500;
    uint256 private constant MOST_NOTHING_GAS = 34_000;
    uint256 private constant MOST_READING_GAS = 27_000;
    uint256 private constant MOST_REGIME_GAS = 6000;

    function setUp() public override {
        super.setUp();
        tell(PRICE + 10e8, 3 hours);
    }

    function test_WhenOneRoundOfANewHourIsPoked_ThenCostsAreBounded() external {
        push(PRICE + 25e8, block.timestamp + 1 hours);
        oracle.poke(1);
        vm.assertLe(report("poke, one round, a new hour"), MOST_NEW_HOUR_GAS, "a new hour");
    }

    function test_WhenOneRoundOfTheSameHourIsPoked_ThenCostsAreBounded() external {
        push(PRICE + 25e8, block.timestamp + 10 minutes);
        oracle.poke(1);
        vm.assertLe(report("poke, one round, the same hour"), MOST_SAME_HOUR_GAS, "the same hour");
    }

    function test_WhenOneRoundAfterADayIsPoked_ThenCostsAreBounded() external {
        push(PRICE + 25e8, block.timestamp + 30 hours);
        oracle.poke(1);
        vm.assertLe(report("poke, one round, a day later"), MOST_NEW_DAY_GAS, "a day");
    }

    function test_When64RoundsArePoked_ThenCostsAreBounded() external {
        for (uint256 i = 0; i < 64; ++i) {
            push(PRICE + int256(i % 2) * 15e8, block.timestamp + 700);
        }
        oracle.poke(64);
        vm.assertLe(report("poke, 64 rounds"), 64 * MOST_ROUND_OF_MANY_GAS, "64 rounds");
    }

    function test_WhenNothingIsPending_ThenCostsAreBounded() external {
        oracle.poke(64);
        vm.assertLe(report("poke, nothing pending"), MOST_NOTHING_GAS, "nothing");
    }

    function test_WhenEveryRateOfTheDayIsTheSame_ThenTheRingIsNotTouched() external {
        for (uint256 i = 0; i < 800; ++i) {
            tell(PRICE, 1 days);
        }
        push(PRICE, block.timestamp + 1 hours);
        oracle.poke(1);
        vm.assertLe(report("poke, one round, a new hour of a long calm"), MOST_SAME_HOUR_GAS, "calm");
    }

    function test_WhenRead_ThenCostsAreBounded() external {
        for (uint256 i = 0; i < 10; ++i) {
            tell(PRICE + int256(i % 2) * 15e8, 60);
        }
        oracle.reading();
        vm.assertLe(report("reading, the call alone"), MOST_READING_GAS, "reading");
        oracle.regime();
        vm.assertLe(report("regime, the call alone"), MOST_REGIME_GAS, "regime");
    }
}
