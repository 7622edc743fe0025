// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Devnet} from "../../../contracts/mocks/Devnet.sol";
import {DevnetRegimeOracle} from "../../../contracts/mocks/DevnetRegimeOracle.sol";
import {DevnetUSDC} from "../../../contracts/mocks/DevnetUSDC.sol";
import {Regime} from "../../../contracts/types/Regime.sol";
import {vm} from "../Vm.sol";

contract GivenContractsForADevnet {
    uint256 private constant DEVNET = 31337;
    address private constant ANYONE = address(0xBEEF);

    function testFuzz_WhenDeployedElsewhere_ThenRefused(uint64 chain) external {
        vm.assume(chain != DEVNET && chain != 0);
        vm.chainId(chain);
        vm.expectRevert(abi.encodeWithSelector(Devnet.NotADevnet.selector, chain, DEVNET));
        new DevnetUSDC();
        vm.expectRevert(abi.encodeWithSelector(Devnet.NotADevnet.selector, chain, DEVNET));
        new DevnetRegimeOracle();
    }

    function test_WhenAnyoneMints_ThenTheyHaveSixDecimalsOfIt() external {
        DevnetUSDC usdc = new DevnetUSDC();
        vm.prank(ANYONE);
        usdc.mint(ANYONE, 1e6);
        vm.assertEq(usdc.balanceOf(ANYONE), 1e6, "balance");
        vm.assertEq(usdc.decimals(), 6, "decimals");
    }

    function test_WhenAnotherSetsTheRegime_ThenRevertsNotDeployer() external {
        DevnetRegimeOracle oracle = new DevnetRegimeOracle();
        vm.expectRevert(abi.encodeWithSelector(DevnetRegimeOracle.NotDeployer.selector, ANYONE, address(this)));
        vm.prank(ANYONE);
        oracle.set(Regime.STRESSED, false);
        vm.assertEq(oracle.deployer(), address(this), "deployer");
    }

    function test_WhenItsDeployerSetsTheRegime_ThenItAnswersThat() external {
        DevnetRegimeOracle oracle = new DevnetRegimeOracle();
        vm.expectEmit(true, true, true, true, address(oracle));
        emit DevnetRegimeOracle.RegimeSet(Regime.ELEVATED, true);
        oracle.set(Regime.ELEVATED, true);
        (Regime regime, bool stale) = oracle.regime();
        vm.assertEq(uint256(regime), uint256(Regime.ELEVATED), "regime");
        vm.assertTrue(stale, "stale");
    }
}
