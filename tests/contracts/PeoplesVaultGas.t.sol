// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CollateralVault} from "../../contracts/CollateralVault.sol";
import {MultisigAuthority} from "../../contracts/MultisigAuthority.sol";
import {ActionClass} from "../../contracts/types/ActionClass.sol";
import {Expedite} from "../../contracts/types/Expedite.sol";
import {Regime} from "../../contracts/types/Regime.sol";
import {GasFixture} from "./GasFixture.sol";
import {TestMember, TestMembers} from "./TestMembers.sol";
import {VaultFixture} from "./VaultFixture.sol";
import {vm} from "./Vm.sol";

/// @notice A vault whose releases people shorten, where others have custodians.
/// @dev Each test as transactions of their own. Figures are of the whole transaction, to a recipient who holds the token.
/// forge-config: default.isolate = true
contract GivenAVaultOfPeople is VaultFixture, GasFixture {
    uint256 private constant FIRST_SECRET = 900;

    /// @dev A little above what was measured: a change that costs more must say so here.
    uint256 private constant MOST_BY_THREE_GAS = 117_000;
    uint256 private constant MOST_BY_TEN_GAS = 155_000;

    bytes private _set;

    function test_WhenThreeOfFourShortenARelease_ThenCostsAreBounded() external {
        vm.assertLe(_pay(4, "expedite by 3 of the people, paid at once"), MOST_BY_THREE_GAS, "three");
    }

    function test_WhenTenOfElevenShortenARelease_ThenCostsAreBounded() external {
        vm.assertLe(_pay(11, "expedite by 10 of the people, paid at once"), MOST_BY_TEN_GAS, "ten");
    }

    /// @dev What people sign is judged by the same table: in stress all of them would not do at once.
    function test_WhenStressComes_ThenPeopleWaitToo() external {
        Expedite memory intent = _prepare(4);
        setRegime(Regime.STRESSED);
        vault.expedite(intent, _proof(intent, 3));
        vm.assertEq(vault.acceptance(vault.digestOf(intent)).acceptedAt, block.timestamp, "accepted, and waits");
    }

    function _pay(uint8 members, string memory operation) private returns (uint256 used) {
        usdc.mint(ALICE, USDC);
        Expedite memory before = _prepare(members);
        vault.expedite(before, _proof(before, members - 1));
        skip(1 hours);
        Expedite memory intent = _intent();
        vault.expedite(intent, _proof(intent, members - 1));
        used = report(operation);
        vm.assertEq(usdc.balanceOf(ALICE), 3 * USDC, "paid");
    }

    /// @dev All but one must sign.
    function _prepare(uint8 members) private returns (Expedite memory) {
        _set = TestMembers.encode(_accounts(members), members - 1, members - 1, 0);
        address[] memory guardians = new address[](3);
        (guardians[0], guardians[1], guardians[2]) = (GUARDIAN, GUARDIAN_2, GUARDIAN_3);
        MultisigAuthority signers = new MultisigAuthority(_set, guardians, oracle);
        vault = new CollateralVault(usdc, signers, people, oracle, VENUE);
        deposit(WHALE, VAULT_SIZE);
        skip(2 days);
        return _intent();
    }

    function _intent() private returns (Expedite memory intent) {
        intent = anExpedite(aRelease(USDC), ActionClass.B, 0);
        intent.threshold = uint8(_set[0]);
        intent.epoch = 1;
    }

    function _proof(Expedite memory intent, uint256 count) private returns (bytes memory) {
        TestMember[] memory members = _accounts(count + 1);
        bytes memory approvals = TestMembers.approve(members, (1 << count) - 1, vault.digestOf(intent));
        return abi.encodePacked(uint16(_set.length), _set, approvals);
    }

    function _accounts(uint256 count) private pure returns (TestMember[] memory accounts) {
        accounts = new TestMember[](count);
        for (uint256 i = 0; i < count; ++i) {
            accounts[i] = TestMembers.account(FIRST_SECRET + i);
        }
        TestMembers.sort(accounts);
    }
}
