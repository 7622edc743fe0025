// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAuthority} from "./interfaces/IAuthority.sol";
import {IGuardians} from "./interfaces/IGuardians.sol";
import {IMultisigAuthority} from "./interfaces/IMultisigAuthority.sol";
import {IRegimeOracle} from "./interfaces/IRegimeOracle.sol";
import {GuardianSet} from "./libraries/GuardianSet.sol";
import {MemberSets} from "./libraries/MemberSets.sol";
import {MultisigTable} from "./libraries/MultisigTable.sol";
import {OperationBook} from "./libraries/OperationBook.sol";
import {OperationCalls} from "./libraries/OperationCalls.sol";
import {RecoveryBook} from "./libraries/RecoveryBook.sol";
import {RegimeReading} from "./libraries/RegimeReading.sol";
import {ActionClass} from "./types/ActionClass.sol";
import {Quorums} from "./types/Member.sol";
import {
    Call,
    Operation,
    OperationRecord,
    OperationState,
    VetoRecord,
    hashCalls,
    hashOperation
} from "./types/Operation.sol";
import {NO_VALUE, Ppm} from "./types/Ppm.sol";
import {CancelRecoveries, Recovery, RecoveryRecord, hashCancelRecoveries, recoveryId} from "./types/Recovery.sol";
import {Regime} from "./types/Regime.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

/// @notice People sign decoded operations; a public delay, guardians and a fixed table stand between that and effect.
/// @dev TRUST: members with the high weight together are trusted with what this contract may do elsewhere. More than
/// half of the guardians are trusted with the member set where no low weight of members is left to say no. The oracle
/// is trusted to choose the column, and dead it counts as stress. A verifier or a contract that is a member is trusted
/// with that member's word. No owner, no proxy, no delegatecall.
/// @custom:invariant INV-MULTI-9 An approval counts only for this contract, this chain, its epoch and what it spells
/// out, and is accepted only before its deadline.
/// @custom:invariant INV-MULTI-10 The member set changes only by an operation of class D or by a recovery; its epoch
/// rises by one, and every operation and recovery of before is void.
/// @custom:invariant INV-MULTI-11 Whatever its calls do, an operation is executed once, and nothing becomes Ready
/// while they run.
/// @custom:invariant INV-MULTI-12 No code but this contract's own runs in its place.
contract MultisigAuthority is IMultisigAuthority, EIP712, ReentrancyGuardTransient {
    using OperationBook for OperationBook.Book;
    using RecoveryBook for RecoveryBook.Book;

    /* TYPES */

    /// @dev What nearly every call reads, in one slot.
    struct State {
        uint64 setEpoch;
        uint64 guardianEpoch;
        uint64 round;
        uint8 guardians;
    }

    /* CONSTANTS */

    uint256 private constant MAX_DEADLINE = 7 days;

    /// @dev Of the length that begins a proof.
    uint256 private constant LENGTH_BYTES = 2;

    /* IMMUTABLES */

    /// @inheritdoc IMultisigAuthority
    IRegimeOracle public immutable oracle;

    /* STORAGE */

    /// @inheritdoc IMultisigAuthority
    bytes32 public setHash;

    State private _state;

    OperationBook.Book private _operations;

    RecoveryBook.Book private _recoveries;

    mapping(uint64 guardianEpoch => mapping(address account => bool guards)) private _guardians;

    /* CONSTRUCTOR */

    /// @param set The first member set.
    /// @param guardians The first guardians, by ascending address.
    /// @param oracle_ Where the regime is read, for ever.
    constructor(bytes memory set, address[] memory guardians, IRegimeOracle oracle_) EIP712("MultisigAuthority", "1") {
        require(address(oracle_).code.length != 0, OracleWithoutCode(address(oracle_)));
        oracle = oracle_;
        MemberSets.requireSound(set);
        _putMembersInForce(set);
        GuardianSet.requireSound(guardians);
        _putGuardiansInOffice(guardians);
    }

    /// @notice Takes ether, for operations that send some.
    receive() external payable {}

    /* EXTERNAL: OPERATIONS */

    /// @inheritdoc IMultisigAuthority
    function propose(Operation calldata operation, bytes calldata set, bytes calldata approvals)
        external
        nonReentrant
        returns (bytes32 id)
    {
        _requireAcceptable(operation.deadline);
        OperationCalls.requireFinishable(operation);
        bytes32 callsHash;
        (id, callsHash) = _idOf(operation);
        Action memory action =
            Action({class: operation.class, epoch: operation.setEpoch, threshold: operation.threshold});
        uint32 delay = _judge(action, NO_VALUE, id, set, approvals);
        _operations.accept(id, callsHash, operation.class, operation.setEpoch);
        emit OperationProposed(id, callsHash, operation, block.timestamp + delay);
    }

    /// @inheritdoc IMultisigAuthority
    function execute(Operation calldata operation) external nonReentrant {
        (bytes32 id, bytes32 callsHash) = _idOf(operation);
        (Regime regime, bool stale) = RegimeReading.read(address(oracle));
        _operations.consume(id, callsHash, _state.setEpoch, regime, stale);
        emit OperationExecuted(id);

        for (uint256 i = 0; i < operation.calls.length; ++i) {
            Call calldata call = operation.calls[i];
            OperationCalls.requireTakesData(call, i);
            (bool success, bytes memory reason) = call.target.call{value: call.value}(call.data);
            require(success, CallReverted(i, reason));
        }
    }

    /// @inheritdoc IMultisigAuthority
    function veto(Operation calldata operation) external {
        State memory state = _state;
        _requireGuardian(state);
        (bytes32 id, bytes32 callsHash) = _idOf(operation);
        _operations.veto(id, callsHash, state.setEpoch);
        emit OperationVetoed(id, callsHash, msg.sender);
    }

    /* EXTERNAL: MEMBERS */

    /// @inheritdoc IMultisigAuthority
    /// @dev The set was found sound when the operation was proposed: see OperationCalls.
    function changeMembers(bytes calldata nextSet) external {
        require(msg.sender == address(this), NotThroughOperation(msg.sender));
        _putMembersInForce(nextSet);
    }

    /// @inheritdoc IMultisigAuthority
    function changeGuardians(address[] calldata guardians) external {
        require(msg.sender == address(this), NotThroughOperation(msg.sender));
        _putGuardiansInOffice(guardians);
    }

    /* EXTERNAL: RECOVERY */

    /// @inheritdoc IMultisigAuthority
    function supportRecovery(Recovery calldata recovery) external {
        State memory state = _state;
        _requireGuardian(state);
        require(recovery.round == state.round, WrongRound(recovery.round, state.round));
        MemberSets.requireSound(recovery.nextSet);
        bytes32 id = recoveryId(recovery);
        uint8 supporters = _recoveries.add(id, state.round, msg.sender, GuardianSet.quorumOf(state.guardians));
        emit RecoverySupported(id, msg.sender, recovery, supporters);
    }

    /// @inheritdoc IMultisigAuthority
    function finishRecovery(Recovery calldata recovery) external {
        bytes32 id = recoveryId(recovery);
        _recoveries.finish(id, _state.round);
        emit RecoveryFinished(id);
        _putMembersInForce(recovery.nextSet);
    }

    /// @inheritdoc IMultisigAuthority
    function cancelRecoveries(CancelRecoveries calldata intent, bytes calldata set, bytes calldata approvals) external {
        State memory state = _state;
        _requireAcceptable(intent.deadline);
        require(intent.round == state.round, WrongRound(intent.round, state.round));
        _requireInForce(intent.setEpoch, state.setEpoch, set);
        MemberSets.requireApproved(set, approvals, digestOf(intent), MemberSets.quorums(set).low, 0);
        _state.round = state.round + 1;
        emit RecoveriesCancelled(state.round);
    }

    /* EXTERNAL: VIEWS */

    /// @inheritdoc IAuthority
    function authorize(Action calldata action, Ppm value, bytes32 digest, bytes calldata proof)
        external
        view
        returns (uint32 delay)
    {
        require(proof.length >= LENGTH_BYTES, MalformedProof(proof.length));
        uint256 setEnd = LENGTH_BYTES + uint16(bytes2(proof));
        require(setEnd <= proof.length, MalformedProof(proof.length));
        return _judge(action, value, digest, proof[LENGTH_BYTES:setEnd], proof[setEnd:]);
    }

    /// @inheritdoc IMultisigAuthority
    function explain(ActionClass class, Ppm value, bytes calldata set)
        external
        view
        returns (uint8 threshold, uint8 leastHardware, uint32 delay, bool blocked, Regime regime, bool stale)
    {
        _requireInForce(_state.setEpoch, _state.setEpoch, set);
        Quorums memory quorums = MemberSets.quorums(set);
        (regime, stale) = RegimeReading.read(address(oracle));
        bool needsHigh;
        (needsHigh, delay, blocked) = MultisigTable.rule(class, regime, stale, value);
        threshold = needsHigh ? quorums.high : quorums.low;
        return (threshold, quorums.leastHardware, delay, blocked, regime, stale);
    }

    /// @inheritdoc IAuthority
    function longestDelay(ActionClass class) external pure returns (uint32 delay) {
        return MultisigTable.longestDelay(class);
    }

    /// @inheritdoc IAuthority
    function epoch() external view returns (uint64) {
        return _state.setEpoch;
    }

    /// @inheritdoc IMultisigAuthority
    function stateOf(Operation calldata operation) external view returns (OperationState) {
        (bytes32 id, bytes32 callsHash) = _idOf(operation);
        (Regime regime, bool stale) = RegimeReading.read(address(oracle));
        return _operations.stateOf(id, callsHash, _state.setEpoch, regime, stale);
    }

    /// @inheritdoc IMultisigAuthority
    function stateOf(Recovery calldata recovery) external view returns (OperationState) {
        return _recoveries.stateOf(recoveryId(recovery), _state.round);
    }

    /// @inheritdoc IMultisigAuthority
    function operationRecord(bytes32 id) external view returns (OperationRecord memory) {
        return _operations.records[id];
    }

    /// @inheritdoc IMultisigAuthority
    function recoveryRecord(bytes32 id) external view returns (RecoveryRecord memory) {
        return _recoveries.records[id];
    }

    /// @inheritdoc IMultisigAuthority
    function vetoesOf(Call[] calldata calls) external view returns (VetoRecord memory) {
        return _operations.vetoes[hashCalls(calls)];
    }

    /// @inheritdoc IMultisigAuthority
    function requireSound(bytes calldata set) external view {
        MemberSets.requireSound(set);
    }

    /// @inheritdoc IGuardians
    function isGuardian(address account) external view returns (bool) {
        return _guardians[_state.guardianEpoch][account];
    }

    /// @inheritdoc IMultisigAuthority
    function guardianCount() external view returns (uint8) {
        return _state.guardians;
    }

    /// @inheritdoc IMultisigAuthority
    function recoveryRound() external view returns (uint64) {
        return _state.round;
    }

    /* PUBLIC */

    /// @inheritdoc IMultisigAuthority
    function digestOf(Operation calldata operation) public view returns (bytes32 id) {
        (id,) = _idOf(operation);
    }

    /// @inheritdoc IMultisigAuthority
    function digestOf(CancelRecoveries calldata intent) public view returns (bytes32) {
        return _hashTypedDataV4(hashCancelRecoveries(intent));
    }

    /* PRIVATE */

    function _idOf(Operation calldata operation) private view returns (bytes32 id, bytes32 callsHash) {
        callsHash = hashCalls(operation.calls);
        id = _hashTypedDataV4(hashOperation(operation, callsHash));
    }

    /// @dev Whether the members in force signed `digest` with what the table asks for now; the delay it answers.
    function _judge(Action memory action, Ppm value, bytes32 digest, bytes calldata set, bytes calldata approvals)
        private
        view
        returns (uint32 delay)
    {
        _requireInForce(action.epoch, _state.setEpoch, set);
        Quorums memory quorums = MemberSets.quorums(set);
        delay = _requireReached(action, value, quorums);
        MemberSets.requireApproved(set, approvals, digest, action.threshold, quorums.leastHardware);
    }

    /// @dev Whether the action names the weight that the table asks for now; the delay it answers.
    function _requireReached(Action memory action, Ppm value, Quorums memory quorums)
        private
        view
        returns (uint32 delay)
    {
        (Regime regime, bool stale) = RegimeReading.read(address(oracle));
        bool needsHigh;
        bool blocked;
        (needsHigh, delay, blocked) = MultisigTable.rule(action.class, regime, stale, value);
        require(!blocked, ClassBlocked(action.class));
        uint8 required = needsHigh ? quorums.high : quorums.low;
        require(action.threshold >= required, ThresholdTooLow(action.threshold, required));
    }

    function _requireInForce(uint64 given, uint64 current, bytes calldata set) private view {
        require(given == current, WrongEpoch(given, current));
        bytes32 hash = keccak256(set);
        require(hash == setHash, WrongSet(hash, setHash));
    }

    function _requireAcceptable(uint256 deadline) private view {
        require(block.timestamp <= deadline, DeadlinePassed(deadline, block.timestamp));
        uint256 latest = block.timestamp + MAX_DEADLINE;
        require(deadline <= latest, DeadlineTooFar(deadline, latest));
    }

    function _requireGuardian(State memory state) private view {
        require(_guardians[state.guardianEpoch][msg.sender], NotGuardian(msg.sender));
    }

    function _putMembersInForce(bytes memory set) private {
        State memory state = _state;
        state.setEpoch += 1;
        state.round += 1;
        _state = state;
        setHash = keccak256(set);
        emit MembersChanged(state.setEpoch, set);
    }

    function _putGuardiansInOffice(address[] memory guardians) private {
        State memory state = _state;
        state.guardianEpoch += 1;
        state.round += 1;
        // The cast is safe: at most 16.
        state.guardians = uint8(guardians.length);
        _state = state;
        for (uint256 i = 0; i < guardians.length; ++i) {
            _guardians[state.guardianEpoch][guardians[i]] = true;
        }
        emit GuardiansChanged(state.guardianEpoch, guardians);
    }
}
