// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Acceptance} from "../types/Acceptance.sol";
import {ActionClass} from "../types/ActionClass.sol";
import {VetoRecord} from "../types/Operation.sol";
import {Successor} from "../types/Successor.sol";
import {IPeople} from "./IPeople.sol";
import {IThresholdAuthority} from "./IThresholdAuthority.sol";

/// @notice Names the deployment that follows this one, once and for ever. From then on the venue opens nothing; owners
/// close, withdraw and leave by their own releases, at their own time. No collateral moves by it.
/// @dev An intent is brought twice, with the same proof: it is accepted, waits for the delay of class D, and is asked
/// again when it takes effect. Besides the errors named here those of the authorities and of the library AcceptanceBook
/// pass (DeadlinePassed, DeadlineTooFar, DigestUsed, Lapsed, TooEarly).
interface ISuccession {
    /* ERRORS */

    /// @notice There is no contract at an address that must have one.
    error NotAContract(address given);

    /// @notice The authority answers to other people.
    error WrongPeople(address given, address expected);

    /// @notice While the custodians are heard, they name.
    error CustodiansNotSilent();

    /// @notice A successor is named in class D.
    error WrongClass(ActionClass given);

    /// @notice This contract does not follow itself.
    error InvalidSuccessor(address given);

    /// @notice One was named; there is no second.
    error AlreadyNamed(address successor);

    /// @notice Only a guardian vetoes.
    error NotGuardian(address caller);

    /// @notice No intent to name it waits.
    error NothingWaits(bytes32 digest);

    /// @notice The intent was vetoed, or waited when another for the same successor was: void for ever.
    error Vetoed(bytes32 digest);

    /* EVENTS */

    /// @notice An intent was accepted, and waits.
    /// @param ripeAt When its delay ends, if nothing changes it.
    event SuccessorAccepted(bytes32 indexed digest, address indexed successor, bool byPeople, uint256 ripeAt);

    /// @notice The successor is named.
    event SuccessorTookEffect(bytes32 indexed digest, address indexed successor, bool byPeople);

    /// @notice A guardian vetoed; all that waited for this successor is void.
    event SuccessorVetoed(bytes32 indexed digest, address indexed successor, address indexed guardian);

    /* EXTERNAL */

    /// @notice Accepts the custodians' intent, or carries it out where its delay is over; anyone may bring it.
    function name(Successor calldata intent, bytes calldata proof) external;

    /// @notice The same by the people, while the custodians are silent.
    function nameByPeople(Successor calldata intent, bytes calldata proof) external;

    /// @notice Voids all intents that wait for a successor; a guardian's, at most twice in any 30 days for
    /// the same successor.
    /// @param intent One of them.
    function veto(Successor calldata intent) external;

    /* EXTERNAL: VIEWS */

    /// @notice The deployment that follows; zero until one is named.
    function successor() external view returns (address);

    /// @notice The custodians.
    function authority() external view returns (IThresholdAuthority);

    /// @notice The people: members, and guardians.
    function people() external view returns (IPeople);

    /// @notice EIP-712 digest of an intent for this chain and contract.
    function digestOf(Successor calldata intent) external view returns (bytes32);

    /// @notice Where an intent stands; a veto of its successor after its acceptance voids it.
    function acceptance(bytes32 digest, bool byPeople) external view returns (Acceptance memory);

    /// @notice The vetoes of a successor.
    function vetoesOf(address candidate) external view returns (VetoRecord memory);
}
