// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Acceptance} from "../types/Acceptance.sol";
import {ActionClass} from "../types/ActionClass.sol";
import {EpochRotation, RotationRecord} from "../types/EpochRotation.sol";
import {Heartbeat} from "../types/Heartbeat.sol";
import {OperationState, VetoRecord} from "../types/Operation.sol";
import {Ppm} from "../types/Ppm.sol";
import {SigningWindow} from "../types/SigningWindow.sol";
import {Verdict} from "../types/Verdict.sol";
import {IAuthority} from "./IAuthority.sol";
import {IPeople} from "./IPeople.sol";
import {IRegimeOracle} from "./IRegimeOracle.sol";

/// @notice The custodians, who sign together with threshold keys. An epoch holds one group key for the low threshold
/// and one for the high; the regime and the value of the moment decide which is needed. A rotation begins the next.
/// @dev A proof is 96 bytes, R.x || R.y || z: a FROST(secp256k1, SHA-256) signature as in RFC 9591 whose message is
/// the digest. Besides the errors named here those of the libraries pass: Frost (ScalarZero, ScalarOutOfRange,
/// InvalidSignature), ClassTable (ClassNotServed), GroupKeys, RotationBook, VetoBook, SigningWindows, AcceptanceBook;
/// and those of the people's authority.
interface IThresholdAuthority is IAuthority {
    /* ERRORS */

    /// @notice An epoch has a key for the low threshold and one for the high, or a single one for both.
    error WrongKeyCount(uint256 given);

    /// @notice The ceremony's certificate is missing.
    error CertificateMissing();

    /// @notice There is no contract at the oracle's address.
    error OracleWithoutCode(address oracle);

    /// @notice There is no contract at the people's address.
    error PeopleWithoutCode(address people);

    /// @notice The epoch holds no key of this threshold.
    error UnknownThreshold(uint8 given);

    /// @notice The class is limited to a span of time, and this is another.
    error WindowClosed(ActionClass class);

    /// @notice The intent names a class that is not its own.
    error WrongClass(ActionClass given);

    /// @notice The rotation begins another epoch than the next.
    error WrongNextEpoch(uint64 given, uint64 next);

    /// @notice The people rotate only while the custodians are silent: not up to `until`, in seconds.
    error CustodiansNotSilent(uint256 until);

    /// @notice The caller is not a guardian.
    error NotGuardian(address caller);

    /* EVENTS */

    /// @notice An epoch's keys took effect; what the custodians signed in earlier ones is void.
    /// @param epoch The epoch, from 1.
    /// @param rotation Digest of the rotation that began it; 0 for the first.
    /// @param signers How many custodians hold shares.
    /// @param lowThreshold The threshold of the key that suffices for small matters in calm.
    /// @param highThreshold The threshold of the key that everything else needs.
    /// @param certificateHash Hash of the ceremony's certificate.
    event EpochActivated(
        uint64 indexed epoch,
        bytes32 indexed rotation,
        uint8 signers,
        uint8 lowThreshold,
        uint8 highThreshold,
        bytes32 certificateHash
    );

    /// @notice A rotation's proof passed.
    /// @param digest Its EIP-712 digest.
    /// @param content What a veto counts by.
    /// @param byPeople Whether the people signed it, and not the custodians.
    /// @param intent In full, as it has to be passed for a veto or for activation.
    /// @param readyAt When it may be activated if the regime stays, in seconds.
    event RotationProposed(
        bytes32 indexed digest, bytes32 indexed content, bool byPeople, EpochRotation intent, uint256 readyAt
    );

    /// @notice A guardian vetoed a rotation; all that wait with the same content are void with it.
    event RotationVetoed(bytes32 indexed digest, bytes32 indexed content, address indexed guardian);

    /// @notice The custodians were heard.
    event HeartbeatAccepted(bytes32 indexed digest, uint64 indexed epoch);

    /// @notice A change of a window was accepted, and waits.
    /// @param digest Its EIP-712 digest.
    /// @param intent In full, as it has to be passed again.
    /// @param ripeAt When it takes effect if the regime stays, in seconds.
    event WindowAccepted(bytes32 indexed digest, SigningWindow intent, uint256 ripeAt);

    /// @notice A class got another window, or none.
    event WindowChanged(ActionClass indexed class, bool limited, uint64 opensAt, uint64 closesAt);

    /// @notice A guardian closed a class.
    event WindowShut(ActionClass indexed class, address indexed guardian);

    /* EXTERNAL: ROTATION */

    /// @notice Enters a rotation that the custodians signed with their high key, or the people while the custodians
    /// are silent. Anyone may submit it.
    /// @param intent What was signed.
    /// @param proof 96 bytes are the custodians'; anything longer or shorter is for the people's authority to judge.
    /// @param lowPossession The new low key's own signature of the rotation's digest.
    /// @param highPossession The new high key's; the same again where one key serves both.
    /// @return digest The rotation's EIP-712 digest.
    function proposeRotation(
        EpochRotation calldata intent,
        bytes calldata proof,
        bytes calldata lowPossession,
        bytes calldata highPossession
    ) external returns (bytes32 digest);

    /// @notice Puts the keys of a rotation that is Ready in force. Anyone may, with the proof it was proposed with:
    /// it is judged again by the regime of this moment.
    function activateRotation(EpochRotation calldata intent, bytes calldata proof) external;

    /// @notice For a guardian: voids a rotation that is Waiting or Ready, and all with the same content.
    /// @dev At most twice in any 30 days for the same content, whoever vetoes.
    function vetoRotation(EpochRotation calldata intent) external;

    /// @notice Records that the key of class D still signs. Anyone may submit it; it counts once.
    /// @dev Voids rotations that the people proposed meanwhile.
    function heartbeat(Heartbeat calldata intent, bytes calldata proof) external;

    /* EXTERNAL: WINDOWS */

    /// @notice Accepts a change of a window that the people signed, or puts it in force once its delay is over. Anyone
    /// may, with the same proof both times.
    function changeWindow(SigningWindow calldata intent, bytes calldata proof) external;

    /// @notice For a guardian: closes a class that can be limited, at once. Only the people open it again.
    function closeWindow(ActionClass class) external;

    /* EXTERNAL: VIEWS */

    /// @notice What `authorize` would make of an action now, the signature aside.
    function explain(Action calldata action, Ppm value) external view returns (Verdict memory verdict);

    /// @notice Whether the custodians have not been heard for longer than SILENCE: the people may act in their place.
    function silent() external view returns (bool);

    /// @notice When the last heartbeat was accepted or the epoch was activated, in seconds.
    function lastHeard() external view returns (uint40);

    /// @notice Where a rotation stands now.
    /// @dev By this authority's oracle. The people's authority may read another, and ask of its own for longer. Who
    /// signed is not judged here: what the people proposed reads Waiting or Ready also after their member set changed,
    /// though its proof passes no more and it is never activated.
    function stateOf(EpochRotation calldata intent) external view returns (OperationState);

    /// @notice What is kept of a rotation.
    function rotationRecord(bytes32 digest) external view returns (RotationRecord memory);

    /// @notice What is kept of the vetoes of a content.
    function vetoesOf(bytes32 content) external view returns (VetoRecord memory);

    /// @notice What is kept of the digest of a heartbeat or a change of a window.
    function acceptance(bytes32 digest) external view returns (Acceptance memory);

    /// @notice Whether a class is limited, and to what span of time.
    function windowOf(ActionClass class) external view returns (bool limited, uint64 opensAt, uint64 closesAt);

    /// @notice What custodians or people sign, and what each new key signs to show that it is held.
    function digestOf(EpochRotation calldata intent) external view returns (bytes32);

    /// @notice What the custodians sign.
    function digestOf(Heartbeat calldata intent) external view returns (bytes32);

    /// @notice What the people sign.
    function digestOf(SigningWindow calldata intent) external view returns (bytes32);

    /// @notice How many custodians hold shares in the current epoch.
    function signers() external view returns (uint8);

    /// @notice The current epoch's group key of a threshold.
    /// @dev Computes y, of which only the parity is kept.
    function groupKey(uint8 threshold) external view returns (uint256 x, uint256 y);

    /// @notice Hash of the certificate of the ceremony that made the current keys.
    function certificateHash() external view returns (bytes32);

    /// @notice Where the regime is read.
    function oracle() external view returns (IRegimeOracle);

    /// @notice Who guards, and who rotates where the custodians have fallen silent.
    function people() external view returns (IPeople);

    /// @notice How often custodians owe a heartbeat, in seconds.
    function HEARTBEAT_DUE() external view returns (uint256);

    /// @notice After how long without one the people may act in their place, in seconds.
    function SILENCE() external view returns (uint256);
}
