// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ActionClass} from "../types/ActionClass.sol";
import {Ppm} from "../types/Ppm.sol";
import {Regime} from "../types/Regime.sol";
import {IAuthority} from "./IAuthority.sol";
import {IPeople} from "./IPeople.sol";
import {IRegimeOracle} from "./IRegimeOracle.sol";

/// @notice The custodians, who sign together with threshold keys. An epoch holds one group key for the low threshold
/// and one for the high; the regime and the value of the moment decide which is needed.
/// @dev A proof is 96 bytes, R.x || R.y || z: a FROST(secp256k1, SHA-256) signature as in RFC 9591 whose message is
/// the digest. Besides the errors named here, `authorize` reverts with those of the libraries Frost (ScalarZero,
/// ScalarOutOfRange, InvalidSignature) and ClassTable (ClassNotServed).
interface IThresholdAuthority is IAuthority {
    /* ERRORS */

    /// @notice An epoch has a key for the low threshold and one for the high, or a single one for both.
    error WrongKeyCount(uint256 given);

    /// @notice Keys come by ascending threshold.
    error ThresholdsNotAscending(uint8 first, uint8 second);

    /// @notice A threshold must be at least 2 and more than half of the signers: at least `floor`.
    error ThresholdBelowFloor(uint8 given, uint8 floor);

    /// @notice A threshold must leave a signer who may be absent: be below their number.
    error ThresholdNotBelowSigners(uint8 given, uint8 signers);

    /// @notice The x of a group key must be in [1, group order).
    error KeyOutOfRange(uint256 x);

    /// @notice A group key is not a point of secp256k1.
    error KeyOffCurve(uint256 x, uint256 y);

    /// @notice Two thresholds share a key, or a key and its negative: the fewer could sign for the more.
    error KeyRepeated(uint256 x);

    /// @notice The ceremony's certificate is missing.
    error CertificateMissing();

    /// @notice There is no contract at the oracle's address.
    error OracleWithoutCode(address oracle);

    /// @notice There is no contract at the people's address.
    error PeopleWithoutCode(address people);

    /// @notice The epoch holds no key of this threshold.
    error UnknownThreshold(uint8 given);

    /* EVENTS */

    /// @notice An epoch's keys took effect.
    /// @param epoch The epoch, from 1.
    /// @param signers How many custodians hold shares.
    /// @param lowThreshold The threshold of the key that suffices for small matters in calm.
    /// @param highThreshold The threshold of the key that everything else needs.
    /// @param certificateHash Hash of the ceremony's certificate.
    event EpochActivated(
        uint64 indexed epoch, uint8 signers, uint8 lowThreshold, uint8 highThreshold, bytes32 certificateHash
    );

    /* EXTERNAL */

    /// @notice What `authorize` would ask of an action now.
    /// @param class The class the intent would name.
    /// @param value Its share of the vault, in parts per million.
    /// @return threshold The least threshold that would do.
    /// @return delay From acceptance to execution, in seconds.
    /// @return regime The regime that decides; STRESSED when stale.
    /// @return stale Whether the oracle is silent or old.
    function explain(ActionClass class, Ppm value)
        external
        view
        returns (uint8 threshold, uint32 delay, Regime regime, bool stale);

    /// @notice How many custodians hold shares in the current epoch.
    function signers() external view returns (uint8);

    /// @notice The current epoch's group key of a threshold.
    function groupKey(uint8 threshold) external view returns (uint256 x, uint256 y);

    /// @notice Hash of the certificate of the ceremony that made the current keys.
    function certificateHash() external view returns (bytes32);

    /// @notice Where the regime is read.
    function oracle() external view returns (IRegimeOracle);

    /// @notice Who guards, and who rotates where the custodians have fallen silent.
    function people() external view returns (IPeople);
}
