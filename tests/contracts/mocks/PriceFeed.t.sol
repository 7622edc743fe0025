// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Devnet} from "../../../contracts/mocks/Devnet.sol";
import {PriceFeed} from "../../../contracts/mocks/PriceFeed.sol";
import {vm} from "../Vm.sol";

contract GivenAPriceFeed {
    uint256 private constant START = 1_800_000_000;
    uint80 private constant PHASE = 1 << 64;
    address private constant ANYONE = address(0xBEEF);

    PriceFeed private feed;

    function setUp() external {
        vm.warp(START);
        feed = new PriceFeed();
    }

    function testFuzz_WhenDeployedElsewhere_ThenRefused(uint64 chain) external {
        vm.assume(chain != 31337 && chain != 0);
        vm.chainId(chain);
        vm.expectRevert(abi.encodeWithSelector(Devnet.NotADevnet.selector, chain, 31337));
        new PriceFeed();
    }

    function test_WhenRoundsArePushed_ThenTheyAreNumberedWithinThePhase() external {
        vm.expectEmit();
        emit PriceFeed.AnswerUpdated(100, PHASE | 1, START - 1);
        vm.expectEmit();
        emit PriceFeed.AnswerUpdated(-5, PHASE | 2, START);
        feed.push(_two(100, START - 1, -5, START));
        _expectRound(PHASE | 1, 100, START - 1);
        _expectRound(PHASE | 2, -5, START);
        (uint80 id, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredIn) = feed.latestRoundData();
        vm.assertEq(id, PHASE | 2, "id");
        vm.assertTrue(answer == -5, "answer");
        vm.assertEq(startedAt, START, "startedAt");
        vm.assertEq(updatedAt, START, "updatedAt");
        vm.assertEq(answeredIn, id, "answeredIn");
    }

    function test_WhenANewPhaseBegins_ThenNumbersStartOverAndOldRoundsStay() external {
        feed.push(_two(100, START - 1, 101, START));
        vm.expectEmit();
        emit PriceFeed.PhaseBegun(2);
        feed.newPhase();
        vm.expectRevert(abi.encodeWithSelector(PriceFeed.NoDataPresent.selector, 2 * PHASE));
        feed.latestRoundData();
        feed.push(_two(102, START, 103, START));
        _expectRound(PHASE | 2, 101, START);
        _expectRound(2 * PHASE | 2, 103, START);
    }

    function test_WhenThereIsNoSuchRound_ThenRevertsNoDataPresent() external {
        vm.expectRevert(abi.encodeWithSelector(PriceFeed.NoDataPresent.selector, PHASE));
        feed.latestRoundData();
        vm.expectRevert(abi.encodeWithSelector(PriceFeed.NoDataPresent.selector, 7));
        feed.getRoundData(7);
    }

    function test_WhenATimeFalls_ThenRevertsEarlierThanLast() external {
        vm.expectRevert(abi.encodeWithSelector(PriceFeed.EarlierThanLast.selector, START - 1, START));
        feed.push(_two(1, START, 1, START - 1));
        feed.push(_two(1, START, 1, START));
        feed.newPhase();
        vm.expectRevert(abi.encodeWithSelector(PriceFeed.EarlierThanLast.selector, START - 1, START));
        feed.push(_two(1, START - 1, 1, START));
    }

    function test_WhenATimeHasNotCome_ThenRevertsInTheFuture() external {
        vm.expectRevert(abi.encodeWithSelector(PriceFeed.InTheFuture.selector, START + 1, START));
        feed.push(_two(1, START, 1, START + 1));
    }

    function test_WhenAnAnswerPasses192Bits_ThenRevertsAnswerOutOfRange() external {
        int256 tooMuch = int256(type(int192).max) + 1;
        vm.expectRevert(abi.encodeWithSelector(PriceFeed.AnswerOutOfRange.selector, tooMuch));
        feed.push(_two(1, START, tooMuch, START));
        feed.push(_two(type(int192).min, START, type(int192).max, START));
    }

    function test_WhenAnotherPushesOrBeginsAPhase_ThenRevertsNotDeployer() external {
        bytes memory reason = abi.encodeWithSelector(PriceFeed.NotDeployer.selector, ANYONE, address(this));
        vm.expectRevert(reason);
        vm.prank(ANYONE);
        feed.push(_two(1, START, 1, START));
        vm.expectRevert(reason);
        vm.prank(ANYONE);
        feed.newPhase();
        vm.assertEq(feed.deployer(), address(this), "deployer");
    }

    function test_WhenAskedWhatItIs_ThenEightDecimals() external view {
        vm.assertEq(feed.decimals(), 8, "decimals");
        vm.assertEq(feed.version(), 1, "version");
        vm.assertTrue(bytes(feed.description()).length != 0, "description");
    }

    function _two(int256 first, uint256 firstAt, int256 second, uint256 secondAt)
        private
        pure
        returns (PriceFeed.Round[] memory rounds)
    {
        rounds = new PriceFeed.Round[](2);
        // The casts are safe: times of tests fit 40 bits.
        rounds[0] = PriceFeed.Round({answer: first, updatedAt: uint40(firstAt)});
        rounds[1] = PriceFeed.Round({answer: second, updatedAt: uint40(secondAt)});
    }

    function _expectRound(uint80 id, int256 answer, uint256 updatedAt) private view {
        (uint80 givenId, int256 given,, uint256 givenAt,) = feed.getRoundData(id);
        vm.assertEq(givenId, id, "id");
        vm.assertTrue(given == answer, "answer");
        vm.assertEq(givenAt, updatedAt, "updatedAt");
    }
}
