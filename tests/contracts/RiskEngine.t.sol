// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {RiskEngine} from "../../contracts/RiskEngine.sol";
import {IRiskEngine} from "../../contracts/interfaces/IRiskEngine.sol";
import {IVolatilityOracle} from "../../contracts/interfaces/IVolatilityOracle.sol";
import {Table} from "../../contracts/types/Table.sol";
import {VenueFixture} from "./VenueFixture.sol";
import {vm, within} from "./Vm.sol";

contract GivenAReading is VenueFixture {
    function test_WhenTheInstrumentIsUnknown_ThenRevertsUnknownInstrument() external {
        expectRevert(abi.encodeWithSelector(IRiskEngine.UnknownInstrument.selector, uint16(1)));
        risk.table(1);
    }

    function test_WhenBuiltWithoutAnOracle_ThenRevertsNotAContract() external {
        expectRevert(abi.encodeWithSelector(IRiskEngine.NotAContract.selector, ANYONE));
        new RiskEngine(IVolatilityOracle(ANYONE));
    }

    /// @custom:invariant INV-RISK-1
    function testFuzz_WhenTheTableIsRead_ThenEveryMarginIsRoundedUp(
        uint64 spot,
        uint64 twap,
        uint256 u,
        uint256 hard,
        uint256 initial
    ) external {
        IVolatilityOracle.Reading memory reading;
        (reading.spot, reading.twap, reading.stale, reading.epochId) = (spot, twap, spot % 2 == 0, 7);
        reading.u = uint32(within(u, 50_000, 500_000));
        reading.uHard = uint32(within(hard, 50_000, 500_000));
        reading.uInitial = uint32(within(initial, 50_000, 500_000));
        settable.set(reading);

        Table memory table = risk.table(0);
        vm.assertEq(table.spot, spot, "spot");
        vm.assertEq(table.twap, twap, "twap");
        _isUp(table.mmSpot, uint256(spot) * reading.u, 1e6);
        _isUp(table.mmTwap, uint256(twap) * reading.u, 1e6);
        _isUp(table.mmHardSpot, uint256(spot) * reading.uHard, 1e6);
        _isUp(table.mmHardTwap, uint256(twap) * reading.uHard, 1e6);
        _isUp(table.imSpot, 3 * uint256(spot) * reading.uInitial, 2e6);
        _isUp(table.imTwap, 3 * uint256(twap) * reading.uInitial, 2e6);
        vm.assertEq(table.u, reading.u, "u");
        vm.assertEq(table.stale, reading.stale, "stale");
        vm.assertEq(table.epochId, 7, "epochId");
        vm.assertEq(keccak256(abi.encode(risk.tables()[0])), keccak256(abi.encode(table)), "tables");
    }

    function _isUp(uint256 given, uint256 dividend, uint256 divisor) private pure {
        vm.assertGe(given * divisor, dividend, "not below");
        vm.assertTrue(given == 0 || (given - 1) * divisor < dividend, "no more than needed");
    }
}
