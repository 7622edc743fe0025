// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CollateralVault} from "../../contracts/CollateralVault.sol";
import {ThresholdAuthority} from "../../contracts/ThresholdAuthority.sol";
import {IAuthority} from "../../contracts/interfaces/IAuthority.sol";
import {DevnetRegimeOracle} from "../../contracts/mocks/DevnetRegimeOracle.sol";
import {Acceptance, AcceptanceState} from "../../contracts/types/Acceptance.sol";
import {ActionClass} from "../../contracts/types/ActionClass.sol";
import {Expedite} from "../../contracts/types/Expedite.sol";
import {PPM} from "../../contracts/types/Ppm.sol";
import {Regime} from "../../contracts/types/Regime.sol";
import {Release, ReleaseId, ReleaseState} from "../../contracts/types/Release.sol";
import {Verdict} from "../../contracts/types/Verdict.sol";
import {GroupSigner} from "./GroupSigner.sol";
import {vm, within} from "./Vm.sol";
import {TollUSDC} from "./tokens/OddTokens.sol";

/// @notice Does anything anybody may do, in any order, and remembers what must come of it.
/// @dev Bounded: no call of it may revert, so a revert is a finding. What the vault must refuse is tried too, and
/// must be refused.
contract VaultHandler {
    struct Movement {
        uint256 time;
        uint256 held;
        uint256 expedited;
    }

    struct CappedPayment {
        uint256 time;
        uint256 share;
    }

    uint256 internal constant GREATEST = 1_000_000e6;
    uint256 internal constant SHORT_PAUSE = 4 hours;
    uint256 internal constant LONG_PAUSE = 36 hours;
    uint256 internal constant LAPSE = 24 hours + 7 days;
    uint8 internal constant LOW = 3;
    uint8 internal constant HIGH = 4;
    uint256 internal constant LOW_SECRET = 0x10F;
    uint256 internal constant HIGH_SECRET = 0x417;

    CollateralVault public immutable vault;
    TollUSDC public immutable usdc;
    DevnetRegimeOracle public immutable oracle;
    ThresholdAuthority public immutable authority;

    address[] public owners;
    address[] public payees;

    uint256 public donated;
    uint256 public releaseCount;
    mapping(address payee => uint256 amount) public paidTo;
    mapping(uint256 id => address to) public pinned;
    mapping(uint256 id => ReleaseState state) public stateOf;
    bytes32[] public doneDigests;

    /// @dev Every change of what the vault holds, with what it held until then.
    Movement[] public movements;

    /// @dev Every payment before its exit bound, as a share of the cap's capacity of its moment, rounded down.
    CappedPayment[] public cappedPayments;

    constructor(CollateralVault vault_, TollUSDC usdc_, DevnetRegimeOracle oracle_, ThresholdAuthority authority_) {
        (vault, usdc, oracle, authority) = (vault_, usdc_, oracle_, authority_);
        for (uint160 i = 1; i <= 3; ++i) {
            owners.push(address(0x1000 + i));
            payees.push(address(0x1000 + i));
            payees.push(address(0x2000 + i));
        }
    }

    /* MOVES */

    function deposit(uint256 ownerSeed, uint256 amount) external {
        amount = within(amount, 1, GREATEST);
        usdc.mint(address(this), amount);
        usdc.approve(address(vault), amount);
        movements.push(Movement(block.timestamp, vault.recorded(), 0));
        vault.deposit(_owner(ownerSeed), amount);
    }

    /// @dev From now on less arrives than was sent, or as much again.
    function setToll(bool on) external {
        usdc.setToll(on ? address(vault) : address(0));
    }

    function toMargin(uint256 ownerSeed, uint256 amount) external {
        address owner = _owner(ownerSeed);
        uint256 idle = vault.idle(owner);
        if (idle == 0 || vault.payoutOf(owner) != owner) return;
        vm.prank(owner);
        vault.toMargin(within(amount, 1, idle));
    }

    function transferMargin(uint256 fromSeed, uint256 toSeed, uint256 amount) external {
        address venue = vault.venue();
        vm.prank(venue);
        vault.transferMargin(_owner(fromSeed), _owner(toSeed), within(amount, 0, GREATEST));
    }

    function marginToIdle(uint256 ownerSeed, uint256 amount) external {
        address owner = _owner(ownerSeed);
        amount = within(amount, 1, GREATEST);
        bool covered = int256(amount) <= vault.margin(owner) && int256(amount) <= vault.marginTotal();
        address venue = vault.venue();
        vm.prank(venue);
        try vault.marginToIdle(owner, amount) {
            vm.assertTrue(covered, "idle without cover");
        } catch {
            vm.assertTrue(!covered, "covered and refused");
        }
    }

    function donate(uint256 amount) external {
        amount = within(amount, 1, GREATEST);
        donated += amount;
        usdc.mint(address(vault), amount);
    }

    function request(uint256 ownerSeed, uint256 amount) external {
        address owner = _owner(ownerSeed);
        uint256 idle = vault.idle(owner);
        if (idle == 0) return;
        // Small ones too, or every expedite would be of class B2.
        amount = within(amount, 1, amount % 2 == 0 ? idle : idle / 100 + 1);
        vm.prank(owner);
        _noteRequest(ReleaseId.unwrap(vault.requestRelease(amount)), owner);
    }

    function cancel(uint256 idSeed) external {
        uint256 id = _requested(idSeed);
        if (id == 0) return;
        vm.prank(vault.release(ReleaseId.wrap(id)).owner);
        vault.cancelRelease(ReleaseId.wrap(id));
        stateOf[id] = ReleaseState.Cancelled;
    }

    function execute(uint256 idSeed, bool patient) external {
        uint256 id = _requested(idSeed);
        if (id == 0) return;
        ReleaseId release = ReleaseId.wrap(id);
        if (patient) _waitUntil(vault.ripeAt(release));
        bool due = _isPastBound(id) || (block.timestamp >= vault.ripeAt(release) && _mayLeave(id));
        uint256 held = vault.recorded();
        try vault.execute(release) {
            vm.assertTrue(due, "paid before it was due");
            _paid(id, held, false);
        } catch {
            vm.assertTrue(!due, "due and not paid");
        }
    }

    function expedite(uint256 idSeed, uint256 nonce, bool low, bool large, bool patient) external {
        uint256 id = _requested(idSeed);
        if (id == 0) return;
        uint8 threshold = low ? LOW : HIGH;
        ActionClass class = large ? ActionClass.B2 : ActionClass.B;
        _expedite(id, nonce % 2, threshold, class);
        if (!patient || vault.release(ReleaseId.wrap(id)).state != ReleaseState.Requested) return;
        uint32 delay = _explain(class, ReleaseId.wrap(id)).delay;
        _waitUntil(block.timestamp + delay);
        _expedite(id, nonce % 2, threshold, class);
    }

    /// @param patient Whether it takes effect before anything else happens.
    function requestPayout(uint256 ownerSeed, uint256 payeeSeed, bool patient) external {
        address owner = _owner(ownerSeed);
        vm.prank(owner);
        vault.requestPayout(payees[payeeSeed % payees.length]);
        if (!patient) return;
        vm.warp(block.timestamp + vault.PAYOUT_DELAY());
        vault.applyPayout(owner);
    }

    function applyPayout(uint256 ownerSeed, bool patient) external {
        address owner = _owner(ownerSeed);
        (, uint40 readyAt) = vault.pendingPayout(owner);
        if (patient) _waitUntil(readyAt);
        if (readyAt != 0 && block.timestamp >= readyAt) vault.applyPayout(owner);
    }

    function cancelPayout(uint256 ownerSeed, bool byPayout) external {
        address owner = _owner(ownerSeed);
        (, uint40 readyAt) = vault.pendingPayout(owner);
        if (readyAt == 0) return;
        vm.prank(byPayout ? vault.payoutOf(owner) : owner);
        vault.cancelPayout(owner);
    }

    function setRegime(uint8 regime, bool stale) external {
        // Only its deployer sets it.
        vm.prank(oracle.deployer());
        oracle.set(Regime(regime % 3), stale && regime % 2 == 0);
    }

    function wait(uint256 time) external {
        vm.warp(block.timestamp + within(time, 1, time % 2 == 0 ? SHORT_PAUSE : LONG_PAUSE));
    }

    /* VIEWS */

    function ownersCount() external view returns (uint256) {
        return owners.length;
    }

    function payeesCount() external view returns (uint256) {
        return payees.length;
    }

    function doneCount() external view returns (uint256) {
        return doneDigests.length;
    }

    function cappedCount() external view returns (uint256) {
        return cappedPayments.length;
    }

    /// @notice What left by expedites in the last day, and the least the vault held in it, from all it remembers.
    function lastDay() external view returns (uint256 expedited, uint256 least) {
        uint256 since = block.timestamp - 24 hours;
        least = vault.recorded();
        for (uint256 i = 0; i < movements.length; ++i) {
            if (movements[i].time < since) continue;
            expedited += movements[i].expedited;
            if (movements[i].held < least) least = movements[i].held;
        }
    }

    /* PRIVATE */

    function _expedite(uint256 id, uint256 nonce, uint8 threshold, ActionClass class) internal {
        Expedite memory intent = _intentFor(id, nonce, threshold, class);
        bytes32 digest = vault.digestOf(intent);
        (bool allowed, bool due, bool marked) = _verdictOn(intent, digest);
        AcceptanceState before = vault.acceptance(digest).state;
        bytes memory proof = GroupSigner.sign(threshold == HIGH ? HIGH_SECRET : LOW_SECRET, digest);
        uint256 held = vault.recorded();
        try vault.expedite(intent, proof) {
            vm.assertTrue(allowed, "expedited against the rules of now");
            AcceptanceState expected = due ? AcceptanceState.Done : AcceptanceState.Waiting;
            vm.assertEq(uint256(vault.acceptance(digest).state), uint256(marked ? expected : before), "acceptance");
        } catch {
            vm.assertTrue(!allowed, "allowed and refused");
        }
        if (!allowed || !due) return;
        if (marked) doneDigests.push(digest);
        _paid(id, held, true);
    }

    /// @dev Always the same deadline for a release, so that a second call meets the first one's acceptance.
    function _intentFor(uint256 id, uint256 nonce, uint8 threshold, ActionClass class)
        private
        view
        returns (Expedite memory)
    {
        Release memory release = vault.release(ReleaseId.wrap(id));
        return Expedite({
            releaseId: ReleaseId.wrap(id),
            owner: release.owner,
            to: release.to,
            amount: release.amount,
            epoch: 1,
            class: class,
            threshold: threshold,
            nonce: nonce,
            deadline: release.requestedAt + 7 days
        });
    }

    /// @dev Whether the rules of now allow the call, whether it would pay, and whether its digest is marked.
    function _verdictOn(Expedite memory intent, bytes32 digest)
        internal
        view
        returns (bool allowed, bool due, bool marked)
    {
        Verdict memory verdict = _explain(intent.class, intent.releaseId);
        Acceptance memory acceptance = vault.acceptance(digest);
        bool first = acceptance.state == AcceptanceState.Unset;
        uint256 acceptedAt = first ? block.timestamp : acceptance.acceptedAt;
        due = block.timestamp >= acceptedAt + verdict.delay;
        bool inTime = block.timestamp <= (first ? intent.deadline : acceptedAt + LAPSE);
        allowed = intent.threshold >= verdict.threshold && inTime && (first || due);
        marked = verdict.delay != 0 || block.timestamp > intent.deadline;

        uint256 id = ReleaseId.unwrap(intent.releaseId);
        bool running = block.timestamp >= vault.pausedUntil() || _isPastBound(id);
        bool room = !due || _isPastBound(id) || _mayLeave(id);
        allowed = allowed && running && room && vault.release(intent.releaseId).vetoedAt == 0;
    }

    function _explain(ActionClass class, ReleaseId id) internal view returns (Verdict memory) {
        return authority.explain(IAuthority.Action(class, 1, HIGH), vault.expediteValue(id));
    }

    function _noteRequest(uint256 id, address owner) internal {
        releaseCount += 1;
        vm.assertEq(id, releaseCount, "ids are counted");
        stateOf[id] = ReleaseState.Requested;
        pinned[id] = vault.payoutOf(owner);
    }

    function _paid(uint256 id, uint256 held, bool expedited) internal {
        uint256 amount = vault.release(ReleaseId.wrap(id)).amount;
        stateOf[id] = ReleaseState.Paid;
        paidTo[pinned[id]] += amount;
        if (!_isPastBound(id)) _counted(amount, held);
        movements.push(Movement(block.timestamp, held, expedited ? amount : 0));
        movements.push(Movement(block.timestamp, held - amount, 0));
    }

    /// @dev What the vault held counts until now: the payment has been made.
    function _counted(uint256 amount, uint256 held) internal {
        uint256 least = held;
        for (uint256 i = 0; i < movements.length; ++i) {
            bool within24h = movements[i].time >= block.timestamp - 24 hours;
            if (within24h && movements[i].held < least) least = movements[i].held;
        }
        cappedPayments.push(CappedPayment(block.timestamp, amount * PPM * PPM / (least * vault.outflowCap())));
    }

    function _isPastBound(uint256 id) internal view returns (bool) {
        return block.timestamp >= vault.release(ReleaseId.wrap(id)).requestedAt + vault.EXIT_BOUND();
    }

    /// @dev Neither pause nor cap is in the way.
    function _mayLeave(uint256 id) internal view returns (bool) {
        bool running = block.timestamp >= vault.pausedUntil();
        return running && vault.release(ReleaseId.wrap(id)).amount <= vault.outflowAvailable();
    }

    function _waitUntil(uint256 time) internal {
        if (block.timestamp < time) vm.warp(time);
    }

    function _owner(uint256 seed) internal view returns (address) {
        return owners[seed % owners.length];
    }

    /// @dev Some release that is Requested, counted from a random one; 0 if there is none.
    function _requested(uint256 seed) internal view returns (uint256) {
        for (uint256 i = 0; i < releaseCount; ++i) {
            uint256 id = (seed % releaseCount + i) % releaseCount + 1;
            if (stateOf[id] == ReleaseState.Requested) return id;
        }
        return 0;
    }
}
