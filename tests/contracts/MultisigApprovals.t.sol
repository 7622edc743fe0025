// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MultisigAuthority} from "../../contracts/MultisigAuthority.sol";
import {MemberSets} from "../../contracts/libraries/MemberSets.sol";
import {MemberClass, MemberKind} from "../../contracts/types/Member.sol";
import {Operation} from "../../contracts/types/Operation.sol";
import {MultisigFixture} from "./MultisigFixture.sol";
import {TestMember, TestMembers} from "./TestMembers.sol";
import {vm, within} from "./Vm.sol";

contract GivenApprovals is MultisigFixture {
    /// @custom:invariant INV-MULTI-3
    function testFuzz_WhenAnySubsetSigns_ThenItPassesExactlyWithWeightAndHardware(uint256 who, uint256 value) external {
        who &= EVERYBODY;
        Operation memory made = setting(within(value, 0, 1e6));
        bytes memory approvals = approvalsOf(made, who);
        (uint256 weight, uint256 hardware) = _sumsOf(who);
        bool enough = weight >= HIGH && hardware >= LEAST_HARDWARE;
        try authority.propose(made, set, approvals) {
            vm.assertTrue(enough, "passed");
        } catch {
            vm.assertTrue(!enough, "refused");
        }
    }

    function test_WhenTheWeightIsThereAndNoHardware_ThenRevertsHardwareTooFew() external {
        // A set in which the four without hardware have the weight.
        TestMember[] memory members = membersFrom(50);
        for (uint256 i = 0; i < 5; ++i) {
            members[i].class = i < 2 ? MemberClass.HARDWARE : MemberClass.SOFTWARE;
            members[i].weight = i < 2 ? 1 : 2;
        }
        set = TestMembers.encode(members, 5, 6, 1);
        authority = new MultisigAuthority(set, threeGuardians(), oracle);
        Operation memory made = setting(1);
        made.threshold = 6;
        bytes32 digest = authority.digestOf(made);
        bytes memory approvals = TestMembers.approve(members, 28, digest);
        expectRevert(abi.encodeWithSelector(MemberSets.HardwareTooFew.selector, 0, 1));
        authority.propose(made, set, approvals);
        approvals = TestMembers.approve(members, 29, digest);
        authority.propose(made, set, approvals);
    }

    function test_WhenAMemberSignsTwiceOrOutOfOrder_ThenRevertsNotAscending() external {
        Operation memory made = setting(1);
        bytes32 digest = authority.digestOf(made);
        bytes memory first = TestMembers.approval(1, TestMembers.sign(theMembers()[1], digest));
        bytes memory second = TestMembers.approval(0, TestMembers.sign(theMembers()[0], digest));
        _expectRefused(made, bytes.concat(first, first), MemberSets.ApprovalsNotAscending.selector, 1);
        _expectRefused(made, bytes.concat(first, second), MemberSets.ApprovalsNotAscending.selector, 0);
    }

    function test_WhenTheSetHasNoSuchMember_ThenRevertsUnknownMember() external {
        Operation memory made = setting(1);
        _expectRefused(made, TestMembers.approval(5, new bytes(65)), MemberSets.UnknownMember.selector, 5);
        _expectRefused(made, TestMembers.approval(255, new bytes(65)), MemberSets.UnknownMember.selector, 255);
        bytes memory everybody = approvalsOf(made, EVERYBODY);
        bytes memory more = bytes.concat(everybody, TestMembers.approval(5, new bytes(65)));
        _expectRefused(made, more, MemberSets.UnknownMember.selector, 5);
    }

    function test_WhenApprovalsAreCutShort_ThenRevertsTruncated() external {
        Operation memory made = setting(1);
        bytes memory whole = approvalsOf(made, bits(HIGH));
        for (uint256 less = 1; less < 70; less += 7) {
            bytes memory cut = new bytes(whole.length - less);
            for (uint256 i = 0; i < cut.length; ++i) {
                cut[i] = whole[i];
            }
            // The last one may now be no signature, or none at all.
            vm.expectRevert();
            authority.propose(made, set, cut);
        }
        _expectRefused(made, hex"00", MemberSets.ApprovalsTruncated.selector, 2);
        _expectRefused(made, hex"0000", MemberSets.ApprovalsTruncated.selector, 1);
        _expectRefused(made, hex"00004100", MemberSets.ApprovalsTruncated.selector, 64);
    }

    function test_WhenNobodySigned_ThenRevertsWeightTooLow() external {
        Operation memory made = setting(1);
        expectRevert(abi.encodeWithSelector(MemberSets.WeightTooLow.selector, 0, HIGH));
        authority.propose(made, set, "");
    }

    function testFuzz_WhenOneSignatureIsSpoiled_ThenRevertsInvalidApproval(uint256 who, uint256 place, uint8 mask)
        external
    {
        vm.assume(mask != 0);
        who = who % 5;
        Operation memory made = setting(1);
        bytes memory signature = TestMembers.sign(theMembers()[who], authority.digestOf(made));
        signature[place % signature.length] ^= bytes1(mask);
        bytes memory approval = TestMembers.approval(who, signature);
        _expectRefused(made, approval, MemberSets.InvalidApproval.selector, who);
    }

    /// @dev Whatever stands where signatures should: nothing passes, and none of it reaches the table.
    function testFuzz_WhenApprovalsAreAnyBytes_ThenRefused(bytes calldata approvals) external {
        Operation memory made = setting(1);
        vm.expectRevert();
        authority.propose(made, set, approvals);
    }

    function test_WhenASignatureIsMalleable_ThenRevertsInvalidApproval() external {
        Operation memory made = setting(1);
        uint256 who = 0;
        while (theMembers()[who].kind != MemberKind.ACCOUNT) ++who;
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(theMembers()[who].secret, authority.digestOf(made));
        uint256 order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;
        bytes memory twin = abi.encodePacked(r, order - uint256(s), v == 27 ? uint8(28) : uint8(27));
        _expectRefused(made, TestMembers.approval(who, twin), MemberSets.InvalidApproval.selector, who);
    }

    function _sumsOf(uint256 who) private view returns (uint256 weight, uint256 hardware) {
        for (uint256 i = 0; i < 5; ++i) {
            if (who >> i & 1 == 0) continue;
            weight += theMembers()[i].weight;
            if (theMembers()[i].class == MemberClass.HARDWARE) ++hardware;
        }
    }

    function _expectRefused(Operation memory made, bytes memory approvals, bytes4 reason, uint256 fact) private {
        expectRevert(abi.encodeWithSelector(reason, fact));
        authority.propose(made, set, approvals);
    }
}
