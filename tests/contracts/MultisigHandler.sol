// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MultisigAuthority} from "../../contracts/MultisigAuthority.sol";
import {IMultisigAuthority} from "../../contracts/interfaces/IMultisigAuthority.sol";
import {DevnetRegimeOracle} from "../../contracts/mocks/DevnetRegimeOracle.sol";
import {ActionClass} from "../../contracts/types/ActionClass.sol";
import {Call, Operation, OperationState} from "../../contracts/types/Operation.sol";
import {CancelRecoveries, Recovery} from "../../contracts/types/Recovery.sol";
import {Regime} from "../../contracts/types/Regime.sol";
import {TestMember, TestMembers} from "./TestMembers.sol";
import {vm, within} from "./Vm.sol";
import {Register} from "./wallets/Register.sol";

/// @notice Does anything anybody may do, in any order, and keeps a model of what must come of it.
/// @dev Bounded: no call of it may revert, so a revert is a finding. What must be refused is tried too. The model's
/// table of delays and its rules are written out again here.
contract MultisigHandler {
    struct Known {
        uint256 content;
        uint256 acceptedAt;
        uint64 epoch;
        bool done;
        bool vetoed;
        OperationState seen;
    }

    struct KnownRecovery {
        uint64 round;
        uint256 startedAt;
        uint256 proposedAt;
        uint8 supporters;
        bool done;
        OperationState seen;
    }

    uint256 private constant CONTENTS = 4;
    uint256 private constant ON_MEMBERS = 2;
    uint256 private constant ON_GUARDIANS = 3;
    uint8 private constant QUORUM = 3;

    MultisigAuthority public immutable authority;
    DevnetRegimeOracle public immutable oracle;
    Register public immutable register;

    TestMember[] private _members;
    bytes private _otherSet;
    bytes private _firstSet;
    bool private _first = true;
    address[] private _guardians;

    Operation[] private _operations;
    Known[] public known;
    Recovery[] private _recoveries;
    KnownRecovery[] public knownRecoveries;

    /// @dev The model's totals.
    uint256 public writes;
    uint64 public epoch = 1;
    uint64 public round;
    mapping(uint256 content => uint256 time) public vetoedUntil;
    mapping(uint256 content => uint256[] times) private _vetoTimes;

    constructor(
        MultisigAuthority authority_,
        DevnetRegimeOracle oracle_,
        Register register_,
        TestMember[] memory members,
        address[] memory guardians
    ) {
        (authority, oracle, register) = (authority_, oracle_, register_);
        for (uint256 i = 0; i < members.length; ++i) {
            _members.push(members[i]);
        }
        _guardians = guardians;
        // The same four people; the sets differ in what they ask for.
        _firstSet = TestMembers.encode(members, QUORUM, QUORUM, 0);
        _otherSet = TestMembers.encode(members, QUORUM, QUORUM, 1);
        round = authority_.recoveryRound();
    }

    /* MOVES */

    function propose(uint256 content, uint256 who, uint256 deadline, bool past) external {
        Operation memory operation = _operation(content % CONTENTS);
        operation.nonce = _operations.length;
        operation.deadline = uint64(past ? block.timestamp - 1 : block.timestamp + within(deadline, 0, 8 days));
        // Mostly enough of them.
        who = who % 4 == 0 ? who % 16 : 15 ^ (1 << (who % 4));
        bytes memory approvals = TestMembers.approve(_members, who, authority.digestOf(operation));
        bool inTime = !past && operation.deadline <= block.timestamp + 7 days;
        bool fresh = vetoedUntil[content % CONTENTS] < block.timestamp;
        bool allowed = inTime && fresh && _count(who) >= QUORUM && !_blocked(content % CONTENTS);
        try authority.propose(operation, _set(), approvals) {
            vm.assertTrue(allowed, "proposed against the rules");
            _keep(operation, content % CONTENTS);
        } catch {
            vm.assertTrue(!allowed, "allowed and refused");
        }
    }

    function execute(uint256 seed, bool patient) external {
        if (_operations.length == 0) return;
        uint256 i = seed % _operations.length;
        if (patient) vm.warp(block.timestamp + _delay(known[i].content));
        bool ready = expectedOf(i) == OperationState.Ready;
        try authority.execute(_operations[i]) {
            vm.assertTrue(ready, "executed and not ready");
            _effect(i);
        } catch {
            vm.assertTrue(!ready, "ready and not executed");
        }
    }

    function veto(uint256 seed, uint256 guardian, bool stranger) external {
        if (_operations.length == 0) return;
        uint256 i = seed % _operations.length;
        OperationState state = expectedOf(i);
        bool open = state == OperationState.Waiting || state == OperationState.Ready;
        bool allowed = !stranger && open && _mayVeto(known[i].content);
        vm.prank(stranger ? address(0xBAD) : _guardians[guardian % _guardians.length]);
        try authority.veto(_operations[i]) {
            vm.assertTrue(allowed, "vetoed against the rules");
            known[i].vetoed = true;
            vetoedUntil[known[i].content] = block.timestamp;
            _vetoTimes[known[i].content].push(block.timestamp);
        } catch {
            vm.assertTrue(!allowed, "allowed and not vetoed");
        }
    }

    /// @dev The same calls proposed and vetoed one after the other, until the limit or past it.
    function quarrel(uint256 content, uint256 times, uint256 gap) external {
        for (uint256 i = 0; i < within(times, 1, 4); ++i) {
            vm.warp(block.timestamp + within(gap, 1, 16 days));
            this.propose(content, 1, 1 days, false);
            if (_operations.length != 0) this.veto(_operations.length - 1, i, false);
        }
    }

    function supportRecovery(uint256 seed, uint256 guardian, bool another) external {
        if (_recoveries.length == 0 || another) {
            _recoveries.push(Recovery({nextSet: _firstSet, round: round, nonce: _recoveries.length}));
            knownRecoveries.push();
            knownRecoveries[_recoveries.length - 1].round = round;
        }
        uint256 i = seed % _recoveries.length;
        KnownRecovery storage model = knownRecoveries[i];
        OperationState state = expectedOfRecovery(i);
        bool open = state == OperationState.Unset || state == OperationState.Waiting;
        bool allowed = open && model.round == round;
        vm.prank(_guardians[guardian % _guardians.length]);
        try authority.supportRecovery(_recoveries[i]) {
            vm.assertTrue(allowed, "supported against the rules");
            if (model.supporters == 0) model.proposedAt = block.timestamp;
            model.supporters += 1;
            if (model.supporters == 2) model.startedAt = block.timestamp;
        } catch {
            // The same guardian may have come twice, which the model does not follow.
            vm.assertTrue(!allowed || model.supporters != 0, "allowed and refused");
        }
    }

    function finishRecovery(uint256 seed, bool patient) external {
        if (_recoveries.length == 0) return;
        uint256 i = seed % _recoveries.length;
        if (patient) vm.warp(block.timestamp + 14 days);
        bool ready = expectedOfRecovery(i) == OperationState.Ready;
        try authority.finishRecovery(_recoveries[i]) {
            vm.assertTrue(ready, "finished and not ready");
            knownRecoveries[i].done = true;
            _changed(true);
        } catch {
            vm.assertTrue(!ready, "ready and not finished");
        }
    }

    function cancelRecoveries(uint256 who) external {
        who = who % 16;
        CancelRecoveries memory intent =
            CancelRecoveries({setEpoch: epoch, round: round, deadline: uint64(block.timestamp)});
        bytes memory approvals = TestMembers.approve(_members, who, authority.digestOf(intent));
        try authority.cancelRecoveries(intent, _set(), approvals) {
            vm.assertTrue(_count(who) >= QUORUM, "called off by few");
            round += 1;
        } catch {
            vm.assertTrue(_count(who) < QUORUM, "a quorum was refused");
        }
    }

    function setRegime(uint8 regime, bool stale) external {
        vm.prank(oracle.deployer());
        oracle.set(Regime(regime % 3), stale && regime % 2 == 0);
    }

    function wait(uint256 time) external {
        vm.warp(block.timestamp + within(time, 1, time % 4 == 0 ? 10 days : 1 days));
    }

    /// @dev Looks at everything, and remembers: what was for ever must still be.
    function look() external {
        for (uint256 i = 0; i < known.length; ++i) {
            OperationState state = stateOf(i);
            vm.assertTrue(!_isForEver(known[i].seen) || state == known[i].seen, "an operation came back");
            known[i].seen = state;
        }
        for (uint256 i = 0; i < knownRecoveries.length; ++i) {
            OperationState state = stateOfRecovery(i);
            vm.assertTrue(!_isForEver(knownRecoveries[i].seen) || state == knownRecoveries[i].seen, "came back");
            knownRecoveries[i].seen = state;
        }
    }

    /* VIEWS */

    function count() external view returns (uint256) {
        return _operations.length;
    }

    function recoveryCount() external view returns (uint256) {
        return _recoveries.length;
    }

    function stateOf(uint256 i) public view returns (OperationState) {
        return authority.stateOf(_operations[i]);
    }

    function stateOfRecovery(uint256 i) public view returns (OperationState) {
        return authority.stateOf(_recoveries[i]);
    }

    function setHash() external view returns (bytes32) {
        return keccak256(_set());
    }

    /// @notice Where the model has an operation stand.
    function expectedOf(uint256 i) public view returns (OperationState) {
        Known memory model = known[i];
        if (model.done) return OperationState.Done;
        if (model.vetoed) return OperationState.Vetoed;
        uint256 longest = model.content >= ON_MEMBERS ? 7 days : 72 hours;
        bool void = model.epoch != epoch || block.timestamp > model.acceptedAt + longest + 7 days;
        if (void || model.acceptedAt <= vetoedUntil[model.content]) return OperationState.Lapsed;
        bool waits = _blocked(model.content) || block.timestamp < model.acceptedAt + _delay(model.content);
        return waits ? OperationState.Waiting : OperationState.Ready;
    }

    /// @notice Where the model has a recovery stand.
    function expectedOfRecovery(uint256 i) public view returns (OperationState) {
        KnownRecovery memory model = knownRecoveries[i];
        if (model.supporters == 0) return OperationState.Unset;
        if (model.done) return OperationState.Done;
        if (model.round != round) return OperationState.Lapsed;
        if (model.startedAt == 0) {
            return block.timestamp > model.proposedAt + 7 days ? OperationState.Lapsed : OperationState.Waiting;
        }
        if (block.timestamp < model.startedAt + 14 days) return OperationState.Waiting;
        return block.timestamp > model.startedAt + 21 days ? OperationState.Lapsed : OperationState.Ready;
    }

    /* PRIVATE */

    function _operation(uint256 content) private view returns (Operation memory operation) {
        operation.calls = new Call[](1);
        bool own = content >= ON_MEMBERS;
        operation.calls[0].target = own ? address(authority) : address(register);
        operation.calls[0].data = _data(content);
        operation.class = own ? ActionClass.D : ActionClass.C;
        operation.setEpoch = epoch;
        operation.threshold = QUORUM;
    }

    function _data(uint256 content) private view returns (bytes memory) {
        if (content == ON_MEMBERS) return abi.encodeCall(IMultisigAuthority.changeMembers, (_otherSet));
        if (content == ON_GUARDIANS) return abi.encodeCall(IMultisigAuthority.changeGuardians, (_guardians));
        return abi.encodeCall(Register.set, (content));
    }

    function _keep(Operation memory operation, uint256 content) private {
        Operation storage kept = _operations.push();
        kept.calls.push(operation.calls[0]);
        kept.class = operation.class;
        kept.setEpoch = operation.setEpoch;
        kept.threshold = operation.threshold;
        kept.nonce = operation.nonce;
        kept.deadline = operation.deadline;
        known.push(Known(content, block.timestamp, epoch, false, false, OperationState.Unset));
    }

    function _effect(uint256 i) private {
        known[i].done = true;
        delete _vetoTimes[known[i].content];
        if (known[i].content == ON_MEMBERS) {
            _changed(false);
        } else if (known[i].content == ON_GUARDIANS) {
            round += 1;
        } else {
            writes += 1;
        }
    }

    /// @dev Operations put the other set in force, recoveries the first.
    function _changed(bool first) private {
        _first = first;
        epoch += 1;
        round += 1;
    }

    /// @dev No more than two in any 30 days: this one and those of the last 30.
    function _mayVeto(uint256 content) private view returns (bool) {
        uint256[] storage times = _vetoTimes[content];
        uint256 recent = 0;
        for (uint256 i = 0; i < times.length; ++i) {
            if (times[i] + 30 days > block.timestamp) recent += 1;
        }
        return recent < 2;
    }

    function _blocked(uint256 content) private view returns (bool stale) {
        (, stale) = oracle.regime();
        return stale && content < ON_MEMBERS;
    }

    function _delay(uint256 content) private view returns (uint256) {
        (Regime regime, bool stale) = oracle.regime();
        uint256 column = stale ? 2 : uint256(regime);
        uint24[3] memory c = [uint24(24 hours), 48 hours, 72 hours];
        uint24[3] memory d = [uint24(48 hours), 72 hours, 7 days];
        return content < ON_MEMBERS ? c[column] : d[column];
    }

    function _isForEver(OperationState state) private pure returns (bool) {
        return state == OperationState.Done || state == OperationState.Vetoed || state == OperationState.Lapsed;
    }

    function _set() private view returns (bytes memory) {
        return _first ? _firstSet : _otherSet;
    }

    function _count(uint256 who) private pure returns (uint256 signers) {
        for (; who != 0; who >>= 1) {
            signers += who & 1;
        }
    }
}
