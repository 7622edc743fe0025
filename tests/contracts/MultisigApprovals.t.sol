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
    /// @dev The high weight of the set in which software alone has it.
    uint8 private constant HIGH_OF_EIGHT = 6;

    TestMember[] private _softwareStrong;
    MultisigAuthority private _softwareStrongAuthority;

    function setUp() public override {
        super.setUp();
        TestMember[] memory members = membersFrom(50);
        for (uint256 i = 0; i < 5; ++i) {
            members[i].class = i < 2 ? MemberClass.HARDWARE : MemberClass.SOFTWARE;
            members[i].weight = i < 2 ? 1 : 2;
            _softwareStrong.push(members[i]);
        }
        bytes memory strong = TestMembers.encode(members, 5, HIGH_OF_EIGHT, LEAST_HARDWARE);
        _softwareStrongAuthority = new MultisigAuthority(strong, threeGuardians(), oracle);
    }

    /// @custom:invariant INV-MULTI-3
    function testFuzz_WhenAnySubsetSigns_ThenItPassesExactlyWithWeightAndHardware(
        uint256 who,
        uint256 value,
        bool softwareStrong
    ) external {
        who &= EVERYBODY;
        TestMember[] memory members = softwareStrong ? _useSoftwareStrong() : theMembers();
        Operation memory made = setting(within(value, 0, 1e6));
        made.threshold = softwareStrong ? HIGH_OF_EIGHT : HIGH;
        bytes memory approvals = TestMembers.approve(members, who, authority.digestOf(made));
        (uint256 weight, uint256 hardware) = _sumsOf(members, who);
        bool enough = weight >= made.threshold && hardware >= LEAST_HARDWARE;
        try authority.propose(made, set, approvals) {
            vm.assertTrue(enough, "passed");
        } catch {
            vm.assertTrue(!enough, "refused");
        }
    }

    function test_WhenTheWeightIsThereAndNoHardware_ThenRevertsHardwareTooFew() external {
        TestMember[] memory members = _useSoftwareStrong();
        Operation memory made = setting(1);
        made.threshold = HIGH_OF_EIGHT;
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

    /// @dev From now on a set in which the three without hardware have the high weight.
    function _useSoftwareStrong() private returns (TestMember[] memory members) {
        members = _softwareStrong;
        set = TestMembers.encode(members, 5, HIGH_OF_EIGHT, LEAST_HARDWARE);
        authority = _softwareStrongAuthority;
    }

    function _sumsOf(TestMember[] memory members, uint256 who) private pure returns (uint256 weight, uint256 hardware) {
        for (uint256 i = 0; i < 5; ++i) {
            if (who >> i & 1 == 0) continue;
            weight += members[i].weight;
            if (members[i].class == MemberClass.HARDWARE) ++hardware;
        }
    }

    function _expectRefused(Operation memory made, bytes memory approvals, bytes4 reason, uint256 fact) private {
        expectRevert(abi.encodeWithSelector(reason, fact));
        authority.propose(made, set, approvals);
    }
}
