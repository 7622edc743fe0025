// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MemberSets} from "../../contracts/libraries/MemberSets.sol";
import {Operation} from "../../contracts/types/Operation.sol";
import {MultisigGasFixture} from "./MultisigGasFixture.sol";
import {Curve, TestMember, TestMembers} from "./TestMembers.sol";
import {vm} from "./Vm.sol";
import {ERC7913P256Verifier} from "@openzeppelin/contracts/utils/cryptography/verifiers/ERC7913P256Verifier.sol";
import {
    ERC7913WebAuthnVerifier
} from "@openzeppelin/contracts/utils/cryptography/verifiers/ERC7913WebAuthnVerifier.sol";

/// @dev In a file of its own: OpenZeppelin's P256 does not compile without the optimizer, so coverage leaves it out
/// (`--skip MultisigPasskeys.t.sol`). Transactions of their own, as in MultisigGas.
/// forge-config: default.isolate = true
contract GivenPasskeysAmongTheMembers is MultisigGasFixture {
    /// @dev A little above what was measured: a change that costs more must say so here.
    uint256 private constant MOST_EXTRA_P256_GAS = 13_000;

    function test_WhenPasskeysAndADelegatingAccountAreMembers_ThenAnyTwoSign() external {
        _found(_mixed(), 2);
        for (uint256 absent = 0; absent < 3; ++absent) {
            Operation memory operation = setting(absent);
            operation.threshold = 2;
            bytes memory approvals = TestMembers.approve(members, 7 ^ (1 << absent), authority.digestOf(operation));
            authority.propose(operation, set, approvals);
        }
    }

    function test_WhenAPasskeySignedSomethingElse_ThenRevertsInvalidApproval() external {
        _found(_mixed(), 2);
        Operation memory operation = setting(1);
        operation.threshold = 2;
        bytes32 other = authority.digestOf(setting(2));
        for (uint256 i = 0; i < 3; ++i) {
            bytes memory approval = TestMembers.approval(i, TestMembers.sign(members[i], other));
            expectRevert(abi.encodeWithSelector(MemberSets.InvalidApproval.selector, i));
            authority.propose(operation, set, approval);
        }
    }

    function test_WhenOneIsAPasskey_ThenTheExtraIsBounded() external {
        uint256 three = _propose(_accounts(4), 3, "propose, 3 accounts of 4");
        TestMember[] memory four = new TestMember[](4);
        TestMember[] memory accounts = _accounts(3);
        (four[0], four[1], four[2]) = (accounts[0], accounts[1], accounts[2]);
        four[3] = TestMembers.passkey(address(new ERC7913P256Verifier()), 5, Curve.P256_RAW);
        TestMembers.sort(four);
        uint256 who = 15;
        for (uint256 i = 0; i < 4; ++i) {
            // One of the accounts stays away.
            if (four[i].curve == Curve.SECP256K1) who = 15 ^ (1 << i);
        }
        _found(four, 3);
        uint256 withKey = _proposeBy(who, 3, "propose, 2 accounts and a P-256 key of 4");
        keep("P-256 member, extra", withKey - three);
        vm.assertLe(withKey - three, MOST_EXTRA_P256_GAS, "extra");
    }

    function _mixed() private returns (TestMember[] memory three) {
        three = new TestMember[](3);
        three[0] = TestMembers.passkey(address(new ERC7913WebAuthnVerifier()), 77, Curve.P256_WEBAUTHN);
        three[1] = TestMembers.passkey(address(new ERC7913P256Verifier()), 78, Curve.P256_RAW);
        three[2] = TestMembers.account(79);
        vm.etch(vm.addr(79), abi.encodePacked(hex"ef0100", address(register)));
        TestMembers.sort(three);
    }
}
