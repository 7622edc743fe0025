// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MultisigAuthority} from "../../contracts/MultisigAuthority.sol";
import {IAuthority} from "../../contracts/interfaces/IAuthority.sol";
import {IMultisigAuthority} from "../../contracts/interfaces/IMultisigAuthority.sol";
import {IRegimeOracle} from "../../contracts/interfaces/IRegimeOracle.sol";
import {MemberSets} from "../../contracts/libraries/MemberSets.sol";
import {OperationBook} from "../../contracts/libraries/OperationBook.sol";
import {OperationCalls} from "../../contracts/libraries/OperationCalls.sol";
import {ActionClass} from "../../contracts/types/ActionClass.sol";
import {Call, Operation, OperationRecord, OperationState} from "../../contracts/types/Operation.sol";
import {Regime} from "../../contracts/types/Regime.sol";
import {MultisigFixture} from "./MultisigFixture.sol";
import {TestMembers} from "./TestMembers.sol";
import {vm, within} from "./Vm.sol";
import {Register} from "./wallets/Register.sol";

contract GivenAMultisigToBe is MultisigFixture {
    function test_WhenDeployed_ThenItsSetAndGuardiansAreInForce() external {
        vm.expectEmit();
        emit IMultisigAuthority.MembersChanged(1, set);
        vm.expectEmit();
        emit IMultisigAuthority.GuardiansChanged(1, threeGuardians());
        MultisigAuthority made = new MultisigAuthority(set, threeGuardians(), oracle);
        vm.assertEq(made.setHash(), keccak256(set), "set");
        vm.assertEq(made.epoch(), 1, "epoch");
        vm.assertEq(made.guardianCount(), 3, "guardians");
        vm.assertTrue(made.isGuardian(GUARDIAN_3), "guardian");
        vm.assertTrue(!made.isGuardian(ANYONE), "anyone");
        vm.assertEq(address(made.oracle()), address(oracle), "oracle");
    }

    function test_WhenTheOracleHasNoCode_ThenRevertsByName() external {
        address[] memory guardians = threeGuardians();
        expectRevert(abi.encodeWithSelector(IMultisigAuthority.OracleWithoutCode.selector, ANYONE));
        new MultisigAuthority(set, guardians, IRegimeOracle(ANYONE));
    }

    function test_WhenItsSetIsNotSound_ThenRevertsByName() external {
        address[] memory guardians = threeGuardians();
        bytes memory bad = TestMembers.encode(theMembers(), 1, HIGH, 1);
        expectRevert(abi.encodeWithSelector(MemberSets.OneMemberSuffices.selector, 1, 1));
        new MultisigAuthority(bad, guardians, oracle);
    }
}

contract GivenAnOperationToPropose is MultisigFixture {
    function test_WhenItHasTheWeight_ThenWaitingWithAllThatWasSigned() external {
        Operation memory operation = setting(7);
        bytes memory approvals = approvalsOf(operation, bits(HIGH));
        bytes32 id = authority.digestOf(operation);
        expectState(operation, OperationState.Unset);
        vm.expectEmit();
        emit IMultisigAuthority.OperationProposed(id, _callsHash(operation), operation, block.timestamp + 24 hours);
        vm.assertEq(authority.propose(operation, set, approvals), id, "id");
        expectState(operation, OperationState.Waiting);
        OperationRecord memory record = authority.operationRecord(id);
        vm.assertEq(record.acceptedAt, block.timestamp, "acceptedAt");
        vm.assertEq(record.setEpoch, 1, "epoch");
        vm.assertEq(uint256(record.class), uint256(ActionClass.C), "class");
        vm.assertEq(register.value(), 0, "nothing happened yet");
    }

    function test_WhenItsDigestIsBuiltByHand_ThenItIsTheId() external view {
        Operation memory operation = setting(7);
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("MultisigAuthority"),
                keccak256("1"),
                block.chainid,
                address(authority)
            )
        );
        bytes32 typeHash = keccak256(
            "Operation(Call[] calls,uint8 class,uint64 setEpoch,uint8 threshold,uint256 nonce,uint64 deadline)Call(address target,uint256 value,bytes data)"
        );
        bytes32 hash = keccak256(
            abi.encode(
                typeHash,
                _callsHash(operation),
                uint8(4),
                operation.setEpoch,
                operation.threshold,
                operation.nonce,
                operation.deadline
            )
        );
        vm.assertEq(authority.digestOf(operation), keccak256(abi.encodePacked("\x19\x01", domain, hash)), "digest");
    }

    function test_WhenProposedAgainOrDone_ThenRevertsOperationKnown() external {
        Operation memory operation = setting(7);
        bytes32 id = propose(operation);
        bytes memory approvals = approvalsOf(operation, EVERYBODY);
        expectRevert(abi.encodeWithSelector(OperationBook.OperationKnown.selector, id, OperationState.Waiting));
        authority.propose(operation, set, approvals);
        skip(24 hours);
        execute(operation);
        expectRevert(abi.encodeWithSelector(OperationBook.OperationKnown.selector, id, OperationState.Done));
        authority.propose(operation, set, approvals);
    }

    function test_WhenTheNonceIsAnother_ThenItIsAnother() external {
        Operation memory operation = setting(7);
        propose(operation);
        operation.nonce = 1;
        expectState(operation, OperationState.Unset);
        propose(operation);
        expectState(operation, OperationState.Waiting);
    }

    function test_WhenTheDeadlineHasPassedOrIsTooFar_ThenRevertsByName() external {
        Operation memory operation = setting(7);
        operation.deadline = uint64(block.timestamp - 1);
        _expectRefused(
            operation,
            abi.encodeWithSelector(IMultisigAuthority.DeadlinePassed.selector, operation.deadline, block.timestamp)
        );
        operation.deadline = uint64(block.timestamp + 7 days + 1);
        _expectRefused(
            operation,
            abi.encodeWithSelector(
                IMultisigAuthority.DeadlineTooFar.selector, operation.deadline, block.timestamp + 7 days
            )
        );
        operation.deadline = uint64(block.timestamp);
        propose(operation);
    }

    function test_WhenOfAnotherEpoch_ThenRevertsWrongEpoch() external {
        Operation memory operation = setting(7);
        operation.setEpoch = 2;
        _expectRefused(operation, abi.encodeWithSelector(IAuthority.WrongEpoch.selector, 2, 1));
    }

    function test_WhenTheSetIsAnother_ThenRevertsWrongSet() external {
        Operation memory operation = setting(7);
        bytes memory approvals = approvalsOf(operation, EVERYBODY);
        bytes memory other = TestMembers.encode(theMembers(), LOW, LOW, 0);
        expectRevert(abi.encodeWithSelector(IMultisigAuthority.WrongSet.selector, keccak256(other), keccak256(set)));
        authority.propose(operation, other, approvals);
    }

    function test_WhenItNamesLessThanTheHighWeight_ThenRevertsThresholdTooLow() external {
        Operation memory operation = setting(7);
        operation.threshold = LOW;
        _expectRefused(operation, abi.encodeWithSelector(IAuthority.ThresholdTooLow.selector, LOW, HIGH));
    }

    function test_WhenItNamesMoreThanTheTableAsks_ThenThatIsWhatItTakes() external {
        Operation memory operation = setting(7);
        operation.threshold = 5;
        bytes memory approvals = approvalsOf(operation, bits(4));
        expectRevert(abi.encodeWithSelector(MemberSets.WeightTooLow.selector, 4, 5));
        authority.propose(operation, set, approvals);
        approvals = approvalsOf(operation, EVERYBODY);
        authority.propose(operation, set, approvals);
    }

    function test_WhenNothingIsCalledOrTooMuch_ThenRevertsWrongCallCount() external {
        Operation memory operation = setting(7);
        operation.calls = new Call[](0);
        _expectRefused(operation, abi.encodeWithSelector(OperationCalls.WrongCallCount.selector, 0, 16));
        operation.calls = new Call[](17);
        _expectRefused(operation, abi.encodeWithSelector(OperationCalls.WrongCallCount.selector, 17, 16));
    }

    function test_WhenItsClassIsNotThatOfItsCalls_ThenRevertsWrongClass() external {
        Operation memory operation = setting(7);
        operation.class = ActionClass.D;
        _expectRefused(
            operation, abi.encodeWithSelector(OperationCalls.WrongClass.selector, ActionClass.D, ActionClass.C)
        );
        operation = ownOperation(abi.encodeCall(IMultisigAuthority.changeMembers, (set)));
        operation.class = ActionClass.C;
        _expectRefused(
            operation, abi.encodeWithSelector(OperationCalls.WrongClass.selector, ActionClass.C, ActionClass.D)
        );
    }

    /// @dev Else a call to itself would carry a parameter change past a blocked oracle.
    function test_WhenItCallsItselfAndOthers_ThenRevertsMixedTargets() external {
        Operation memory operation = ownOperation(abi.encodeCall(IMultisigAuthority.changeMembers, (set)));
        Call[] memory calls = new Call[](2);
        (calls[0], calls[1]) = (operation.calls[0], setting(7).calls[0]);
        operation.calls = calls;
        _expectRefused(operation, abi.encodeWithSelector(OperationCalls.MixedTargets.selector, 1));
        (calls[0], calls[1]) = (calls[1], calls[0]);
        operation.class = ActionClass.C;
        _expectRefused(operation, abi.encodeWithSelector(OperationCalls.MixedTargets.selector, 1));
    }

    function test_WhenNobodyIsThereToTakeTheData_ThenRevertsTargetWithoutCode() external {
        Operation memory operation = operationOn(ANYONE, hex"12345678", ActionClass.C);
        _expectRefused(operation, abi.encodeWithSelector(OperationCalls.TargetWithoutCode.selector, 0, ANYONE));
    }

    function test_WhenItCallsAnythingElseOfItself_ThenRevertsUnknownOwnCall() external {
        Operation memory operation = ownOperation(abi.encodeCall(IMultisigAuthority.execute, (setting(7))));
        _expectRefused(
            operation,
            abi.encodeWithSelector(OperationCalls.UnknownOwnCall.selector, 0, IMultisigAuthority.execute.selector)
        );
        operation = ownOperation(hex"");
        _expectRefused(operation, abi.encodeWithSelector(OperationCalls.UnknownOwnCall.selector, 0, bytes4(0)));
        bytes4[2] memory known =
            [IMultisigAuthority.changeMembers.selector, IMultisigAuthority.changeGuardians.selector];
        for (uint256 i = 0; i < known.length; ++i) {
            operation = ownOperation(abi.encodePacked(known[i]));
            operation.calls[0].value = 1;
            _expectRefused(operation, abi.encodeWithSelector(OperationCalls.UnknownOwnCall.selector, 0, known[i]));
        }
    }

    function test_WhenTheNextSetOrGuardiansAreNotSound_ThenRefusedAtOnce() external {
        bytes memory bad = TestMembers.encode(theMembers(), LOW, 5, 1);
        Operation memory operation = ownOperation(abi.encodeCall(IMultisigAuthority.changeMembers, (bad)));
        _expectRefused(operation, abi.encodeWithSelector(MemberSets.QuorumOutOfReach.selector, 5, 4));
        operation = ownOperation(abi.encodeCall(IMultisigAuthority.changeGuardians, (new address[](3))));
        _expectRefused(operation, abi.encodeWithSignature("GuardiansNotAscending(uint256)", 0));
    }

    function test_WhenTheOracleIsStale_ThenClassCIsBlockedAndClassDIsNot() external {
        setRegime(Regime.CALM, true);
        _expectRefused(setting(7), abi.encodeWithSelector(IMultisigAuthority.ClassBlocked.selector, ActionClass.C));
        Operation memory operation = ownOperation(abi.encodeCall(IMultisigAuthority.changeMembers, (set)));
        propose(operation);
        skip(7 days - 1);
        expectState(operation, OperationState.Waiting);
        skip(1);
        execute(operation);
        vm.assertEq(authority.epoch(), 2, "epoch");
    }

    /// @dev Every field, one by one: what was signed is what is spelled out, here and nowhere else.
    /// @custom:invariant INV-MULTI-9
    function testFuzz_WhenAnyFieldIsSwapped_ThenRevertsInvalidApproval(uint256 field, uint256 other) external {
        Operation memory operation = setting(7);
        bytes memory approvals = approvalsOf(operation, bits(HIGH));
        field = within(field, 0, 6);
        if (field == 0) operation.calls[0].target = address(new Register(address(authority)));
        if (field == 1) operation.calls[0].value = within(other, 1, type(uint256).max);
        if (field == 2) operation.calls[0].data = abi.encodeCall(Register.set, (within(other, 8, 1e6)));
        if (field == 3) operation.nonce = within(other, 1, type(uint256).max);
        if (field == 4) operation.deadline -= uint64(within(other, 1, 7 days));
        if (field == 5) operation.calls = _twice(operation.calls[0]);
        if (field == 6) authority = new MultisigAuthority(set, threeGuardians(), oracle);
        // Whoever is first; members are only asked in order.
        expectRevert(abi.encodeWithSelector(MemberSets.InvalidApproval.selector, _lowestBit(bits(HIGH))));
        authority.propose(operation, set, approvals);
    }

    /// @dev The threshold too: more than was signed for is not what was signed.
    function test_WhenThresholdOrChainIsSwapped_ThenRevertsInvalidApproval() external {
        Operation memory operation = setting(7);
        bytes memory approvals = approvalsOf(operation, EVERYBODY);
        operation.threshold = 5;
        expectRevert(abi.encodeWithSelector(MemberSets.InvalidApproval.selector, 0));
        authority.propose(operation, set, approvals);
        operation.threshold = HIGH;
        vm.chainId(block.chainid + 1);
        expectRevert(abi.encodeWithSelector(MemberSets.InvalidApproval.selector, 0));
        authority.propose(operation, set, approvals);
    }

    function _expectRefused(Operation memory operation, bytes memory reason) private {
        bytes memory approvals = approvalsOf(operation, EVERYBODY);
        expectRevert(reason);
        authority.propose(operation, set, approvals);
    }

    function _callsHash(Operation memory operation) private pure returns (bytes32) {
        Call memory call = operation.calls[0];
        bytes32 typeHash = keccak256("Call(address target,uint256 value,bytes data)");
        bytes32 hash = keccak256(abi.encode(typeHash, call.target, call.value, keccak256(call.data)));
        return keccak256(abi.encode(hash));
    }

    function _twice(Call memory call) private pure returns (Call[] memory calls) {
        calls = new Call[](2);
        (calls[0], calls[1]) = (call, call);
    }

    function _lowestBit(uint256 who) private pure returns (uint256 index) {
        while (who >> index & 1 == 0) ++index;
    }
}
