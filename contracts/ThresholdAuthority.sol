// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAuthority} from "./interfaces/IAuthority.sol";
import {IPeople} from "./interfaces/IPeople.sol";
import {IRegimeOracle} from "./interfaces/IRegimeOracle.sol";
import {IThresholdAuthority} from "./interfaces/IThresholdAuthority.sol";
import {AcceptanceBook} from "./libraries/AcceptanceBook.sol";
import {ClassTable} from "./libraries/ClassTable.sol";
import {EpochBook} from "./libraries/EpochBook.sol";
import {Frost} from "./libraries/Frost.sol";
import {GroupKeys} from "./libraries/GroupKeys.sol";
import {RegimeReading} from "./libraries/RegimeReading.sol";
import {RotationBook} from "./libraries/RotationBook.sol";
import {Secp256k1} from "./libraries/Secp256k1.sol";
import {SigningWindows} from "./libraries/SigningWindows.sol";
import {Acceptance} from "./types/Acceptance.sol";
import {ActionClass} from "./types/ActionClass.sol";
import {EpochRotation, RotationRecord, hashEpochRotation, hashRotationContent} from "./types/EpochRotation.sol";
import {GroupKey} from "./types/GroupKey.sol";
import {Heartbeat, hashHeartbeat} from "./types/Heartbeat.sol";
import {OperationState, VetoRecord} from "./types/Operation.sol";
import {Ppm} from "./types/Ppm.sol";
import {Regime} from "./types/Regime.sol";
import {SigningWindow, Window, hashSigningWindow} from "./types/SigningWindow.sol";
import {Criterion, Verdict} from "./types/Verdict.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

/// @notice Judges the custodians' threshold signatures by class, regime and value, and rotates their keys.
/// @dev TRUST: any `threshold` custodians together are trusted with what their key may sign. The people are trusted
/// with when releases may be hastened, and with the keys once the custodians have been silent for two weeks. A
/// guardian only stops. The oracle is trusted to choose the column, and dead it counts as stress. Whether each key's
/// secret is shared as the thresholds say is the ceremony's to prove: here its certificate is named.
/// @custom:invariant INV-AUTH-1 A proof passes only under the key of the threshold, and in the epoch, its action names.
/// @custom:invariant INV-AUTH-2 A proof passes only if its threshold reaches what the table asks of (class, regime
/// now, value), and the delay answered is the table's.
/// @custom:invariant INV-AUTH-6 `explain` says what `authorize` does, and does not revert.
/// @custom:invariant INV-ROTATE-5 A rotation is of class D, and signed by the high key of the epoch it ends; or by the
/// people, proposed when nobody was heard for SILENCE. Activation asks for the same signature again.
/// @custom:invariant INV-ROTATE-6 Each key that comes in force has signed the digest of its own rotation.
/// @custom:invariant INV-ROTATE-7 A heartbeat is of class D0, signed by the high key, and counts once.
contract ThresholdAuthority is IThresholdAuthority, EIP712 {
    using AcceptanceBook for AcceptanceBook.Book;
    using EpochBook for EpochBook.Book;
    using EpochBook for EpochBook.State;
    using RotationBook for RotationBook.Book;
    using SigningWindows for mapping(ActionClass class => Window);

    /* CONSTANTS */

    /// @inheritdoc IThresholdAuthority
    uint256 public constant HEARTBEAT_DUE = 7 days;

    /// @inheritdoc IThresholdAuthority
    uint256 public constant SILENCE = 14 days;

    /// @dev One key for both thresholds, or one for each.
    uint256 private constant MAX_KEYS = 2;

    /// @dev R.x, R.y and z.
    uint256 private constant PROOF_BYTES = 96;

    /// @dev Nothing leaves a vault.
    Ppm private constant NO_VALUE = Ppm.wrap(0);

    /* IMMUTABLES */

    /// @inheritdoc IThresholdAuthority
    IRegimeOracle public immutable oracle;

    /// @inheritdoc IThresholdAuthority
    IPeople public immutable people;

    /* STORAGE */

    EpochBook.Book private _epochs;

    RotationBook.Book private _rotations;

    AcceptanceBook.Book private _acceptances;

    mapping(ActionClass class => Window window) private _windows;

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
    ) EIP712("ThresholdAuthority", "1") {
        require(address(oracle_).code.length != 0, OracleWithoutCode(address(oracle_)));
        require(address(people_).code.length != 0, PeopleWithoutCode(address(people_)));
        require(keys.length != 0 && keys.length <= MAX_KEYS, WrongKeyCount(keys.length));
        GroupKey memory low = keys[0];
        GroupKey memory high = keys[keys.length - 1];
        bool ascending = keys.length == 1 || low.threshold < high.threshold;
        require(ascending, GroupKeys.ThresholdsNotAscending(low.threshold, high.threshold));
        _requireSound(low, high, signers_, certificateHash_);
        oracle = oracle_;
        people = people_;
        _putInForce(low, high, signers_, certificateHash_, 0);
    }

    /* EXTERNAL: ROTATION */

    /// @inheritdoc IThresholdAuthority
    function proposeRotation(
        EpochRotation calldata intent,
        bytes calldata proof,
        bytes calldata lowPossession,
        bytes calldata highPossession
    ) external returns (bytes32 digest) {
        RotationBook.Named memory rotation = _named(intent);
        _requireProposable(intent);
        bool byPeople = proof.length != PROOF_BYTES;
        require(!byPeople || silent(), CustodiansNotSilent(_epochs.state.lastHeard + SILENCE));
        uint32 delay = _judgeRotation(intent, rotation.digest, proof, byPeople);
        // Each key shows that somebody holds it, by a signature that serves for this rotation and no other.
        _verify(rotation.digest, lowPossession, intent.lowX, intent.lowY);
        _verify(rotation.digest, highPossession, intent.highX, intent.highY);
        _rotations.accept(rotation, byPeople);
        emit RotationProposed(rotation.digest, rotation.content, byPeople, intent, block.timestamp + delay);
        return rotation.digest;
    }

    /// @inheritdoc IThresholdAuthority
    function activateRotation(EpochRotation calldata intent, bytes calldata proof) external {
        RotationBook.Named memory rotation = _named(intent);
        bool byPeople = _rotations.records[rotation.digest].byPeople;
        uint32 delay = _judgeRotation(intent, rotation.digest, proof, byPeople);
        _rotations.consume(rotation, _epochs.state.epoch, _epochs.state.lastHeard, delay);
        (GroupKey memory low, GroupKey memory high) = _keysOf(intent);
        _putInForce(low, high, intent.signers, intent.certificateHash, rotation.digest);
    }

    /// @inheritdoc IThresholdAuthority
    function vetoRotation(EpochRotation calldata intent) external {
        _requireGuardian();
        RotationBook.Named memory rotation = _named(intent);
        _rotations.veto(rotation, _epochs.state.epoch, _epochs.state.lastHeard);
        emit RotationVetoed(rotation.digest, rotation.content, msg.sender);
    }

    /// @inheritdoc IThresholdAuthority
    function heartbeat(Heartbeat calldata intent, bytes calldata proof) external {
        require(intent.class == ActionClass.D0, WrongClass(intent.class));
        EpochBook.State memory state = _epochs.state;
        bytes32 digest = digestOf(intent);
        uint32 delay = _authorize(Action(intent.class, intent.epoch, intent.threshold), NO_VALUE, digest, proof, state);
        _acceptances.advance(digest, intent.deadline, delay, delay);
        // The cast is safe for 34,000 years.
        _epochs.state.lastHeard = uint40(block.timestamp);
        emit HeartbeatAccepted(digest, state.epoch);
    }

    /* EXTERNAL: WINDOWS */

    /// @inheritdoc IThresholdAuthority
    function changeWindow(SigningWindow calldata intent, bytes calldata proof) external {
        require(intent.class == ActionClass.C, WrongClass(intent.class));
        bytes32 digest = digestOf(intent);
        uint32 delay = people.authorize(Action(intent.class, intent.epoch, intent.threshold), NO_VALUE, digest, proof);
        (bool inForce, uint256 ripeAt, uint8 limited) = _windows.advance(
            _acceptances, intent, digest, delay, people.longestDelay(intent.class), _epochs.state.limitedClasses
        );
        if (!inForce) {
            emit WindowAccepted(digest, intent, ripeAt);
            return;
        }
        _epochs.state.limitedClasses = limited;
        emit WindowChanged(intent.windowedClass, intent.limited, intent.opensAt, intent.closesAt);
    }

    /// @inheritdoc IThresholdAuthority
    function closeWindow(ActionClass class) external {
        _requireGuardian();
        _epochs.state.limitedClasses = _windows.close(_epochs.state.limitedClasses, class);
        emit WindowShut(class, msg.sender);
    }

    /* EXTERNAL: VIEWS */

    /// @inheritdoc IAuthority
    function authorize(Action calldata action, Ppm value, bytes32 digest, bytes calldata proof)
        external
        view
        returns (uint32 delay)
    {
        return _authorize(action, value, digest, proof, _epochs.state);
    }

    /// @inheritdoc IThresholdAuthority
    function explain(Action calldata action, Ppm value) external view returns (Verdict memory) {
        return _judge(action, value, _epochs.state);
    }

    /// @inheritdoc IAuthority
    function longestDelay(ActionClass class) external pure returns (uint32 delay) {
        return ClassTable.longestDelay(class);
    }

    /// @inheritdoc IThresholdAuthority
    function lastHeard() external view returns (uint40) {
        return _epochs.state.lastHeard;
    }

    /// @inheritdoc IThresholdAuthority
    function stateOf(EpochRotation calldata intent) external view returns (OperationState) {
        return _rotations.stateOf(_named(intent), _epochs.state.epoch, _epochs.state.lastHeard, _delayNow());
    }

    /// @inheritdoc IThresholdAuthority
    function rotationRecord(bytes32 digest) external view returns (RotationRecord memory) {
        return _rotations.records[digest];
    }

    /// @inheritdoc IThresholdAuthority
    function vetoesOf(bytes32 content) external view returns (VetoRecord memory) {
        return _rotations.vetoes[content];
    }

    /// @inheritdoc IThresholdAuthority
    function acceptance(bytes32 digest) external view returns (Acceptance memory) {
        return _acceptances.acceptances[digest];
    }

    /// @inheritdoc IThresholdAuthority
    function windowOf(ActionClass class) external view returns (bool limited, uint64 opensAt, uint64 closesAt) {
        Window memory window = _windows[class];
        return (SigningWindows.isLimited(_epochs.state.limitedClasses, class), window.opensAt, window.closesAt);
    }

    /// @inheritdoc IAuthority
    function epoch() external view returns (uint64) {
        return _epochs.state.epoch;
    }

    /// @inheritdoc IThresholdAuthority
    function signers() external view returns (uint8) {
        return _epochs.state.signers;
    }

    /// @inheritdoc IThresholdAuthority
    function certificateHash() external view returns (bytes32) {
        return _epochs.certificateHash;
    }

    /// @inheritdoc IThresholdAuthority
    function groupKey(uint8 threshold) external view returns (uint256 x, uint256 y) {
        EpochBook.State memory state = _epochs.state;
        require(state.isKnown(threshold), UnknownThreshold(threshold));
        uint8 parity;
        (x, parity) = _epochs.keyOf(state, threshold);
        return (x, Secp256k1.yOf(x, parity));
    }

    /* PUBLIC */

    /// @inheritdoc IThresholdAuthority
    function silent() public view returns (bool) {
        return block.timestamp > _epochs.state.lastHeard + SILENCE;
    }

    /// @inheritdoc IThresholdAuthority
    function digestOf(EpochRotation calldata intent) public view returns (bytes32) {
        return _hashTypedDataV4(hashEpochRotation(intent));
    }

    /// @inheritdoc IThresholdAuthority
    function digestOf(Heartbeat calldata intent) public view returns (bytes32) {
        return _hashTypedDataV4(hashHeartbeat(intent));
    }

    /// @inheritdoc IThresholdAuthority
    function digestOf(SigningWindow calldata intent) public view returns (bytes32) {
        return _hashTypedDataV4(hashSigningWindow(intent));
    }

    /* PRIVATE: JUDGEMENT */

    /// @dev What the table and the moment say of an action; whether it was signed is asked afterwards.
    function _judge(Action memory action, Ppm value, EpochBook.State memory state)
        private
        view
        returns (Verdict memory verdict)
    {
        verdict.class = ClassTable.judgedAs(action.class, value);
        (verdict.regime, verdict.stale) = RegimeReading.read(address(oracle));
        bool served = ClassTable.isServed(verdict.class);
        if (served) {
            bool needsHigh;
            (needsHigh, verdict.delay) = ClassTable.rule(verdict.class, verdict.regime, verdict.stale, value);
            verdict.threshold = needsHigh ? state.highThreshold : state.lowThreshold;
        }

        if (action.epoch != state.epoch) verdict.unmet = Criterion.WrongEpoch;
        else if (!state.isKnown(action.threshold)) verdict.unmet = Criterion.UnknownThreshold;
        else if (!served) verdict.unmet = Criterion.ClassNotServed;
        else if (action.threshold < verdict.threshold) verdict.unmet = Criterion.ThresholdTooLow;
        else if (_windows.isClosed(state.limitedClasses, verdict.class)) verdict.unmet = Criterion.WindowClosed;
    }

    function _authorize(
        Action memory action,
        Ppm value,
        bytes32 digest,
        bytes calldata proof,
        EpochBook.State memory state
    ) private view returns (uint32 delay) {
        Verdict memory verdict = _judge(action, value, state);
        Criterion unmet = verdict.unmet;
        if (unmet != Criterion.None) {
            require(unmet != Criterion.WrongEpoch, WrongEpoch(action.epoch, state.epoch));
            require(unmet != Criterion.UnknownThreshold, UnknownThreshold(action.threshold));
            require(unmet != Criterion.ThresholdTooLow, ThresholdTooLow(action.threshold, verdict.threshold));
            require(unmet != Criterion.WindowClosed, WindowClosed(verdict.class));
            revert ClassTable.ClassNotServed(action.class);
        }
        (uint256 x, uint8 parity) = _epochs.keyOf(state, action.threshold);
        _verify(digest, proof, x, parity);
        return verdict.delay;
    }

    /// @dev Whether those who must have signed the rotation; the delay it needs at this moment.
    function _judgeRotation(EpochRotation calldata intent, bytes32 digest, bytes calldata proof, bool byPeople)
        private
        view
        returns (uint32 delay)
    {
        require(intent.class == ActionClass.D, WrongClass(intent.class));
        Action memory action = Action(intent.class, intent.epoch, intent.threshold);
        if (!byPeople) return _authorize(action, NO_VALUE, digest, proof, _epochs.state);
        delay = people.authorize(action, NO_VALUE, digest, proof);
        // The people may read another oracle: the stricter of both.
        uint32 own = _delayNow();
        return own > delay ? own : delay;
    }

    /// @dev What a rotation has to wait by this authority's own oracle.
    function _delayNow() private view returns (uint32 delay) {
        (Regime regime, bool stale) = RegimeReading.read(address(oracle));
        (, delay) = ClassTable.rule(ActionClass.D, regime, stale, NO_VALUE);
    }

    /// @param y The key's y, or its parity.
    function _verify(bytes32 digest, bytes calldata signature, uint256 x, uint256 y) private view {
        require(signature.length == PROOF_BYTES, MalformedProof(signature.length));
        (uint256 rx, uint256 ry, uint256 z) = abi.decode(signature, (uint256, uint256, uint256));
        Frost.verify(digest, rx, ry, z, x, y);
    }

    function _requireGuardian() private view {
        require(people.isGuardian(msg.sender), NotGuardian(msg.sender));
    }

    /* PRIVATE: EPOCHS */

    function _named(EpochRotation calldata intent) private view returns (RotationBook.Named memory) {
        return RotationBook.Named({
            digest: digestOf(intent), content: hashRotationContent(intent), nextEpoch: intent.nextEpoch
        });
    }

    /// @dev Whatever does not depend on who signs.
    function _requireProposable(EpochRotation calldata intent) private view {
        AcceptanceBook.requireAcceptable(intent.deadline);
        uint64 next = _epochs.state.epoch + 1;
        require(intent.nextEpoch == next, WrongNextEpoch(intent.nextEpoch, next));
        (GroupKey memory low, GroupKey memory high) = _keysOf(intent);
        _requireSound(low, high, intent.signers, intent.certificateHash);
        GroupKeys.requireNotRaised(_epochs.lowX, _epochs.highX, _epochs.state.highThreshold, high);
    }

    function _keysOf(EpochRotation calldata intent) private pure returns (GroupKey memory low, GroupKey memory high) {
        low = GroupKey({threshold: intent.lowThreshold, x: intent.lowX, y: intent.lowY});
        high = GroupKey({threshold: intent.highThreshold, x: intent.highX, y: intent.highY});
    }

    function _requireSound(GroupKey memory low, GroupKey memory high, uint8 signers_, bytes32 certificateHash_)
        private
        pure
    {
        require(certificateHash_ != 0, CertificateMissing());
        GroupKeys.requireSound(low, high, signers_);
    }

    /// @param rotation Digest of the rotation, 0 for the first epoch.
    function _putInForce(
        GroupKey memory low,
        GroupKey memory high,
        uint8 signers_,
        bytes32 certificateHash_,
        bytes32 rotation
    ) private {
        uint64 begun = _epochs.begin(low, high, signers_, certificateHash_);
        emit EpochActivated(begun, rotation, signers_, low.threshold, high.threshold, certificateHash_);
    }
}
