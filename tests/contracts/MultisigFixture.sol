// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {FrostVerifier} from "../../contracts/FrostVerifier.sol";
import {MultisigAuthority} from "../../contracts/MultisigAuthority.sol";
import {DevnetRegimeOracle} from "../../contracts/mocks/DevnetRegimeOracle.sol";
import {ActionClass} from "../../contracts/types/ActionClass.sol";
import {MemberClass} from "../../contracts/types/Member.sol";
import {Call, Operation, OperationState} from "../../contracts/types/Operation.sol";
import {CancelRecoveries, Recovery} from "../../contracts/types/Recovery.sol";
import {Regime} from "../../contracts/types/Regime.sol";
import {TestMember, TestMembers} from "./TestMembers.sol";
import {vm} from "./Vm.sol";
import {Register} from "./wallets/Register.sol";
import {Wallet} from "./wallets/Wallet.sol";

/// @notice A multisig of five, one of each kind that signs: three accounts (one of them in hardware), a contract wallet
/// and a group key; low 3, high 4, one in hardware; three guardians; calm.
abstract contract MultisigFixture {
    uint256 internal constant START = 1_800_000_000;
    uint8 internal constant LOW = 3;
    uint8 internal constant HIGH = 4;
    uint8 internal constant LEAST_HARDWARE = 1;
    uint256 internal constant EVERYBODY = 31;

    address internal constant ANYONE = address(0xBEEF00);
    address internal constant GUARDIAN = address(0x600D01);
    address internal constant GUARDIAN_2 = address(0x600D02);
    address internal constant GUARDIAN_3 = address(0x600D03);

    MultisigAuthority internal authority;
    DevnetRegimeOracle internal oracle;
    Register internal register;
    bytes internal set;

    TestMember[] private _members;

    function setUp() public virtual {
        vm.warp(START);
        oracle = new DevnetRegimeOracle();
        TestMember[] memory five = membersFrom(1);
        for (uint256 i = 0; i < five.length; ++i) {
            _members.push(five[i]);
        }
        set = TestMembers.encode(five, LOW, HIGH, LEAST_HARDWARE);
        authority = new MultisigAuthority(set, threeGuardians(), oracle);
        register = new Register(address(authority));
    }

    /* MEMBERS */

    /// @dev Five members whose secrets follow `secret`.
    function membersFrom(uint256 secret) internal returns (TestMember[] memory five) {
        five = new TestMember[](5);
        five[0] = TestMembers.account(secret);
        five[1] = TestMembers.account(secret + 1);
        five[2] = TestMembers.account(secret + 2);
        five[2].class = MemberClass.HARDWARE;
        five[3] = TestMembers.wallet(address(new Wallet(vm.addr(secret + 3))), secret + 3);
        five[4] = TestMembers.group(address(new FrostVerifier()), secret + 4);
        TestMembers.sort(five);
    }

    /// @dev Another set that is sound, of members that nobody knew.
    function anotherSet() internal returns (bytes memory) {
        return TestMembers.encode(membersFrom(1000), LOW, HIGH, LEAST_HARDWARE);
    }

    function theMembers() internal view returns (TestMember[] memory) {
        return _members;
    }

    function threeGuardians() internal pure returns (address[] memory guardians) {
        guardians = new address[](3);
        (guardians[0], guardians[1], guardians[2]) = (GUARDIAN, GUARDIAN_2, GUARDIAN_3);
    }

    /// @dev The bits of `count` members, one in hardware among them.
    function bits(uint256 count) internal view returns (uint256 who) {
        for (uint256 i = 0; i < 5 && count != 0; ++i) {
            if (_members[i].class != MemberClass.HARDWARE) continue;
            who = 1 << i;
            count -= 1;
            break;
        }
        for (uint256 i = 0; i < 5 && count != 0; ++i) {
            if (who >> i & 1 == 1) continue;
            who |= 1 << i;
            count -= 1;
        }
    }

    /// @dev The bits of those who are not in hardware.
    function softwareBits() internal view returns (uint256 who) {
        for (uint256 i = 0; i < 5; ++i) {
            if (_members[i].class == MemberClass.SOFTWARE) who |= 1 << i;
        }
    }

    /* OPERATIONS */

    function anOperation(bytes memory data) internal view returns (Operation memory) {
        return operationOn(address(register), data, ActionClass.C);
    }

    function ownOperation(bytes memory data) internal view returns (Operation memory) {
        return operationOn(address(authority), data, ActionClass.D);
    }

    function operationOn(address target, bytes memory data, ActionClass class)
        internal
        view
        returns (Operation memory operation)
    {
        operation.calls = new Call[](1);
        operation.calls[0] = Call({target: target, value: 0, data: data});
        operation.class = class;
        operation.setEpoch = authority.epoch();
        operation.threshold = HIGH;
        operation.deadline = uint64(block.timestamp + 7 days);
    }

    /// @dev Sets the register to `value`.
    function setting(uint256 value) internal view returns (Operation memory) {
        return anOperation(abi.encodeCall(Register.set, (value)));
    }

    function approvalsOf(Operation memory operation, uint256 who) internal returns (bytes memory) {
        return TestMembers.approve(_members, who, authority.digestOf(operation));
    }

    /// @dev Proposes with exactly the weight that is needed.
    function propose(Operation memory operation) internal returns (bytes32 id) {
        bytes memory approvals = approvalsOf(operation, bits(HIGH));
        vm.prank(ANYONE);
        return authority.propose(operation, set, approvals);
    }

    function execute(Operation memory operation) internal {
        vm.prank(ANYONE);
        authority.execute(operation);
    }

    function veto(Operation memory operation) internal {
        vm.prank(GUARDIAN);
        authority.veto(operation);
    }

    function expectState(Operation memory operation, OperationState state) internal view {
        vm.assertEq(uint256(authority.stateOf(operation)), uint256(state), "state");
    }

    /* RECOVERY */

    function aRecovery(bytes memory nextSet) internal view returns (Recovery memory) {
        return Recovery({nextSet: nextSet, round: authority.recoveryRound(), nonce: 0});
    }

    function support(address guardian, Recovery memory recovery) internal {
        vm.prank(guardian);
        authority.supportRecovery(recovery);
    }

    function aCancellation() internal view returns (CancelRecoveries memory) {
        return CancelRecoveries({
            setEpoch: authority.epoch(), round: authority.recoveryRound(), deadline: uint64(block.timestamp + 1 days)
        });
    }

    function cancellationBy(CancelRecoveries memory intent, uint256 who) internal returns (bytes memory) {
        return TestMembers.approve(_members, who, authority.digestOf(intent));
    }

    /* TIME */

    function setRegime(Regime regime, bool stale) internal {
        oracle.set(regime, stale);
    }

    function skip(uint256 time) internal {
        vm.warp(block.timestamp + time);
    }

    function expectRevert(bytes memory reason) internal {
        vm.expectRevert(reason);
    }
}
