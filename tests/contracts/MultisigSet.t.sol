// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MemberSets} from "../../contracts/libraries/MemberSets.sol";
import {MemberClass, MemberKind} from "../../contracts/types/Member.sol";
import {MultisigFixture} from "./MultisigFixture.sol";
import {TestMember, TestMembers} from "./TestMembers.sol";
import {vm} from "./Vm.sol";

contract GivenASetToJudge is MultisigFixture {
    /// @dev Where the parts of the first member stand.
    uint256 private constant KIND_AT = 3;
    uint256 private constant CLASS_AT = 4;
    uint256 private constant WEIGHT_AT = 5;
    uint256 private constant KEY_LENGTH_AT = 6;

    TestMember[] private members;

    function setUp() public override {
        super.setUp();
        TestMember[] memory three = _accounts(3, 1);
        for (uint256 i = 0; i < 3; ++i) {
            members.push(three[i]);
        }
    }

    function test_WhenThreeOfEqualWeightAndTwoAreAsked_ThenSound() external view {
        authority.requireSound(TestMembers.encode(members, 2, 2, 0));
    }

    function test_WhenItEndsTooSoon_ThenRevertsSetTruncated() external {
        bytes memory whole = TestMembers.encode(members, 2, 2, 0);
        // Between two members it is a smaller set, which fails for other reasons.
        for (uint256 length = 0; length < whole.length; ++length) {
            bytes memory cut = _cut(whole, length);
            if (length > 3 && (length - 3) % 24 == 0) vm.expectRevert();
            else expectRevert(abi.encodeWithSelector(MemberSets.SetTruncated.selector, length));
            authority.requireSound(cut);
        }
    }

    function test_WhenAKeyIsCutShort_ThenRevertsSetTruncated() external {
        bytes memory member = TestMembers.encode(TestMembers.group(address(register), 9));
        bytes memory cut = _cut(bytes.concat(hex"020200", member), 3 + 24 + 63);
        expectRevert(abi.encodeWithSelector(MemberSets.SetTruncated.selector, cut.length));
        authority.requireSound(cut);
    }

    function test_WhenThereAreThirtyThree_ThenRevertsTooManyMembers() external {
        authority.requireSound(TestMembers.encode(_accounts(32, 1), 17, 31, 0));
        bytes memory bad = TestMembers.encode(_accounts(33, 1), 17, 31, 0);
        expectRevert(abi.encodeWithSelector(MemberSets.TooManyMembers.selector, 32));
        authority.requireSound(bad);
    }

    function test_WhenAMemberStandsTwiceOrOutOfOrder_ThenRevertsNotAscending() external {
        TestMember[] memory twice = members;
        twice[2] = twice[1];
        _expectUnsound(
            TestMembers.encode(twice, 2, 2, 0), abi.encodeWithSelector(MemberSets.MembersNotAscending.selector, 2)
        );
        TestMember[] memory swapped = members;
        (swapped[0], swapped[1]) = (swapped[1], swapped[0]);
        _expectUnsound(
            TestMembers.encode(swapped, 2, 2, 0), abi.encodeWithSelector(MemberSets.MembersNotAscending.selector, 1)
        );
    }

    /// @dev The same address, once as an account and once as a contract, would be one person with two votes.
    function test_WhenAMemberStandsTwiceAsAnotherKind_ThenRevertsNotAscending() external {
        TestMember[] memory twice = new TestMember[](3);
        (twice[0], twice[1], twice[2]) = (members[0], members[1], members[1]);
        address delegating = address(bytes20(members[1].signer));
        vm.etch(delegating, abi.encodePacked(hex"ef0100", address(register)));
        twice[2].kind = MemberKind.CONTRACT;
        _expectUnsound(
            TestMembers.encode(twice, 2, 2, 0), abi.encodeWithSelector(MemberSets.MembersNotAscending.selector, 2)
        );
    }

    function test_WhenAMemberIsMalformed_ThenRevertsByName() external {
        _expectSpoiled(KIND_AT, 3, abi.encodeWithSelector(MemberSets.UnknownMemberKind.selector, 0, 3));
        _expectSpoiled(CLASS_AT, 2, abi.encodeWithSelector(MemberSets.UnknownMemberClass.selector, 0, 2));
        _expectSpoiled(WEIGHT_AT, 0, abi.encodeWithSelector(MemberSets.WeightZero.selector, 0));
        _expectSpoiled(KEY_LENGTH_AT, 4, abi.encodeWithSelector(MemberSets.WrongKeyLength.selector, 0, 4));
        _expectSpoiled(KIND_AT, 2, abi.encodeWithSelector(MemberSets.WrongKeyLength.selector, 0, 0));
    }

    /// @dev The identity contract at 4 echoes what it is asked, which reads as the magic value of a signature.
    function test_WhenASignerIsReserved_ThenRevertsByName() external {
        address[4] memory reserved = [address(0), address(4), address(0xffff), address(authority)];
        for (uint256 i = 0; i < reserved.length; ++i) {
            _expectSigner(MemberKind.ACCOUNT, reserved[i], MemberSets.SignerReserved.selector);
            _expectSigner(MemberKind.CONTRACT, reserved[i], MemberSets.SignerReserved.selector);
            _expectSigner(MemberKind.KEY, reserved[i], MemberSets.SignerReserved.selector);
        }
    }

    function test_WhenNobodyIsThereToCheckASignature_ThenRevertsSignerWithoutCode() external {
        _expectSigner(MemberKind.CONTRACT, ANYONE, MemberSets.SignerWithoutCode.selector);
        _expectSigner(MemberKind.KEY, ANYONE, MemberSets.SignerWithoutCode.selector);
    }

    function test_WhenAContractPassesForAnAccount_ThenRevertsSignerIsContract() external {
        _expectSigner(MemberKind.ACCOUNT, address(register), MemberSets.SignerIsContract.selector);
    }

    function test_WhenAnAccountDelegates_ThenItIsStillAnAccount() external {
        address account = address(bytes20(members[0].signer));
        vm.etch(account, abi.encodePacked(hex"ef0100", address(register)));
        authority.requireSound(TestMembers.encode(members, 2, 2, 0));
        // As long as a delegation and none: a contract.
        vm.etch(account, abi.encodePacked(hex"600100", address(register)));
        _expectUnsound(
            TestMembers.encode(members, 2, 2, 0),
            abi.encodeWithSelector(MemberSets.SignerIsContract.selector, 0, account)
        );
    }

    function test_WhenQuorumsAreOutOfBounds_ThenRevertsByName() external {
        _expectQuorums(1, 2, 0, abi.encodeWithSelector(MemberSets.OneMemberSuffices.selector, 1, 1));
        _expectQuorums(3, 2, 0, abi.encodeWithSelector(MemberSets.QuorumsNotAscending.selector, 3, 2));
        _expectQuorums(2, 3, 0, abi.encodeWithSelector(MemberSets.QuorumOutOfReach.selector, 3, 2));
        _expectQuorums(2, 2, 1, abi.encodeWithSelector(MemberSets.HardwareOutOfReach.selector, 1, 0));
        members[0].class = MemberClass.HARDWARE;
        _expectQuorums(2, 2, 1, abi.encodeWithSelector(MemberSets.HardwareOutOfReach.selector, 1, 1));
        members[1].class = MemberClass.HARDWARE;
        authority.requireSound(TestMembers.encode(members, 2, 2, 1));
        members[0].weight = 2;
        _expectQuorums(2, 2, 0, abi.encodeWithSelector(MemberSets.OneMemberSuffices.selector, 2, 2));
        bytes memory bad = TestMembers.encode(_accounts(4, 1), 2, 3, 0);
        _expectUnsound(bad, abi.encodeWithSelector(MemberSets.QuorumNoMajority.selector, 2, 4));
    }

    /// @dev Against the definition, by trying every subset of up to six.
    /// @custom:invariant INV-MULTI-2
    function testFuzz_WhenASetIsSound_ThenNobodySufficesAloneAndAnybodyMayBeAbsent(
        uint256 seed,
        uint8 low,
        uint8 high,
        uint8 hardware
    ) external view {
        TestMember[] memory some = _accounts(1 + seed % 6, seed >> 8);
        (low, high, hardware) = (low % 12, high % 12, hardware % 3);
        if (high < low && seed >> 7 & 1 == 1) high = low;
        bool sound = low != 0 && low <= high && _holds(some, low, high, hardware);
        try authority.requireSound(TestMembers.encode(some, low, high, hardware)) {
            vm.assertTrue(sound, "found sound");
        } catch {
            vm.assertTrue(!sound, "refused");
        }
    }

    /// @dev Two quorums always share a member's weight, one member never suffices, any one may be absent.
    function _holds(TestMember[] memory some, uint256 low, uint256 high, uint256 hardware) private pure returns (bool) {
        uint256 everybody = (1 << some.length) - 1;
        for (uint256 who = 0; who <= everybody; ++who) {
            (uint256 weight, uint256 inHardware) = _sumsOf(some, who);
            (uint256 rest,) = _sumsOf(some, everybody ^ who);
            if (weight >= low && rest >= low) return false;
            if (who & (who - (who == 0 ? 0 : 1)) == 0 && weight >= low) return false;
            bool oneAbsent = _isPowerOfTwo(everybody ^ who);
            if (oneAbsent && (weight < high || inHardware < hardware)) return false;
        }
        return _majority(some, low);
    }

    function _majority(TestMember[] memory some, uint256 low) private pure returns (bool) {
        (uint256 total,) = _sumsOf(some, type(uint256).max);
        return 2 * low > total;
    }

    function _isPowerOfTwo(uint256 who) private pure returns (bool) {
        return who != 0 && who & (who - 1) == 0;
    }

    function _sumsOf(TestMember[] memory some, uint256 who) private pure returns (uint256 weight, uint256 hardware) {
        for (uint256 i = 0; i < some.length; ++i) {
            if (who >> i & 1 == 0) continue;
            weight += some[i].weight;
            if (some[i].class == MemberClass.HARDWARE) ++hardware;
        }
    }

    /// @dev Weights and classes drawn from the seed; equal weights where it is small.
    function _accounts(uint256 count, uint256 seed) private pure returns (TestMember[] memory accounts) {
        accounts = new TestMember[](count);
        for (uint256 i = 0; i < count; ++i) {
            accounts[i] = TestMembers.account(5000 + i);
            if (seed < 2) continue;
            accounts[i].weight = uint8(1 + (seed >> (3 * i)) % 3);
            accounts[i].class = MemberClass((seed >> (3 * i + 2)) % 2);
        }
        TestMembers.sort(accounts);
    }

    function _expectQuorums(uint8 low, uint8 high, uint8 hardware, bytes memory reason) private {
        _expectUnsound(TestMembers.encode(members, low, high, hardware), reason);
    }

    function _expectSpoiled(uint256 place, uint8 value, bytes memory reason) private {
        bytes memory spoiled = TestMembers.encode(members, 2, 2, 0);
        spoiled[place] = bytes1(value);
        _expectUnsound(spoiled, reason);
    }

    function _expectSigner(MemberKind kind, address signer, bytes4 reason) private {
        bytes memory key = kind == MemberKind.KEY ? new bytes(64) : bytes("");
        bytes memory bad = abi.encodePacked(
            uint8(2), uint8(2), uint8(0), uint8(kind), uint8(0), uint8(1), uint8(key.length), signer, key
        );
        _expectUnsound(bad, abi.encodeWithSelector(reason, 0, signer));
    }

    function _expectUnsound(bytes memory bad, bytes memory reason) private {
        expectRevert(reason);
        authority.requireSound(bad);
    }

    function _cut(bytes memory whole, uint256 length) private pure returns (bytes memory cut) {
        cut = new bytes(length);
        for (uint256 i = 0; i < length; ++i) {
            cut[i] = whole[i];
        }
    }
}
