// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ThresholdAuthority} from "../../contracts/ThresholdAuthority.sol";
import {IAuthority} from "../../contracts/interfaces/IAuthority.sol";
import {DevnetRegimeOracle} from "../../contracts/mocks/DevnetRegimeOracle.sol";
import {ActionClass} from "../../contracts/types/ActionClass.sol";
import {EpochRotation} from "../../contracts/types/EpochRotation.sol";
import {GroupKey} from "../../contracts/types/GroupKey.sol";
import {Heartbeat} from "../../contracts/types/Heartbeat.sol";
import {OperationState} from "../../contracts/types/Operation.sol";
import {Ppm} from "../../contracts/types/Ppm.sol";
import {Regime} from "../../contracts/types/Regime.sol";
import {SigningWindow} from "../../contracts/types/SigningWindow.sol";
import {GroupSigner} from "./GroupSigner.sol";
import {PeopleFixture} from "./PeopleFixture.sol";
import {vm} from "./Vm.sol";

/// @notice A 3-and-4-of-5 committee in calm, the people beside it, and keys that it may rotate to.
abstract contract AuthorityFixture is PeopleFixture {
    uint256 internal constant START = 1_800_000_000;

    uint8 internal constant SIGNERS = 5;
    uint8 internal constant LOW = 3;
    uint8 internal constant HIGH = 4;
    uint256 internal constant LOW_SECRET = 0x10F;
    uint256 internal constant HIGH_SECRET = 0x417;
    bytes32 internal constant CERTIFICATE = keccak256("certificate");

    uint256 internal constant NEXT_LOW_SECRET = 0x20F;
    uint256 internal constant NEXT_HIGH_SECRET = 0x827;
    bytes32 internal constant NEXT_CERTIFICATE = keccak256("the next certificate");

    address internal constant ANYONE = address(0xBEEF);

    DevnetRegimeOracle internal oracle;
    ThresholdAuthority internal authority;

    function setUp() public virtual {
        vm.warp(START);
        oracle = new DevnetRegimeOracle();
        deployPeople(oracle);
        authority = new ThresholdAuthority(groupKeys(), SIGNERS, CERTIFICATE, oracle, people);
    }

    function groupKeys() internal returns (GroupKey[] memory keys) {
        keys = new GroupKey[](2);
        keys[0] = GroupSigner.keyOf(LOW_SECRET, LOW);
        keys[1] = GroupSigner.keyOf(HIGH_SECRET, HIGH);
    }

    /* ROTATIONS */

    /// @dev The custodians', to the next keys, with the longest deadline.
    function aRotation() internal returns (EpochRotation memory) {
        return aRotation(NEXT_LOW_SECRET, NEXT_HIGH_SECRET);
    }

    function aRotation(uint256 lowSecret, uint256 highSecret) internal returns (EpochRotation memory intent) {
        GroupKey memory low = GroupSigner.keyOf(lowSecret, LOW);
        GroupKey memory high = GroupSigner.keyOf(highSecret, HIGH);
        intent.nextEpoch = authority.epoch() + 1;
        intent.signers = SIGNERS;
        (intent.lowThreshold, intent.lowX, intent.lowY) = (LOW, low.x, low.y);
        (intent.highThreshold, intent.highX, intent.highY) = (HIGH, high.x, high.y);
        intent.certificateHash = NEXT_CERTIFICATE;
        intent.epoch = authority.epoch();
        intent.class = ActionClass.D;
        intent.threshold = HIGH;
        intent.deadline = uint64(block.timestamp + 7 days);
    }

    /// @dev The people's, to the same keys.
    function aPeoplesRotation() internal returns (EpochRotation memory intent) {
        intent = aRotation();
        intent.epoch = people.epoch();
        intent.threshold = PEOPLE_HIGH;
    }

    function proofOf(EpochRotation memory intent) internal returns (bytes memory) {
        return GroupSigner.sign(HIGH_SECRET, authority.digestOf(intent));
    }

    function peoplesProofOf(EpochRotation memory intent) internal returns (bytes memory) {
        return peopleProof(authority.digestOf(intent), PEOPLE_HIGH);
    }

    function propose(EpochRotation memory intent, bytes memory proof) internal returns (bytes32 digest) {
        return propose(intent, proof, NEXT_LOW_SECRET, NEXT_HIGH_SECRET);
    }

    /// @dev Anyone submits it.
    function propose(EpochRotation memory intent, bytes memory proof, uint256 lowSecret, uint256 highSecret)
        internal
        returns (bytes32)
    {
        bytes32 digest = authority.digestOf(intent);
        bytes memory low = GroupSigner.sign(lowSecret, digest);
        bytes memory high = GroupSigner.sign(highSecret, digest);
        vm.prank(ANYONE);
        return authority.proposeRotation(intent, proof, low, high);
    }

    function refuseProposal(bytes memory reason, EpochRotation memory intent, bytes memory proof) internal {
        bytes32 digest = authority.digestOf(intent);
        bytes memory low = GroupSigner.sign(NEXT_LOW_SECRET, digest);
        bytes memory high = GroupSigner.sign(NEXT_HIGH_SECRET, digest);
        vm.expectRevert(reason);
        authority.proposeRotation(intent, proof, low, high);
    }

    function proposed() internal returns (EpochRotation memory intent) {
        intent = aRotation();
        propose(intent, proofOf(intent));
    }

    function activate(EpochRotation memory intent) internal {
        bytes memory proof = proofOf(intent);
        vm.prank(ANYONE);
        authority.activateRotation(intent, proof);
    }

    function refuseActivation(bytes memory reason, EpochRotation memory intent, bytes memory proof) internal {
        vm.expectRevert(reason);
        authority.activateRotation(intent, proof);
    }

    function veto(EpochRotation memory intent) internal {
        vm.prank(GUARDIAN);
        authority.vetoRotation(intent);
    }

    function expectState(EpochRotation memory intent, OperationState state) internal view {
        vm.assertEq(uint256(authority.stateOf(intent)), uint256(state), "state");
    }

    /* HEARTBEATS, WINDOWS */

    function aHeartbeat() internal view returns (Heartbeat memory) {
        return Heartbeat({
            epoch: authority.epoch(),
            class: ActionClass.D0,
            threshold: HIGH,
            nonce: 0,
            deadline: uint64(block.timestamp + 7 days)
        });
    }

    function beat() internal {
        Heartbeat memory intent = aHeartbeat();
        bytes memory proof = GroupSigner.sign(HIGH_SECRET, authority.digestOf(intent));
        vm.prank(ANYONE);
        authority.heartbeat(intent, proof);
    }

    function aWindow(ActionClass class, bool limited, uint256 opensAt, uint256 closesAt)
        internal
        view
        returns (SigningWindow memory)
    {
        return SigningWindow({
            windowedClass: class,
            limited: limited,
            opensAt: uint64(opensAt),
            closesAt: uint64(closesAt),
            epoch: people.epoch(),
            class: ActionClass.C,
            threshold: PEOPLE_HIGH,
            nonce: 0,
            deadline: uint64(block.timestamp + 7 days)
        });
    }

    /// @dev The first call accepts, the second puts in force.
    function change(SigningWindow memory intent) internal {
        bytes memory proof = peopleProof(authority.digestOf(intent), PEOPLE_HIGH);
        vm.prank(ANYONE);
        authority.changeWindow(intent, proof);
    }

    function refuseChange(bytes memory reason, SigningWindow memory intent) internal {
        bytes memory proof = peopleProof(authority.digestOf(intent), PEOPLE_HIGH);
        vm.expectRevert(reason);
        authority.changeWindow(intent, proof);
    }

    /* ACTIONS */

    function authorize(ActionClass class, uint64 epoch, uint8 threshold, Ppm value, uint256 secret)
        internal
        returns (uint32)
    {
        bytes32 digest = keccak256("an intent");
        bytes memory proof = GroupSigner.sign(secret, digest);
        return authority.authorize(IAuthority.Action(class, epoch, threshold), value, digest, proof);
    }

    /* TIME, REGIME */

    function setRegime(Regime regime) internal {
        oracle.set(regime, false);
    }

    function skip(uint256 time) internal {
        vm.warp(block.timestamp + time);
    }

    function expectRevert(bytes memory reason) internal {
        vm.expectRevert(reason);
    }
}
