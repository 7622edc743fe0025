// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MultisigAuthority} from "../../contracts/MultisigAuthority.sol";
import {ThresholdAuthority} from "../../contracts/ThresholdAuthority.sol";
import {IAuthority} from "../../contracts/interfaces/IAuthority.sol";
import {DevnetRegimeOracle} from "../../contracts/mocks/DevnetRegimeOracle.sol";
import {ActionClass} from "../../contracts/types/ActionClass.sol";
import {EpochRotation} from "../../contracts/types/EpochRotation.sol";
import {GroupKey} from "../../contracts/types/GroupKey.sol";
import {Heartbeat} from "../../contracts/types/Heartbeat.sol";
import {OperationState} from "../../contracts/types/Operation.sol";
import {Ppm} from "../../contracts/types/Ppm.sol";
import {Regime} from "../../contracts/types/Regime.sol";
import {SigningWindow} from "../../contracts/types/SigningWindow.sol";
import {Criterion} from "../../contracts/types/Verdict.sol";
import {GroupSigner} from "./GroupSigner.sol";
import {PeopleFixture} from "./PeopleFixture.sol";
import {vm, within} from "./Vm.sol";

/// @notice Does anything anybody may do, in any order, and keeps a model of what must come of it.
/// @dev Bounded: no call of it may revert, so a revert is a finding. What must be refused is tried too. The model's
/// table of delays and its rules are written out again here. Each epoch has secrets of its own, or one of the few
/// contents that may be proposed in it.
contract AuthorityHandler is PeopleFixture {
    struct Known {
        uint256 content;
        uint256 acceptedAt;
        bool byPeople;
        bool done;
        bool vetoed;
        OperationState seen;
    }

    struct KnownChange {
        uint256 acceptedAt;
        bool done;
    }

    struct KnownWindow {
        bool limited;
        uint256 opensAt;
        uint256 closesAt;
        uint256 since;
    }

    uint256 private constant CONTENTS = 2;
    uint8 private constant SIGNERS = 5;
    uint8 private constant LOW = 3;
    uint8 private constant HIGH = 4;
    uint256 private constant SPAN = 10 days;
    uint256 private constant LOOK_AGAIN = 8;

    ThresholdAuthority public immutable authority;
    DevnetRegimeOracle public immutable oracle;

    EpochRotation[] private _rotations;
    Known[] public known;
    SigningWindow[] private _changes;
    KnownChange[] public knownChanges;
    Heartbeat[] private _heartbeats;
    mapping(uint256 heartbeat => bool used) private _used;

    /// @dev The model's totals.
    uint256 public activations;
    uint256 public heardAt;
    uint64 private _epochSeen;
    uint256 private _lowSecret = 0x10F;
    uint256 private _highSecret = 0x417;
    mapping(uint256 content => uint256 time) public vetoedUntil;
    mapping(uint256 content => uint256[] times) private _vetoTimes;
    mapping(ActionClass class => KnownWindow window) public windows;

    constructor(ThresholdAuthority authority_, MultisigAuthority people_, DevnetRegimeOracle oracle_) {
        (authority, people, oracle) = (authority_, people_, oracle_);
        heardAt = block.timestamp;
    }

    /* MOVES: ROTATION */

    function propose(uint256 content, bool byPeople, uint256 deadline, bool past) public {
        content = _contentNow(content % CONTENTS);
        EpochRotation memory intent = _rotation(content);
        intent.deadline = uint64(past ? block.timestamp - 1 : block.timestamp + within(deadline, 0, 8 days));
        if (byPeople) intent.epoch = 1;
        bytes32 digest = authority.digestOf(intent);
        bytes memory proof = byPeople ? peopleProof(digest, PEOPLE_HIGH) : GroupSigner.sign(_highSecret, digest);
        bytes memory low = GroupSigner.sign(_lowOf(content), digest);
        bytes memory high = GroupSigner.sign(_highOf(content), digest);
        bool inTime = !past && intent.deadline <= block.timestamp + 7 days;
        bool allowed = inTime && vetoedUntil[content] < block.timestamp && (!byPeople || _silent());
        try authority.proposeRotation(intent, proof, low, high) {
            vm.assertTrue(allowed, "proposed against the rules");
            _rotations.push(intent);
            known.push(Known(content, block.timestamp, byPeople, false, false, OperationState.Unset));
        } catch {
            vm.assertTrue(!allowed, "allowed and refused");
        }
    }

    /// @dev The people after a silence, unless the custodians interrupt it.
    function takeOver(uint256 content, bool interrupted, bool patient) external {
        vm.warp(block.timestamp + 14 days + 1);
        propose(content, true, 1 days, false);
        if (interrupted) beat(0, true);
        if (_rotations.length != 0) activate(_rotations.length - 1, patient);
    }

    function activate(uint256 seed, bool patient) public {
        if (_rotations.length == 0) return;
        // Mostly one of the last.
        uint256 i = seed % 4 == 0 ? seed % _rotations.length : _rotations.length - 1;
        if (patient) vm.warp(block.timestamp + _delay());
        bool ready = expectedOf(i) == OperationState.Ready;
        Known memory model = known[i];
        bytes32 digest = authority.digestOf(_rotations[i]);
        bytes memory proof = model.byPeople ? peopleProof(digest, PEOPLE_HIGH) : GroupSigner.sign(_highSecret, digest);
        try authority.activateRotation(_rotations[i], proof) {
            vm.assertTrue(ready, "activated and not ready");
            known[i].done = true;
            delete _vetoTimes[model.content];
            activations += 1;
            heardAt = block.timestamp;
            (_lowSecret, _highSecret) = (_lowOf(model.content), _highOf(model.content));
        } catch {
            vm.assertTrue(!ready, "ready and not activated");
        }
    }

    function veto(uint256 seed, uint256 guardian, bool stranger) public {
        if (_rotations.length == 0) return;
        uint256 i = seed % _rotations.length;
        OperationState state = expectedOf(i);
        bool open = state == OperationState.Waiting || state == OperationState.Ready;
        bool allowed = !stranger && open && _mayVeto(known[i].content);
        vm.prank(stranger ? address(0xBAD) : _guardian(guardian));
        try authority.vetoRotation(_rotations[i]) {
            vm.assertTrue(allowed, "vetoed against the rules");
            known[i].vetoed = true;
            vetoedUntil[known[i].content] = block.timestamp;
            _vetoTimes[known[i].content].push(block.timestamp);
        } catch {
            vm.assertTrue(!allowed, "allowed and not vetoed");
        }
    }

    /// @dev The same keys proposed and vetoed one after the other, until the limit or past it.
    function quarrel(uint256 content, uint256 times, uint256 gap) external {
        for (uint256 i = 0; i < within(times, 1, 4); ++i) {
            vm.warp(block.timestamp + within(gap, 1, 16 days));
            propose(content, false, 1 days, false);
            if (_rotations.length != 0) veto(_rotations.length - 1, i, false);
        }
    }

    /* MOVES: HEARTBEATS */

    function beat(uint256 seed, bool fresh) public {
        if (fresh || _heartbeats.length == 0) {
            uint64 deadline = uint64(block.timestamp + 7 days);
            _heartbeats.push(Heartbeat(_epoch(), ActionClass.D0, HIGH, _heartbeats.length, deadline));
        }
        uint256 i = fresh ? _heartbeats.length - 1 : seed % _heartbeats.length;
        Heartbeat memory intent = _heartbeats[i];
        bool allowed = !_used[i] && intent.epoch == _epoch() && block.timestamp <= intent.deadline;
        try authority.heartbeat(intent, GroupSigner.sign(_highSecret, authority.digestOf(intent))) {
            vm.assertTrue(allowed, "heard against the rules");
            _used[i] = true;
            heardAt = block.timestamp;
        } catch {
            vm.assertTrue(!allowed, "alive and not heard");
        }
    }

    /* MOVES: WINDOWS */

    function signWindow(bool small, bool limited, uint256 opensIn, uint256 lasts) external {
        SigningWindow memory intent;
        intent.windowedClass = small ? ActionClass.B : ActionClass.B2;
        intent.limited = limited;
        intent.opensAt = uint64(block.timestamp + within(opensIn, 0, SPAN));
        intent.closesAt = uint64(intent.opensAt + within(lasts, 0, SPAN));
        (intent.epoch, intent.class, intent.threshold) = (1, ActionClass.C, PEOPLE_HIGH);
        intent.nonce = _changes.length;
        intent.deadline = uint64(block.timestamp + 7 days);
        _changes.push(intent);
        knownChanges.push();
        bringWindow(_changes.length - 1, false);
    }

    function bringWindow(uint256 seed, bool patient) public {
        if (_changes.length == 0) return;
        uint256 i = seed % _changes.length;
        if (patient) vm.warp(block.timestamp + _windowDelay());
        SigningWindow memory intent = _changes[i];
        KnownChange memory model = knownChanges[i];
        bool first = model.acceptedAt == 0;
        bool allowed = first ? block.timestamp <= intent.deadline : _isRipe(intent, model);
        allowed = allowed && !_stale();
        try authority.changeWindow(intent, peopleProof(authority.digestOf(intent), PEOPLE_HIGH)) {
            vm.assertTrue(allowed, "changed against the rules");
            if (first) {
                knownChanges[i].acceptedAt = block.timestamp;
            } else {
                knownChanges[i].done = true;
                windows[intent.windowedClass] =
                    KnownWindow(intent.limited, intent.opensAt, intent.closesAt, model.acceptedAt);
            }
        } catch {
            vm.assertTrue(!allowed, "allowed and not changed");
        }
    }

    function shut(bool small, uint256 guardian, bool stranger) external {
        ActionClass class = small ? ActionClass.B : ActionClass.B2;
        vm.prank(stranger ? address(0xBAD) : _guardian(guardian));
        try authority.closeWindow(class) {
            vm.assertTrue(!stranger, "a stranger closed");
            windows[class] = KnownWindow(true, 0, 0, block.timestamp);
        } catch {
            vm.assertTrue(stranger, "a guardian was refused");
        }
    }

    /* MOVES: THE WORLD */

    function setRegime(uint8 regime, bool stale) external {
        vm.prank(oracle.deployer());
        oracle.set(Regime(regime % 3), stale && regime % 2 == 0);
    }

    function wait(uint256 time) external {
        vm.warp(block.timestamp + within(time, 1, time % 4 == 0 ? 10 days : 1 days));
    }

    /* CHECKS */

    /// @dev Every rotation stands where the model has it, and remembers: what was for ever must still be. Of those that
    /// are for ever some are looked at each time.
    function requireRotations() external {
        for (uint256 i = 0; i < known.length; ++i) {
            OperationState seen = known[i].seen;
            if (_isForEver(seen) && (i + block.timestamp) % LOOK_AGAIN != 0) continue;
            OperationState state = authority.stateOf(_rotations[i]);
            vm.assertEq(uint256(state), uint256(expectedOf(i)), "rotation");
            vm.assertTrue(!_isForEver(seen) || state == seen, "a rotation came back");
            if (state != seen) known[i].seen = state;
        }
    }

    /// @dev Once an epoch also that they sign; signatures are slow to make.
    function requireKeysInForce() external {
        _requireKey(LOW, _lowSecret);
        _requireKey(HIGH, _highSecret);
        if (_epochSeen == _epoch()) return;
        _epochSeen = _epoch();
        bytes32 digest = keccak256(abi.encode(block.timestamp));
        bytes memory proof = GroupSigner.sign(_highSecret, digest);
        Ppm nothing = Ppm.wrap(0);
        authority.authorize(IAuthority.Action(ActionClass.A, _epoch(), HIGH), nothing, digest, proof);
        IAuthority.Action memory older = IAuthority.Action(ActionClass.A, _epoch() - 1, HIGH);
        vm.assertTrue(authority.explain(older, nothing).unmet == Criterion.WrongEpoch, "an older epoch");
    }

    function requireWindow(ActionClass class) external view {
        KnownWindow memory model = windows[class];
        (bool limited, uint64 opensAt, uint64 closesAt) = authority.windowOf(class);
        vm.assertEq(limited, model.limited, "limited");
        if (limited) {
            vm.assertEq(opensAt, model.opensAt, "opensAt");
            vm.assertEq(closesAt, model.closesAt, "closesAt");
        }
        bool open = !model.limited || (block.timestamp >= model.opensAt && block.timestamp <= model.closesAt);
        Criterion unmet = authority.explain(IAuthority.Action(class, _epoch(), HIGH), Ppm.wrap(1)).unmet;
        vm.assertTrue(unmet == (open ? Criterion.None : Criterion.WindowClosed), "open or closed");
    }

    /* VIEWS */

    /// @notice Where the model has a rotation stand.
    function expectedOf(uint256 i) public view returns (OperationState) {
        Known memory model = known[i];
        if (model.done) return OperationState.Done;
        if (model.vetoed) return OperationState.Vetoed;
        bool void = _rotations[i].nextEpoch != _epoch() + 1 || block.timestamp > model.acceptedAt + 14 days;
        bool heard = model.byPeople && heardAt >= model.acceptedAt;
        if (void || heard || model.acceptedAt <= vetoedUntil[model.content]) return OperationState.Lapsed;
        return block.timestamp < model.acceptedAt + _delay() ? OperationState.Waiting : OperationState.Ready;
    }

    /* PRIVATE */

    /// @dev Contents are numbered on through the epochs: each has keys of its own.
    function _contentNow(uint256 choice) private view returns (uint256) {
        return activations * CONTENTS + choice;
    }

    function _lowOf(uint256 content) private pure returns (uint256) {
        return 0x1000 + content;
    }

    function _highOf(uint256 content) private pure returns (uint256) {
        return 0x2000 + content;
    }

    function _rotation(uint256 content) private returns (EpochRotation memory intent) {
        GroupKey memory low = GroupSigner.keyOf(_lowOf(content), LOW);
        GroupKey memory high = GroupSigner.keyOf(_highOf(content), HIGH);
        intent.nextEpoch = _epoch() + 1;
        intent.signers = SIGNERS;
        (intent.lowThreshold, intent.lowX, intent.lowY) = (LOW, low.x, low.y);
        (intent.highThreshold, intent.highX, intent.highY) = (HIGH, high.x, high.y);
        intent.certificateHash = bytes32(content + 1);
        (intent.epoch, intent.class, intent.threshold) = (_epoch(), ActionClass.D, HIGH);
        intent.nonce = _rotations.length;
    }

    function _requireKey(uint8 threshold, uint256 secret) private {
        (uint256 x, uint256 y) = authority.groupKey(threshold);
        GroupKey memory key = GroupSigner.keyOf(secret, threshold);
        vm.assertEq(x, key.x, "x");
        vm.assertEq(y, key.y, "y");
    }

    function _isRipe(SigningWindow memory intent, KnownChange memory model) private view returns (bool) {
        bool due = block.timestamp >= model.acceptedAt + _windowDelay();
        bool lapsed = block.timestamp > model.acceptedAt + 72 hours + 7 days;
        return !model.done && due && !lapsed && model.acceptedAt > windows[intent.windowedClass].since;
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

    function _epoch() private view returns (uint64) {
        return uint64(activations + 1);
    }

    function _silent() private view returns (bool) {
        return block.timestamp > heardAt + 14 days;
    }

    function _stale() private view returns (bool stale) {
        (, stale) = oracle.regime();
    }

    function _delay() private view returns (uint256) {
        return [uint24(48 hours), 72 hours, 7 days][_column()];
    }

    function _windowDelay() private view returns (uint256) {
        return [uint24(24 hours), 48 hours, 72 hours][_column()];
    }

    function _column() private view returns (uint256) {
        (Regime regime, bool stale) = oracle.regime();
        return stale ? 2 : uint256(regime);
    }

    function _guardian(uint256 seed) private pure returns (address) {
        return [GUARDIAN, GUARDIAN_2, GUARDIAN_3][seed % 3];
    }

    function _isForEver(OperationState state) private pure returns (bool) {
        return state == OperationState.Done || state == OperationState.Vetoed || state == OperationState.Lapsed;
    }
}
