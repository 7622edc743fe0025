// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MultisigAuthority} from "../../contracts/MultisigAuthority.sol";
import {Operation} from "../../contracts/types/Operation.sol";
import {GasFixture} from "./GasFixture.sol";
import {MultisigFixture} from "./MultisigFixture.sol";
import {TestMember, TestMembers} from "./TestMembers.sol";
import {vm} from "./Vm.sol";
import {Register} from "./wallets/Register.sol";

/// @notice Founds multisigs of any size, and reports what the last transaction cost.
abstract contract MultisigGasFixture is MultisigFixture, GasFixture {
    TestMember[] internal members;

    function _propose(TestMember[] memory accounts, uint8 count, string memory what) internal returns (uint256) {
        _found(accounts, count);
        return _proposeBy((1 << uint256(count)) - 1, count, what);
    }

    function _proposeBy(uint256 who, uint8 threshold, string memory what) internal returns (uint256) {
        Operation memory operation = _operation(threshold);
        bytes memory approvals = TestMembers.approve(members, who, authority.digestOf(operation));
        authority.propose(operation, set, approvals);
        return report(what);
    }

    function _found(TestMember[] memory accounts, uint8 high) internal {
        delete members;
        for (uint256 i = 0; i < accounts.length; ++i) {
            members.push(accounts[i]);
        }
        uint8 low = uint8(accounts.length / 2 + 1);
        set = TestMembers.encode(accounts, low, high, 0);
        authority = new MultisigAuthority(set, threeGuardians(), oracle);
        register = new Register(address(authority));
    }

    function _operation(uint8 threshold) internal view returns (Operation memory operation) {
        operation = setting(7);
        operation.threshold = threshold;
        operation.deadline = uint64(START + 7 days);
    }

    function _accounts(uint256 count) internal pure returns (TestMember[] memory accounts) {
        accounts = new TestMember[](count);
        for (uint256 i = 0; i < count; ++i) {
            accounts[i] = TestMembers.account(900 + i);
        }
        TestMembers.sort(accounts);
    }
}
