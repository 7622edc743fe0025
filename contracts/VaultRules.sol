// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAuthority} from "./interfaces/IAuthority.sol";
import {IPeople} from "./interfaces/IPeople.sol";
import {IVaultRules} from "./interfaces/IVaultRules.sol";
import {AcceptanceBook} from "./libraries/AcceptanceBook.sol";
import {OutflowCap} from "./libraries/OutflowCap.sol";
import {PauseClock} from "./libraries/PauseClock.sol";
import {Acceptance} from "./types/Acceptance.sol";
import {ActionClass} from "./types/ActionClass.sol";
import {ParameterChange, hashParameterChange} from "./types/ParameterChange.sol";
import {Pause, hashPause} from "./types/Pause.sol";
import {Ppm} from "./types/Ppm.sol";
import {Unpause, hashUnpause} from "./types/Unpause.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

/// @notice The part of a vault that people reach: the pause and the outflow cap, in one storage slot.
/// @dev TRUST: any one guardian stops outflows, 72 h in 17 days at most; the people end that sooner, and move the cap
/// within fixed bounds, after their delays. Neither moves collateral.
/// @custom:invariant INV-PAUSE-2 Only a guardian of now begins a pause, by a call or by a signature of this people's
/// epoch, for this chain and vault, before its deadline, once.
/// @custom:invariant INV-PAUSE-3 Only the people end a pause, that one only, after the delay of class C.
/// @custom:invariant INV-CAP-3 Only the people change the cap, from what they believe it is, after the delay of class C;
/// loosening and tightening alike.
abstract contract VaultRules is IVaultRules, EIP712 {
    using AcceptanceBook for AcceptanceBook.Book;

    /* TYPES */

    /// @dev One slot. Never all zero, so that a first pause costs no more than a later one.
    struct Rules {
        uint40 pausedUntil;
        uint24 outflowCap;
        uint40 capSince;
    }

    /* CONSTANTS */

    bytes32 private constant OUTFLOW_CAP = keccak256("outflow cap");

    uint8 private constant ONE_GUARDIAN = 1;

    /* IMMUTABLES */

    /// @inheritdoc IVaultRules
    IPeople public immutable people;

    /* STORAGE */

    Rules internal _rules = Rules({pausedUntil: 0, outflowCap: OutflowCap.FIRST_CAP, capSince: 0});

    AcceptanceBook.Book internal _acceptances;

    /* CONSTRUCTOR */

    /// @param people_ Known to have code.
    constructor(IPeople people_) {
        people = people_;
    }

    /* EXTERNAL */

    /// @inheritdoc IVaultRules
    function pause() external {
        _requireGuardian(msg.sender);
        _pause(msg.sender);
    }

    /// @inheritdoc IVaultRules
    function pause(Pause calldata intent, bytes calldata signature) external {
        _requireClass(intent.class == ActionClass.A0, intent.class);
        require(intent.threshold == ONE_GUARDIAN, NotOneGuardians(intent.threshold));
        AcceptanceBook.requireAcceptable(intent.deadline);
        uint64 current = people.epoch();
        require(intent.epoch == current, WrongPeopleEpoch(intent.epoch, current));
        _requireGuardian(intent.guardian);
        require(
            SignatureChecker.isValidSignatureNowCalldata(intent.guardian, digestOf(intent), signature),
            InvalidGuardianSignature(intent.guardian)
        );
        _pause(intent.guardian);
    }

    /// @inheritdoc IVaultRules
    function unpause(Unpause calldata intent, bytes calldata proof) external {
        PauseClock.requireUnderWay(_rules.pausedUntil, intent.pausedUntil);
        _requireClass(intent.class == ActionClass.C, intent.class);
        bytes32 digest = digestOf(intent);
        (bool ripe, uint256 ripeAt) =
            _peoplesAdvance(_action(intent.class, intent.epoch, intent.threshold), digest, intent.deadline, proof);
        if (!ripe) {
            emit UnpauseAccepted(digest, ripeAt);
            return;
        }
        // The cast is safe: 40 bits of seconds last 34,000 years. The time to the next pause begins here.
        _rules.pausedUntil = uint40(block.timestamp);
        emit OutflowsUnpaused(digest);
    }

    /// @inheritdoc IVaultRules
    function changeParameter(ParameterChange calldata intent, bytes calldata proof) external {
        require(keccak256(bytes(intent.parameter)) == OUTFLOW_CAP, UnknownParameter(intent.parameter));
        uint256 current = _rules.outflowCap;
        require(intent.current == current, ParameterMoved(intent.current, current));
        uint24 next = OutflowCap.checked(intent.next);
        _requireClass(intent.class == ActionClass.C, intent.class);
        bytes32 digest = digestOf(intent);
        (bool ripe, uint256 ripeAt) =
            _peoplesAdvance(_action(intent.class, intent.epoch, intent.threshold), digest, intent.deadline, proof);
        // What was accepted before the last change was a word on another state of things, whatever the cap is again.
        uint256 acceptedAt = _acceptances.acceptances[digest].acceptedAt;
        require(acceptedAt > _rules.capSince, ChangeOvertaken(digest, _rules.capSince));
        if (!ripe) {
            emit OutflowCapChangeAccepted(digest, next, ripeAt);
            return;
        }
        // The cast is safe: 40 bits of seconds last 34,000 years.
        (_rules.outflowCap, _rules.capSince) = (next, uint40(block.timestamp));
        emit OutflowCapChanged(digest, current, next);
    }

    /* EXTERNAL: VIEWS */

    /// @inheritdoc IVaultRules
    function pausedUntil() external view returns (uint256) {
        return _rules.pausedUntil;
    }

    /// @inheritdoc IVaultRules
    function nextPauseAt() external view returns (uint256) {
        return PauseClock.nextPauseAt(_rules.pausedUntil);
    }

    /// @inheritdoc IVaultRules
    function outflowCap() external view returns (uint256) {
        return _rules.outflowCap;
    }

    /// @inheritdoc IVaultRules
    function acceptance(bytes32 digest) external view returns (Acceptance memory) {
        return _acceptances.acceptances[digest];
    }

    /* PUBLIC */

    /// @inheritdoc IVaultRules
    function digestOf(Pause calldata intent) public view returns (bytes32) {
        return _hashTypedDataV4(hashPause(intent));
    }

    /// @inheritdoc IVaultRules
    function digestOf(Unpause calldata intent) public view returns (bytes32) {
        return _hashTypedDataV4(hashUnpause(intent));
    }

    /// @inheritdoc IVaultRules
    function digestOf(ParameterChange calldata intent) public view returns (bytes32) {
        return _hashTypedDataV4(hashParameterChange(intent));
    }

    /* INTERNAL */

    function _requireGuardian(address account) internal view {
        require(people.isGuardian(account), NotGuardian(account));
    }

    function _requireClass(bool right, ActionClass class) internal pure {
        require(right, WrongClass(class));
    }

    /// @dev The delay an authority answers, at acceptance and at execution alike.
    function _ask(IAuthority judge, IAuthority.Action memory action, Ppm value, bytes32 digest, bytes calldata proof)
        internal
        view
        returns (uint256)
    {
        return judge.authorize(action, value, digest, proof);
    }

    function _longestDelay(IAuthority judge, ActionClass class) internal view returns (uint256) {
        return judge.longestDelay(class);
    }

    function _action(ActionClass class, uint64 epoch, uint8 threshold)
        internal
        pure
        returns (IAuthority.Action memory)
    {
        return IAuthority.Action({class: class, epoch: epoch, threshold: threshold});
    }

    /* PRIVATE */

    function _pause(address guardian) private {
        uint40 until = PauseClock.begin(_rules.pausedUntil);
        _rules.pausedUntil = until;
        emit OutflowsPaused(guardian, until);
    }

    /// @dev Nothing leaves, so the value is zero.
    function _peoplesAdvance(IAuthority.Action memory action, bytes32 digest, uint256 deadline, bytes calldata proof)
        private
        returns (bool ripe, uint256 ripeAt)
    {
        uint256 delay = _ask(people, action, Ppm.wrap(0), digest, proof);
        return _acceptances.advance(digest, deadline, delay, _longestDelay(people, ActionClass.C));
    }
}
