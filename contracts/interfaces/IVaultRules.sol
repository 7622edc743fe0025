// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Acceptance} from "../types/Acceptance.sol";
import {ActionClass} from "../types/ActionClass.sol";
import {ParameterChange} from "../types/ParameterChange.sol";
import {Pause} from "../types/Pause.sol";
import {Unpause} from "../types/Unpause.sol";
import {IPeople} from "./IPeople.sol";

/// @notice What people may do about a vault's outflows: one guardian stops them for a while; all people together end
/// that sooner, and change how much may leave in a day. Neither reaches a release past its exit bound.
/// @dev Besides the errors named here the libraries' pass: AcceptanceBook, PauseClock, OutflowCap.
interface IVaultRules {
    /* ERRORS */

    /// @notice The intent is of a class that does not do this.
    error WrongClass(ActionClass given);

    /// @notice Only a guardian stops anything.
    error NotGuardian(address caller);

    /// @notice A pause is one guardian's.
    error NotOneGuardians(uint8 threshold);

    /// @notice The pause was signed in another epoch of the people's.
    error WrongPeopleEpoch(uint64 given, uint64 current);

    /// @notice The guardian that the pause names did not sign it.
    error InvalidGuardianSignature(address guardian);

    /// @notice The vault has no parameter of this name.
    error UnknownParameter(string parameter);

    /// @notice Another change took effect after this one was accepted: it is void for ever.
    error ChangeOvertaken(bytes32 digest, uint256 changedAt);

    /// @notice The parameter is not what the intent says it is.
    error ParameterMoved(uint256 given, uint256 current);

    /* EVENTS */

    /// @notice A guardian stopped outflows.
    /// @param until When they go on by themselves, in seconds.
    event OutflowsPaused(address indexed guardian, uint256 until);

    /// @notice The people's intent to end a pause waits for its delay.
    /// @param ripeAt When it ends, by the regime of now.
    event UnpauseAccepted(bytes32 indexed digest, uint256 ripeAt);

    /// @notice The people ended a pause before its time.
    event OutflowsUnpaused(bytes32 indexed digest);

    /// @notice The people's change of the outflow cap waits for its delay.
    /// @param ripeAt When it ends, by the regime of now.
    event OutflowCapChangeAccepted(bytes32 indexed digest, uint256 next, uint256 ripeAt);

    /// @notice The people changed the outflow cap.
    event OutflowCapChanged(bytes32 indexed digest, uint256 previous, uint256 next);

    /* EXTERNAL */

    /// @notice For a guardian: stops outflows for 72 h. Deposits, requests, cancels and margin go on.
    /// @dev Not sooner than the exit bound after the end of the last pause, whoever began it.
    function pause() external;

    /// @notice Stops outflows as a guardian has signed; anyone may bring the signature.
    /// @dev It serves once: its deadline is nearer than the time until the next pause.
    /// @param intent What was signed.
    /// @param signature The guardian's: of an account, or as ERC-1271 has it.
    function pause(Pause calldata intent, bytes calldata signature) external;

    /// @notice Ends the pause that the people name; accepted by a first call, done by a second after the delay.
    /// @param intent What was signed.
    /// @param proof The signatures, as the people's authority encodes them.
    function unpause(Unpause calldata intent, bytes calldata proof) external;

    /// @notice Changes a parameter; accepted by a first call, done by a second after the delay.
    /// @dev "outflow cap": parts per million of the vault's least size of a day that may leave in a day.
    /// @param intent What was signed. `current` must be true at both calls.
    /// @param proof The signatures, as the people's authority encodes them.
    function changeParameter(ParameterChange calldata intent, bytes calldata proof) external;

    /* EXTERNAL: VIEWS */

    /// @notice Who guards, and who changes parameters.
    function people() external view returns (IPeople);

    /// @notice When the pause under way, or else the last one, ends, in seconds; 0 if there was none.
    function pausedUntil() external view returns (uint256);

    /// @notice From when a guardian can pause, in seconds.
    function nextPauseAt() external view returns (uint256);

    /// @notice How much of the vault may leave in a day, in parts per million.
    function outflowCap() external view returns (uint256);

    /// @notice Where a digest stands. A release paid at once leaves no trace here: it leaves Requested once.
    function acceptance(bytes32 digest) external view returns (Acceptance memory);

    /// @notice EIP-712 digest of a pause for this chain and vault: the message a guardian signs.
    function digestOf(Pause calldata intent) external view returns (bytes32);

    /// @notice EIP-712 digest of an unpause for this chain and vault: the message the people sign.
    function digestOf(Unpause calldata intent) external view returns (bytes32);

    /// @notice EIP-712 digest of a parameter's change for this chain and vault: the message the people sign.
    function digestOf(ParameterChange calldata intent) external view returns (bytes32);
}
