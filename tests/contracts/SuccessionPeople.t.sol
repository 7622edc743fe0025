// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ISuccession} from "../../contracts/interfaces/ISuccession.sol";
import {AcceptanceBook} from "../../contracts/libraries/AcceptanceBook.sol";
import {AcceptanceState} from "../../contracts/types/Acceptance.sol";
import {ActionClass} from "../../contracts/types/ActionClass.sol";
import {Heartbeat} from "../../contracts/types/Heartbeat.sol";
import {Successor} from "../../contracts/types/Successor.sol";
import {GroupSigner} from "./GroupSigner.sol";
import {SuccessionFixture} from "./SuccessionFixture.sol";
import {vm} from "./Vm.sol";

/// @notice The custodians have not been heard for two weeks.
contract GivenCustodiansThatAreSilent is SuccessionFixture {
    uint256 private constant SILENCE = 14 days;

    uint256 private _since;
    Successor private _intent;
    bytes32 private _digest;

    function setUp() public override {
        super.setUp();
        skip(SILENCE + 1);
        _since = block.timestamp;
        _intent = _byPeople();
        _digest = succession.digestOf(_intent);
    }

    /// @custom:invariant INV-SUCCESSION-4
    function test_WhenThePeopleName_ThenItTakesEffectAfterItsDelay() external {
        vm.expectEmit(true, true, true, true, address(succession));
        emit ISuccession.SuccessorAccepted(_digest, NEXT, true, _since + CALM_DELAY);
        _bring(_intent);
        bytes4 selector = AcceptanceBook.TooEarly.selector;
        _refuse(abi.encodeWithSelector(selector, _since, _since + CALM_DELAY));
        skip(CALM_DELAY);
        _bring(_intent);
        vm.assertEq(succession.successor(), NEXT, "named");
    }

    /// @custom:invariant INV-SUCCESSION-4
    function test_WhenTheCustodiansAreHeardMeanwhile_ThenItIsVoidForEver() external {
        _bring(_intent);
        _beat();
        skip(CALM_DELAY);
        bytes memory heard = abi.encodeWithSelector(ISuccession.CustodiansNotSilent.selector);
        _refuse(heard);
        // The last second in which they still count as heard, and the first in which they no longer do.
        vm.warp(_since + SILENCE);
        _refuse(heard);
        skip(1);
        _refuse(abi.encodeWithSelector(AcceptanceBook.Lapsed.selector, _digest, _since + SILENCE));
    }

    /// @custom:invariant INV-SUCCESSION-4
    function test_WhenTheyAreNotSilent_ThenThePeopleNameNobody() external {
        _beat();
        _refuse(abi.encodeWithSelector(ISuccession.CustodiansNotSilent.selector));
        skip(SILENCE);
        _refuse(abi.encodeWithSelector(ISuccession.CustodiansNotSilent.selector));
        skip(1);
        _intent.deadline = uint64(block.timestamp);
        _bring(_intent);
    }

    /// @custom:invariant INV-SUCCESSION-4
    function test_WhenTheCustodiansAcceptedTheSame_ThenThePeopleWaitForTheirOwnDelay() external {
        bring(_intent);
        skip(CALM_DELAY);
        _bring(_intent);
        vm.assertEq(uint8(succession.acceptance(_digest, true).state), uint8(AcceptanceState.Waiting), "waits");
        vm.assertEq(succession.successor(), address(0), "not yet");
    }

    /// @custom:invariant INV-SUCCESSION-3
    function test_WhenAGuardianVetoes_ThenItIsVoid() external {
        _bring(_intent);
        skip(1);
        vm.prank(GUARDIAN);
        succession.veto(_intent);
        skip(CALM_DELAY);
        _refuse(abi.encodeWithSelector(ISuccession.Vetoed.selector, _digest));
    }

    function _byPeople() private returns (Successor memory intent) {
        intent = aSuccessor(NEXT);
        (intent.epoch, intent.threshold) = (people.epoch(), PEOPLE_HIGH);
    }

    function _bring(Successor memory intent) private {
        bytes memory proof = peopleProof(succession.digestOf(intent), PEOPLE_HIGH);
        vm.prank(ANYONE);
        succession.nameByPeople(intent, proof);
    }

    function _refuse(bytes memory reason) private {
        bytes memory proof = peopleProof(succession.digestOf(_intent), PEOPLE_HIGH);
        expectRevert(reason);
        succession.nameByPeople(_intent, proof);
    }

    function _beat() private {
        Heartbeat memory beat = Heartbeat({
            epoch: 1, class: ActionClass.D0, threshold: HIGH, nonce: ++salt, deadline: uint64(block.timestamp + 1 days)
        });
        authority.heartbeat(beat, GroupSigner.sign(HIGH_SECRET, authority.digestOf(beat)));
    }
}
