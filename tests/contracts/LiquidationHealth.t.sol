// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ILiquidation} from "../../contracts/interfaces/ILiquidation.sol";
import {SliceMath} from "../../contracts/libraries/SliceMath.sol";
import {Health} from "../../contracts/types/Health.sol";
import {LiquidationFixture} from "./LiquidationFixture.sol";
import {vm, within} from "./Vm.sol";

contract GivenAnyAccountBelowItsMargin is LiquidationFixture {
    /// @custom:invariant INV-LIQ-1
    function testFuzz_WhenASolventOneIsLiquidated_ThenItIsHealthyAndNoLessSoThanBefore(
        uint256 price,
        uint256 elapsed,
        uint256 lots,
        bool short
    ) external {
        uint64 size = uint64(within(lots, 170, 20_000));
        _open(size, short);
        uint64 spot = _fallen(size, short, within(price, 1, 1e6));
        setPrice(spot);
        liquidation.flag(vm.addr(77));
        skip(within(elapsed, CURE, 4_000));
        setPrice(spot);
        Health memory before = healthOf(vm.addr(77));
        liquidate(vm.addr(77));

        Health memory left = healthOf(vm.addr(77));
        vm.assertGe(left.equitySpot, 0, "not below zero");
        vm.assertGe(left.equitySpot, int256(left.maintenanceSpot), "E' >= M'");
        int256 m = int256(before.maintenanceSpot);
        vm.assertGe(left.equitySpot * m, before.equitySpot * int256(left.maintenanceSpot), "E'M >= EM'");
        if (left.notional != 0) {
            vm.assertGe(left.equitySpot, int256(SliceMath.target(left.maintenanceSpot)), "at its target");
        }
    }

    /// @custom:invariant INV-LIQ-1
    function testFuzz_WhenAPartIsTakenInTheOpenLane_ThenItIsNoLessHealthyThanBefore(
        uint256 price,
        uint256 part,
        bool short
    ) external {
        uint64 size = BITCOIN;
        _open(size, short);
        setPrice(_fallen(size, short, within(price, 1, 1e6)));
        address account = vm.addr(77);
        liquidation.flag(account);
        skip(OPEN_AFTER);
        Health memory before = healthOf(account);
        vm.prank(CAROL);
        try liquidation.take(account, uint32(within(part, 1, 1e6))) {
            Health memory left = healthOf(account);
            int256 m = int256(before.maintenanceSpot);
            vm.assertGe(left.equitySpot * m, before.equitySpot * int256(left.maintenanceSpot), "E'M >= EM'");
        } catch (bytes memory reason) {
            vm.assertTrue(bytes4(reason) == ILiquidation.FractionTooSmall.selector, "refused by name");
            vm.assertEq(lotsOf(account), short ? -10_000 : int256(10_000), "nothing moved");
        }
    }

    function _open(uint64 size, bool short) private {
        // A third of what it holds: enough to open.
        fund(vm.addr(77), uint256(size) * PRICE / 3 + 500 * USDC);
        if (short) trade(BOB_KEY, 77, size, PRICE);
        else trade(77, BOB_KEY, size, PRICE);
    }

    /// @dev A price between where it falls below its margin and where it has nothing left, `ppm` of the way.
    function _fallen(uint64 size, bool short, uint256 ppm) private pure returns (uint64) {
        uint256 cash = uint256(size) * PRICE / 3 + 500 * USDC;
        uint256 cost = uint256(size) * PRICE;
        // E = cash ± (size·P - cost) is M = size·P/10, or zero.
        if (short) {
            uint256 margin = (cash + cost) * 10 / 11 / size + 1;
            uint256 nothing = (cash + cost) / size - 1;
            return uint64(margin + (nothing - margin) * ppm / 1e6);
        }
        uint256 top = (cost - cash) * 10 / 9 / size - 1;
        uint256 bottom = (cost - cash) / size + 2;
        return uint64(top - (top - bottom) * ppm / 1e6);
    }
}
