// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ActionClass} from "../types/ActionClass.sol";
import {Call, Operation, OperationRecord, OperationState, VetoRecord} from "../types/Operation.sol";
import {Ppm} from "../types/Ppm.sol";
import {CancelRecoveries, Recovery, RecoveryRecord} from "../types/Recovery.sol";
import {Regime} from "../types/Regime.sol";
import {IPeople} from "./IPeople.sol";
import {IRegimeOracle} from "./IRegimeOracle.sol";

/// @notice People, who sign what they can read: operations, of one or more calls, that wait before anyone executes
/// them; and other contracts' intents, through `authorize`. Guardians may veto, and may recover a lost member set.
/// @dev Only the hash of the member set is stored, and whoever submits passes the set. MemberSets says how a set and
/// approvals are encoded; a proof for `authorize` is `length of the set (2 bytes) | set | approvals`.
/// Where IAuthority speaks of a threshold, it is a weight here.
///
/// Members sign the EIP-712 digest of the whole Operation; that digest is its id. Ids are independent: no queue.
/// Besides the errors named here the libraries' pass: MemberSets, MultisigTable, OperationBook,
/// OperationCalls, RecoveryBook, GuardianSet.
interface IMultisigAuthority is IPeople {
    /* ERRORS */

    /// @notice There is no contract at the oracle's address.
    error OracleWithoutCode(address oracle);

    /// @notice This is not the member set in force.
    error WrongSet(bytes32 given, bytes32 current);

    /// @notice The oracle is silent or old, and this class waits until it speaks again.
    error ClassBlocked(ActionClass class);

    /// @notice The time to accept it has passed.
    error DeadlinePassed(uint256 deadline, uint256 time);

    /// @notice The deadline is further away than any may be.
    error DeadlineTooFar(uint256 deadline, uint256 latest);

    /// @notice A call of the operation reverted, and all of it with it: it stays as it was.
    error CallReverted(uint256 index, bytes reason);

    /// @notice Only an operation of the authority's own does this.
    error NotThroughOperation(address caller);

    /// @notice The caller is not a guardian.
    error NotGuardian(address caller);

    /// @notice The recovery belongs to another round than the current one.
    error WrongRound(uint64 given, uint64 current);

    /* EVENTS */

    /// @notice A member set took effect; what earlier ones approved is void.
    /// @param epoch Its epoch, from 1.
    /// @param set The set in full, as it has to be passed from now on.
    event MembersChanged(uint64 indexed epoch, bytes set);

    /// @notice Guardians took office; the ones before left it.
    event GuardiansChanged(uint64 indexed guardianEpoch, address[] guardians);

    /// @notice An operation's approvals passed.
    /// @param id Its EIP-712 digest.
    /// @param callsHash What a veto counts by.
    /// @param operation In full, as it has to be passed for a veto or for execution.
    /// @param readyAt When it may be executed if the regime stays, in seconds.
    event OperationProposed(bytes32 indexed id, bytes32 indexed callsHash, Operation operation, uint256 readyAt);

    /// @notice An operation was executed.
    event OperationExecuted(bytes32 indexed id);

    /// @notice A guardian vetoed an operation; all that wait with the same calls are void with it.
    event OperationVetoed(bytes32 indexed id, bytes32 indexed callsHash, address indexed guardian);

    /// @notice A guardian supports a recovery.
    /// @param id Its id.
    /// @param guardian Who.
    /// @param recovery In full, as it has to be passed.
    /// @param supporters How many support it now.
    event RecoverySupported(bytes32 indexed id, address indexed guardian, Recovery recovery, uint8 supporters);

    /// @notice A recovery put its member set in force.
    event RecoveryFinished(bytes32 indexed id);

    /// @notice Members called off every recovery of a round.
    event RecoveriesCancelled(uint64 indexed round);

    /* EXTERNAL: OPERATIONS */

    /// @notice Enters an operation that members approved. Anyone may submit it.
    /// @param operation What was signed.
    /// @param set The member set in force.
    /// @param approvals Signatures of the operation's digest.
    /// @return id The operation's id: its digest.
    function propose(Operation calldata operation, bytes calldata set, bytes calldata approvals)
        external
        returns (bytes32 id);

    /// @notice Makes the calls of an operation that is Ready. Anyone may.
    /// @dev Marked Done before the first call. Nothing can be proposed or executed while the calls run.
    function execute(Operation calldata operation) external;

    /// @notice For a guardian: voids an operation that is Waiting or Ready, and all with the same calls.
    /// @dev At most twice in any 30 days for the same calls, whoever vetoes.
    function veto(Operation calldata operation) external;

    /* EXTERNAL: MEMBERS */

    /// @notice Puts a member set in force. Only through an operation of class D.
    function changeMembers(bytes calldata nextSet) external;

    /// @notice Puts guardians in office. Only through an operation of class D.
    /// @param guardians By ascending address.
    function changeGuardians(address[] calldata guardians) external;

    /* EXTERNAL: RECOVERY */

    /// @notice For a guardian: supports another member set; the first proposes it. More than half of the guardians
    /// within 7 days start a delay of 14 days.
    function supportRecovery(Recovery calldata recovery) external;

    /// @notice Puts a recovered set in force after its delay. Anyone may; nobody else is asked.
    function finishRecovery(Recovery calldata recovery) external;

    /// @notice Calls off every recovery of the current round. Anyone may submit it.
    /// @param intent What was signed.
    /// @param set The member set in force.
    /// @param approvals Signatures of its digest by members with the low weight, of any class.
    function cancelRecoveries(CancelRecoveries calldata intent, bytes calldata set, bytes calldata approvals) external;

    /* EXTERNAL: VIEWS */

    /// @notice What `authorize` and `propose` would ask for now.
    /// @param class Any but A0.
    /// @param value The action's share of the vault, in parts per million.
    /// @param set The member set in force.
    /// @return threshold The least weight.
    /// @return leastHardware How many of those who sign must be of class HARDWARE.
    /// @return delay From acceptance to execution, in seconds.
    /// @return blocked Whether the class has to wait for the oracle.
    /// @return regime The regime that decides; STRESSED when stale.
    /// @return stale Whether the oracle is silent or old.
    function explain(ActionClass class, Ppm value, bytes calldata set)
        external
        view
        returns (uint8 threshold, uint8 leastHardware, uint32 delay, bool blocked, Regime regime, bool stale);

    /// @notice What members sign, and the operation's id.
    function digestOf(Operation calldata operation) external view returns (bytes32);

    /// @notice What members sign to call off recoveries.
    function digestOf(CancelRecoveries calldata intent) external view returns (bytes32);

    /// @notice Where an operation stands now.
    function stateOf(Operation calldata operation) external view returns (OperationState);

    /// @notice Where a recovery stands now.
    function stateOf(Recovery calldata recovery) external view returns (OperationState);

    /// @notice What is kept of an operation.
    function operationRecord(bytes32 id) external view returns (OperationRecord memory);

    /// @notice What is kept of a recovery.
    function recoveryRecord(bytes32 id) external view returns (RecoveryRecord memory);

    /// @notice What is kept of the vetoes of a list of calls.
    function vetoesOf(Call[] calldata calls) external view returns (VetoRecord memory);

    /// @notice Returns if a member set could be put in force, reverts by the name of what is wrong with it if not.
    function requireSound(bytes calldata set) external view;

    /// @notice Hash of the member set in force.
    function setHash() external view returns (bytes32);

    /// @notice How many guardians there are.
    function guardianCount() external view returns (uint8);

    /// @notice The round that recoveries must name, from 1.
    function recoveryRound() external view returns (uint64);

    /// @notice Where the regime is read.
    function oracle() external view returns (IRegimeOracle);
}
