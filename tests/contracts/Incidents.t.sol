// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ThresholdAuthority} from "../../contracts/ThresholdAuthority.sol";
import {IAuthority} from "../../contracts/interfaces/IAuthority.sol";
import {ICollateralVault} from "../../contracts/interfaces/ICollateralVault.sol";
import {IDelegations} from "../../contracts/interfaces/IDelegations.sol";
import {IMarginVenue} from "../../contracts/interfaces/IMarginVenue.sol";
import {AcceptanceBook} from "../../contracts/libraries/AcceptanceBook.sol";
import {GroupKeys} from "../../contracts/libraries/GroupKeys.sol";
import {MemberSets} from "../../contracts/libraries/MemberSets.sol";
import {RotationBook} from "../../contracts/libraries/RotationBook.sol";
import {ActionClass} from "../../contracts/types/ActionClass.sol";
import {EpochRotation} from "../../contracts/types/EpochRotation.sol";
import {Expedite} from "../../contracts/types/Expedite.sol";
import {GroupKey} from "../../contracts/types/GroupKey.sol";
import {OperationState} from "../../contracts/types/Operation.sol";
import {Order} from "../../contracts/types/Order.sol";
import {Release, ReleaseId} from "../../contracts/types/Release.sol";
import {Successor} from "../../contracts/types/Successor.sol";
import {GroupSigner} from "./GroupSigner.sol";
import {OpcodeWalk} from "./OpcodeWalk.sol";
import {SuccessionFixture} from "./SuccessionFixture.sol";
import {TestMember, TestMembers} from "./TestMembers.sol";
import {vm} from "./Vm.sol";

/// @notice Attacks that happened elsewhere, made on the whole system, and where they end. Those on the people's
/// authority are in MultisigIncidents; docs/INCIDENTS.md lists all.
contract GivenAThiefWithWhatOthersLost is SuccessionFixture {
    address private constant THIEF = address(0x7417EF);
    uint256 private constant HELD = 1_000_000 * USDC;

    /// @dev What Bob has in margin, and all that the vault holds, before the thief comes.
    int256 private _bobs;
    uint256 private _held;

    function setUp() public override {
        super.setUp();
        deposit(ALICE, HELD);
        fund(BOB, 100_000 * USDC);
        // What has stood for a day counts as the vault's size.
        skip(2 days);
        setPrice(PRICE);
        (_bobs, _held) = (cashOf(BOB), vault.recorded());
    }

    /// @dev 2017: anyone could call the initialiser again, and owned the wallet.
    function test_ParityI_WhenAnyContractIsInitialisedAgain_ThenThereIsNothingToCall() external {
        address[7] memory parts = _parts();
        bytes[6] memory tries = [
            abi.encodeWithSignature("initialize(address)", THIEF),
            abi.encodeWithSignature("initWallet(address[],uint256,uint256)", new address[](1), 1, 0),
            abi.encodeWithSignature("setup(address)", THIEF),
            abi.encodeWithSignature("transferOwnership(address)", THIEF),
            abi.encodeWithSignature("upgradeToAndCall(address,bytes)", THIEF, ""),
            abi.encodeWithSignature("grantRole(bytes32,address)", bytes32(0), THIEF)
        ];
        for (uint256 i = 0; i < parts.length; ++i) {
            for (uint256 j = 0; j < tries.length; ++j) {
                vm.prank(j % 2 == 0 ? THIEF : address(this));
                (bool success,) = parts[i].call(tries[j]);
                vm.assertTrue(!success, "there is no such function, for anyone nor for the deployer");
            }
        }
        _nothingMoved();
    }

    /// @dev 2017: wallets ran a library's code by delegatecall, and somebody killed the library.
    function test_ParityII_WhenSharedCodeIsKilled_ThenNoContractRunsAnyButItsOwn() external view {
        address[7] memory parts = _parts();
        for (uint256 i = 0; i < parts.length; ++i) {
            OpcodeWalk.requireRunsOnlyItself(parts[i].code);
        }
    }

    /// @dev 2022: a validator's right to sign was lent for a month of load, and never taken back.
    function test_Ronin_WhenADelegateWasForgotten_ThenItsTimeIsOverByItself() external {
        uint40 longest = uint40(block.timestamp + delegations.MAX_TERM());
        vm.prank(BOB);
        expectRevert(abi.encodeWithSelector(IDelegations.TermTooLong.selector, longest + 1, longest));
        delegations.setDelegate(DELEGATE, longest + 1, 1_000 * 1e6, 100 * 1e6, 1);
        vm.prank(BOB);
        delegations.setDelegate(DELEGATE, longest, 1_000 * 1e6, 100 * 1e6, 1);

        skip(delegations.MAX_TERM() + 1);
        setPrice(PRICE);
        fund(CAROL, 100_000 * USDC);
        Order memory maker = anOrder(CAROL_KEY, -1, PRICE);
        Order memory taker = anOrder(BOB_KEY, 1, PRICE);
        bytes memory makerSignature = signed(CAROL_KEY, maker);
        bytes memory stolen = signed(DELEGATE_KEY, taker);
        expectRevert(abi.encodeWithSelector(IDelegations.NotDelegate.selector, BOB, DELEGATE));
        venue.fill(maker, makerSignature, taker, stolen, 1);
    }

    /// @dev 2022: two keys of five, and transfer after transfer until nothing was left.
    function test_Harmony_WhenFewKeysSignManySmallOnes_ThenOnePercentIsAllTheyHasten() external {
        deposit(THIEF, HELD / 10);
        uint256 hastened = 0;
        for (uint256 i = 0; i < 20; ++i) {
            vm.prank(THIEF);
            ReleaseId id = vault.requestRelease(HELD / 1000);
            Expedite memory intent = _expediteOf(id, ActionClass.B, LOW);
            bytes memory proof = GroupSigner.sign(LOW_SECRET, vault.digestOf(intent));
            try vault.expedite(intent, proof) {
                hastened += HELD / 1000;
            } catch (bytes memory reason) {
                vm.assertEq(reason, abi.encodeWithSelector(IAuthority.ThresholdTooLow.selector, LOW, HIGH), "reason");
            }
        }
        vm.assertEq(usdc.balanceOf(THIEF), hastened, "paid");
        vm.assertTrue(hastened != 0 && hastened <= _held / 100, "at most a hundredth of what the vault held");
    }

    /// @dev There one key could mint, without a bound. Here nothing is credited that did not arrive, whoever asks.
    function test_Resolv_WhenOneKeyWouldCredit_ThenNobodyHoldsSuchAKey() external {
        usdc.mint(address(vault), 5_000 * USDC);
        vm.assertEq(vault.recorded(), _held, "a donation is nobody's");
        address[3] memory keys = [THIEF, address(this), GUARDIAN];
        for (uint256 i = 0; i < keys.length; ++i) {
            vm.prank(keys[i]);
            expectRevert(abi.encodeWithSelector(ICollateralVault.NotVenue.selector, keys[i], address(venue)));
            vault.marginToIdle(keys[i], 1);
            vm.prank(keys[i]);
            expectRevert(abi.encodeWithSelector(ICollateralVault.NotVenue.selector, keys[i], address(venue)));
            vault.transferMargin(BOB, keys[i], 1);
            vm.prank(keys[i]);
            expectRevert(abi.encodeWithSelector(IMarginVenue.NotLiquidation.selector, keys[i], address(liquidation)));
            venue.moveMargin(BOB, keys[i], 1);
        }
        _nothingMoved();
    }

    /// @dev There approvals signed long before, that never expired, took effect without a delay.
    function test_Drift_WhenIntentsAreSignedForLater_ThenTheyExpireAndStillWait() external {
        Successor memory intent = aSuccessor(NEXT);
        intent.deadline = type(uint64).max;
        uint256 latest = block.timestamp + AcceptanceBook.MAX_DEADLINE;
        refuseName(abi.encodeWithSelector(AcceptanceBook.DeadlineTooFar.selector, intent.deadline, latest), intent);
        intent.deadline = uint64(latest);
        bytes memory proof = signed(intent);
        skip(7 days + 1);
        expectRevert(abi.encodeWithSelector(AcceptanceBook.DeadlinePassed.selector, latest, block.timestamp));
        succession.name(intent, proof);

        intent = aSuccessor(NEXT);
        bring(intent);
        vm.assertEq(succession.successor(), address(0), "two days in which everybody can look");
    }

    /// @dev There one verifier of one attested every message.
    function test_KelpDAO_WhenOneWouldSuffice_ThenNoSuchCommitteeComesToBe() external {
        GroupKey[] memory alone = new GroupKey[](1);
        alone[0] = GroupSigner.keyOf(LOW_SECRET, 1);
        expectRevert(abi.encodeWithSelector(GroupKeys.ThresholdBelowFloor.selector, 1, 2));
        new ThresholdAuthority(alone, 1, CERTIFICATE, oracle, people);

        TestMember[] memory one = new TestMember[](1);
        one[0] = TestMembers.account(7);
        expectRevert(abi.encodeWithSelector(MemberSets.OneMemberSuffices.selector, 1, 1));
        people.requireSound(TestMembers.encode(one, 1, 1, 0));
    }

    /// @dev 2025: owners were replaced by one, with threshold 1, in a single transaction.
    function test_UXLINK_WhenCustodiansHandAllToOneKey_ThenRefusedAndWhatIsNotWaitsForAGuardian() external {
        EpochRotation memory intent = _rotationTo(0xBAD1, 1, 0xBAD1, 1);
        intent.signers = 1;
        _refuseRotation(abi.encodeWithSelector(GroupKeys.ThresholdBelowFloor.selector, 1, 2), intent, 0xBAD1, 0xBAD1);

        // A committee of five keys that all are the thief's looks like any other, to the chain. It waits.
        intent = _rotationTo(0xBAD1, LOW, 0xBAD2, HIGH);
        bytes memory proof = _propose(intent, 0xBAD1, 0xBAD2);
        bytes4 selector = RotationBook.RotationNotReady.selector;
        expectRevert(abi.encodeWithSelector(selector, authority.digestOf(intent), OperationState.Waiting));
        authority.activateRotation(intent, proof);
        vm.prank(GUARDIAN);
        authority.vetoRotation(intent);
        skip(30 days);
        vm.assertTrue(authority.stateOf(intent) == OperationState.Vetoed, "vetoed");
        vm.assertEq(authority.epoch(), 1, "epoch");
    }

    /// @dev There many keys were on one machine. Here a thief has the whole of every key that the custodians share, and
    /// signs all there is to sign against Alice. She has not asked for anything, then asks once, and leaves.
    function test_Humanity_WhenOneMachineHeldEveryKey_ThenNoIntentPaysTheThiefAndTheOwnerLeaves() external {
        _signEverythingAgainst(ALICE, ReleaseId.wrap(1));
        _nothingMoved();

        vm.prank(ALICE);
        ReleaseId id = vault.requestRelease(HELD);
        uint256 askedAt = block.timestamp;
        _signEverythingAgainst(ALICE, id);
        vm.assertEq(usdc.balanceOf(THIEF), 0, "the thief has nothing");
        vm.warp(askedAt + vault.EXIT_BOUND());
        vm.prank(ALICE);
        vault.execute(id);
        vm.assertEq(usdc.balanceOf(ALICE), HELD, "to the last unit");
    }

    /* WHAT A THIEF SIGNS */

    /// @dev Releases to another address, liquidations of the healthy, a rotation to keys of the thief's own, and a
    /// successor that is the thief's.
    function _signEverythingAgainst(address owner, ReleaseId id) private {
        for (uint8 class = uint8(ActionClass.B); class <= uint8(ActionClass.B2); ++class) {
            Expedite memory intent = _expediteOf(id, ActionClass(class), HIGH);
            (intent.owner, intent.to, intent.amount) = (owner, THIEF, HELD);
            bytes memory proof = GroupSigner.sign(HIGH_SECRET, vault.digestOf(intent));
            try vault.expedite(intent, proof) {
                vm.assertTrue(false, "paid to another address");
            } catch {}
        }
        int256 before = cashOf(BOB);
        liquidate(BOB);
        vm.assertEq(cashOf(BOB), before, "a healthy account");
        EpochRotation memory rotation = _rotationTo(0xBAD1, LOW, 0xBAD2, HIGH);
        _propose(rotation, 0xBAD1, 0xBAD2);
        vm.prank(GUARDIAN);
        authority.vetoRotation(rotation);
        vm.assertTrue(authority.stateOf(rotation) == OperationState.Vetoed, "one guardian is awake");
        if (succession.successor() == address(0)) nameNext();
        vm.assertEq(vault.idle(owner) + vault.queuedTotal(), HELD, "a successor moves nothing");
    }

    function _expediteOf(ReleaseId id, ActionClass class, uint8 threshold) private returns (Expedite memory) {
        Release memory release = vault.release(id);
        return Expedite({
            releaseId: id,
            owner: release.owner,
            to: release.to,
            amount: release.amount,
            epoch: 1,
            class: class,
            threshold: threshold,
            nonce: ++salt,
            deadline: uint64(block.timestamp + 7 days)
        });
    }

    function _rotationTo(uint256 lowSecret, uint8 low, uint256 highSecret, uint8 high)
        private
        returns (EpochRotation memory intent)
    {
        GroupKey memory lowKey = GroupSigner.keyOf(lowSecret, low);
        GroupKey memory highKey = GroupSigner.keyOf(highSecret, high);
        (intent.nextEpoch, intent.signers, intent.certificateHash) = (2, SIGNERS, CERTIFICATE);
        (intent.lowThreshold, intent.lowX, intent.lowY) = (low, lowKey.x, lowKey.y);
        (intent.highThreshold, intent.highX, intent.highY) = (high, highKey.x, highKey.y);
        (intent.epoch, intent.class, intent.threshold) = (1, ActionClass.D, HIGH);
        intent.deadline = uint64(block.timestamp + 7 days);
    }

    function _propose(EpochRotation memory intent, uint256 lowSecret, uint256 highSecret)
        private
        returns (bytes memory proof)
    {
        bytes32 digest = authority.digestOf(intent);
        proof = GroupSigner.sign(HIGH_SECRET, digest);
        bytes memory low = GroupSigner.sign(lowSecret, digest);
        bytes memory high = GroupSigner.sign(highSecret, digest);
        authority.proposeRotation(intent, proof, low, high);
    }

    function _refuseRotation(bytes memory reason, EpochRotation memory intent, uint256 lowSecret, uint256 highSecret)
        private
    {
        bytes32 digest = authority.digestOf(intent);
        bytes memory proof = GroupSigner.sign(HIGH_SECRET, digest);
        bytes memory low = GroupSigner.sign(lowSecret, digest);
        bytes memory high = GroupSigner.sign(highSecret, digest);
        expectRevert(reason);
        authority.proposeRotation(intent, proof, low, high);
    }

    /* WHAT THERE IS */

    function _parts() private view returns (address[7] memory) {
        return [
            address(vault),
            address(venue),
            address(liquidation),
            address(authority),
            address(people),
            address(delegations),
            address(succession)
        ];
    }

    function _nothingMoved() private view {
        vm.assertEq(usdc.balanceOf(THIEF), 0, "the thief has nothing");
        vm.assertEq(vault.idle(ALICE), HELD, "idle");
        vm.assertEq(cashOf(BOB), _bobs, "margin");
        vm.assertEq(vault.payoutOf(ALICE), ALICE, "payout address");
    }
}
