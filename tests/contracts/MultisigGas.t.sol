// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IMultisigAuthority} from "../../contracts/interfaces/IMultisigAuthority.sol";
import {DevnetUSDC} from "../../contracts/mocks/DevnetUSDC.sol";
import {ActionClass} from "../../contracts/types/ActionClass.sol";
import {Operation} from "../../contracts/types/Operation.sol";
import {Recovery} from "../../contracts/types/Recovery.sol";
import {MultisigGasFixture} from "./MultisigGasFixture.sol";
import {TestMembers} from "./TestMembers.sol";
import {vm} from "./Vm.sol";

/// @dev Runs each test as transactions of their own, with cold storage. Figures are of the whole transaction, the
/// 21,000 and the calldata included.
/// forge-config: default.isolate = true
contract GivenMembersWhoPayForGas is MultisigGasFixture {
    /// @dev A little above what was measured: a change that costs more must say so here.
    uint256 private constant MOST_QUEUE_AND_EXECUTE_GAS = 160_000;
    uint256 private constant MOST_VETO_GAS = 65_000;
    uint256 private constant MOST_CHANGE_GAS = 185_000;

    uint256 private constant MOST_SIGNER_GAS = 5_200;
    uint256 private constant MOST_MEMBER_GAS = 5_400;

    function test_WhenOneMoreAccountSigns_ThenAtMost5200Gas() external {
        uint256 ten = _propose(_accounts(11), 10, "propose, 10 accounts of 11");
        _found(_accounts(11), 6);
        uint256 six = _proposeBy(63, 6, "propose, 6 accounts of 11");
        uint256 signer = (ten - six) / 4;
        keep("one more ECDSA member of the set signs", signer);
        vm.assertLe(signer, MOST_SIGNER_GAS, "one more signs");

        uint256 three = _propose(_accounts(4), 3, "propose, 3 accounts of 4");
        uint256 member = (ten - three) / 7;
        keep("one more ECDSA member is in the set and signs", member);
        vm.assertLe(member, MOST_MEMBER_GAS, "one more member");
    }

    function test_WhenQueuedAndExecutedByThree_ThenCostsAreBounded() external {
        _found(_accounts(4), 3);
        DevnetUSDC usdc = new DevnetUSDC();
        usdc.mint(address(authority), 10);
        usdc.mint(ANYONE, 1);
        Operation memory operation =
            operationOn(address(usdc), abi.encodeCall(usdc.transfer, (ANYONE, 5)), ActionClass.C);
        operation.threshold = 3;
        bytes memory approvals = TestMembers.approve(members, 7, authority.digestOf(operation));
        authority.propose(operation, set, approvals);
        uint256 queue = report("propose an ERC-20 transfer, 3 accounts of 4");
        skip(24 hours);
        authority.execute(operation);
        uint256 execution = report("execute an ERC-20 transfer to a holder");
        vm.assertLe(queue + execution, MOST_QUEUE_AND_EXECUTE_GAS, "queue and execute");
    }

    function test_WhenVetoed_ThenCostsAreBounded() external {
        Operation memory operation = setting(7);
        propose(operation);
        veto(operation);
        vm.assertLe(report("veto, the first of these calls"), MOST_VETO_GAS, "veto");
        skip(1);
        operation.nonce = 1;
        operation.deadline += 1;
        propose(operation);
        veto(operation);
        vm.assertLe(report("veto, the second"), MOST_VETO_GAS, "veto");
    }

    function test_WhenMembersChangeOrAreRecovered_ThenCostsAreBounded() external {
        _found(_accounts(4), 3);
        bytes memory next = TestMembers.encode(_accounts(5), 3, 4, 0);
        Operation memory operation = ownOperation(abi.encodeCall(IMultisigAuthority.changeMembers, (next)));
        operation.threshold = 3;
        bytes memory approvals = TestMembers.approve(members, 7, authority.digestOf(operation));
        authority.propose(operation, set, approvals);
        uint256 change = report("propose another set of 5");
        skip(48 hours);
        authority.execute(operation);
        change += report("execute, another set of 5");
        vm.assertLe(change, MOST_CHANGE_GAS, "change");

        Recovery memory recovery = aRecovery(set);
        support(GUARDIAN, recovery);
        report("supportRecovery, the first");
        support(GUARDIAN_2, recovery);
        report("supportRecovery, the second");
        skip(14 days);
        authority.finishRecovery(recovery);
        report("finishRecovery");
    }
}
