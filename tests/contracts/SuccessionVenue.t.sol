// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IMarginVenue} from "../../contracts/interfaces/IMarginVenue.sol";
import {ReleaseId} from "../../contracts/types/Release.sol";
import {SuccessionFixture} from "./SuccessionFixture.sol";
import {vm} from "./Vm.sol";

/// @notice Alice is long a bitcoin, Bob short, and the next deployment is named.
contract GivenASuccessorIsNamed is SuccessionFixture {
    bytes32 private _before;

    function setUp() public override {
        super.setUp();
        _before = _money();
        nameNext();
    }

    /// @custom:invariant INV-VENUE-13
    function test_WhenNamed_ThenNoCollateralMoved() external view {
        vm.assertEq(_money(), _before, "money");
    }

    /// @custom:invariant INV-VENUE-13
    function test_WhenAnyoneOpensOrEnlargesOrTurns_ThenRevertsSuccessorNamed() external {
        bytes memory reason = abi.encodeWithSelector(IMarginVenue.SuccessorNamed.selector, NEXT);
        refuse(reason, CAROL_KEY, FIRST_KEY, 1, PRICE);
        refuse(reason, ALICE_KEY, BOB_KEY, 1, PRICE);
        refuse(reason, BOB_KEY, ALICE_KEY, BITCOIN + 1, PRICE);
        // One that becomes smaller finds nobody who would have to open for it.
        refuse(reason, CAROL_KEY, ALICE_KEY, 1, PRICE);
    }

    /// @custom:invariant INV-VENUE-13
    function test_WhenReducedAndClosedAndWithdrawnAndReleased_ThenTheOwnerIsPaid() external {
        trade(BOB_KEY, ALICE_KEY, BITCOIN / 2, PRICE);
        fund(ALICE, USDC);
        trade(BOB_KEY, ALICE_KEY, BITCOIN / 2, PRICE);
        vm.assertEq(lotsOf(ALICE), 0, "closed");
        vm.prank(ALICE);
        venue.withdraw(MARGIN + USDC);
        vm.prank(ALICE);
        ReleaseId id = vault.requestRelease(MARGIN + USDC);
        skip(14 days);
        vault.execute(id);
        vm.assertEq(usdc.balanceOf(ALICE), MARGIN + USDC, "paid");
    }

    /// @custom:invariant INV-VENUE-13
    function test_WhenSomeoneFallsBelow_ThenBothLanesGoOn() external {
        setPrice(HARD);
        vm.prank(CAROL);
        liquidation.take(ALICE, 100_000);
        vm.assertEq(lotsOf(CAROL), int256(uint256(BITCOIN / 10)), "the open lane");
        liquidate(ALICE);
        vm.assertTrue(isHealthy(ALICE), "the custodians' lane");
        vm.assertTrue(lotsOf(FIRST) > 0, "a backstop took it");
    }

    function _money() private view returns (bytes32) {
        int256[4] memory cash = [cashOf(ALICE), cashOf(BOB), cashOf(CAROL), cashOf(FIRST)];
        return keccak256(abi.encode(cash, vault.idleTotal(), vault.marginTotal(), usdc.balanceOf(address(vault))));
    }
}
