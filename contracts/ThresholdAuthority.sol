// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAuthority} from "./interfaces/IAuthority.sol";
import {IPeople} from "./interfaces/IPeople.sol";
import {IRegimeOracle} from "./interfaces/IRegimeOracle.sol";
import {IThresholdAuthority} from "./interfaces/IThresholdAuthority.sol";
import {ClassTable} from "./libraries/ClassTable.sol";
import {Frost} from "./libraries/Frost.sol";
import {RegimeReading} from "./libraries/RegimeReading.sol";
import {Secp256k1} from "./libraries/Secp256k1.sol";
import {ActionClass} from "./types/ActionClass.sol";
import {GroupKey} from "./types/GroupKey.sol";
import {Ppm} from "./types/Ppm.sol";
import {Regime} from "./types/Regime.sol";

/// @notice Judges the custodians' threshold signatures by class, regime and value.
/// @dev TRUST: no caller is trusted, every external function is a view. Any `threshold` custodians together are
/// trusted with what their key may sign. The oracle is trusted to choose the column, and dead it counts as stress.
/// Whether each key's secret is shared as the thresholds say is the ceremony's to prove: here its certificate is named.
/// @custom:invariant INV-AUTH-1 A proof passes only under the key of the threshold, and in the epoch, its action names.
/// @custom:invariant INV-AUTH-2 A proof passes only if its threshold reaches what the table asks of (class, regime
/// now, value), and the delay answered is the table's.
/// @custom:invariant INV-AUTH-3 Every threshold t has 2 <= t, t > signers / 2 and t < signers.
/// @custom:invariant INV-AUTH-4 No two thresholds have keys with the same secret up to its sign.
contract ThresholdAuthority is IThresholdAuthority {
    /* TYPES */

    /// @dev What every call reads, in one slot. Low and high are equal when one key serves both.
    struct EpochState {
        uint64 epoch;
        uint8 signers;
        uint8 lowThreshold;
        uint8 highThreshold;
    }

    struct Point {
        uint256 x;
        uint256 y;
    }

    /* CONSTANTS */

    /// @dev No key is worth the name under which one custodian signs alone.
    uint8 private constant LEAST_THRESHOLD = 2;

    uint64 private constant FIRST_EPOCH = 1;

    /// @dev One key for both thresholds, or one for each.
    uint256 private constant MAX_KEYS = 2;

    /// @dev R.x, R.y and z.
    uint256 private constant PROOF_BYTES = 96;

    /* IMMUTABLES */

    /// @inheritdoc IThresholdAuthority
    IRegimeOracle public immutable oracle;

    /// @inheritdoc IThresholdAuthority
    IPeople public immutable people;

    /* STORAGE */

    EpochState private _state;

    mapping(uint64 epoch => mapping(uint8 threshold => Point key)) private _keys;

    mapping(uint64 epoch => bytes32 hash) private _certificateHashes;

    /* CONSTRUCTOR */

    /// @param keys The first epoch's group keys by ascending threshold: low and high, or one for both.
    /// @param signers_ How many custodians hold shares of each key.
    /// @param certificateHash_ Hash of the certificate of the ceremony that made the keys.
    /// @param oracle_ Where the regime is read, for ever.
    /// @param people_ Who guards, and who rotates where the custodians have fallen silent, for ever.
    constructor(
        GroupKey[] memory keys,
        uint8 signers_,
        bytes32 certificateHash_,
        IRegimeOracle oracle_,
        IPeople people_
    ) {
        require(certificateHash_ != 0, CertificateMissing());
        require(address(oracle_).code.length != 0, OracleWithoutCode(address(oracle_)));
        require(address(people_).code.length != 0, PeopleWithoutCode(address(people_)));
        require(keys.length != 0 && keys.length <= MAX_KEYS, WrongKeyCount(keys.length));
        GroupKey memory low = keys[0];
        GroupKey memory high = keys[keys.length - 1];
        if (keys.length == MAX_KEYS) {
            require(low.threshold < high.threshold, ThresholdsNotAscending(low.threshold, high.threshold));
            require(low.x != high.x, KeyRepeated(low.x));
        }
        _requireSound(low, signers_);
        _requireSound(high, signers_);

        oracle = oracle_;
        people = people_;
        _state = EpochState({
            epoch: FIRST_EPOCH, signers: signers_, lowThreshold: low.threshold, highThreshold: high.threshold
        });
        _keys[FIRST_EPOCH][low.threshold] = Point({x: low.x, y: low.y});
        _keys[FIRST_EPOCH][high.threshold] = Point({x: high.x, y: high.y});
        _certificateHashes[FIRST_EPOCH] = certificateHash_;
        emit EpochActivated(FIRST_EPOCH, signers_, low.threshold, high.threshold, certificateHash_);
    }

    /* EXTERNAL */

    /// @inheritdoc IAuthority
    function authorize(Action calldata action, Ppm value, bytes32 digest, bytes calldata proof)
        external
        view
        returns (uint32 delay)
    {
        EpochState memory state = _state;
        require(action.epoch == state.epoch, WrongEpoch(action.epoch, state.epoch));
        _requireKnown(action.threshold, state);

        uint8 required;
        (required, delay,,) = _explain(action.class, value, state);
        require(action.threshold >= required, ThresholdTooLow(action.threshold, required));

        require(proof.length == PROOF_BYTES, MalformedProof(proof.length));
        (uint256 rx, uint256 ry, uint256 z) = abi.decode(proof, (uint256, uint256, uint256));
        Point storage key = _keys[state.epoch][action.threshold];
        Frost.verify(digest, rx, ry, z, key.x, key.y);
    }

    /// @inheritdoc IThresholdAuthority
    function explain(ActionClass class, Ppm value)
        external
        view
        returns (uint8 threshold, uint32 delay, Regime regime, bool stale)
    {
        return _explain(class, value, _state);
    }

    /// @inheritdoc IAuthority
    function longestDelay(ActionClass class) external pure returns (uint32 delay) {
        return ClassTable.longestDelay(class);
    }

    /// @inheritdoc IAuthority
    function epoch() external view returns (uint64) {
        return _state.epoch;
    }

    /// @inheritdoc IThresholdAuthority
    function signers() external view returns (uint8) {
        return _state.signers;
    }

    /// @inheritdoc IThresholdAuthority
    function groupKey(uint8 threshold) external view returns (uint256 x, uint256 y) {
        EpochState memory state = _state;
        _requireKnown(threshold, state);
        Point storage key = _keys[state.epoch][threshold];
        return (key.x, key.y);
    }

    /// @inheritdoc IThresholdAuthority
    function certificateHash() external view returns (bytes32) {
        return _certificateHashes[_state.epoch];
    }

    /* PRIVATE */

    function _explain(ActionClass class, Ppm value, EpochState memory state)
        private
        view
        returns (uint8 threshold, uint32 delay, Regime regime, bool stale)
    {
        (regime, stale) = RegimeReading.read(address(oracle));
        bool needsHigh;
        (needsHigh, delay) = ClassTable.rule(class, regime, stale, value);
        threshold = needsHigh ? state.highThreshold : state.lowThreshold;
    }

    function _requireKnown(uint8 threshold, EpochState memory state) private pure {
        require(threshold == state.lowThreshold || threshold == state.highThreshold, UnknownThreshold(threshold));
    }

    function _requireSound(GroupKey memory key, uint8 signers_) private pure {
        uint8 majority = signers_ / 2 + 1;
        uint8 floor = majority > LEAST_THRESHOLD ? majority : LEAST_THRESHOLD;
        require(key.threshold >= floor, ThresholdBelowFloor(key.threshold, floor));
        require(key.threshold < signers_, ThresholdNotBelowSigners(key.threshold, signers_));
        require(key.x != 0 && key.x < Secp256k1.ORDER, KeyOutOfRange(key.x));
        require(Secp256k1.isOnCurve(key.x, key.y), KeyOffCurve(key.x, key.y));
    }
}
