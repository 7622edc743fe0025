// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CollateralVault} from "../../contracts/CollateralVault.sol";
import {ThresholdAuthority} from "../../contracts/ThresholdAuthority.sol";
import {IAuthority} from "../../contracts/interfaces/IAuthority.sol";
import {DevnetRegimeOracle} from "../../contracts/mocks/DevnetRegimeOracle.sol";
import {AcceptanceState} from "../../contracts/types/Acceptance.sol";
import {ActionClass} from "../../contracts/types/ActionClass.sol";
import {Ppm} from "../../contracts/types/Ppm.sol";
import {Release, ReleaseId, ReleaseState} from "../../contracts/types/Release.sol";
import {ReleaseBatch} from "../../contracts/types/ReleaseBatch.sol";
import {GroupSigner} from "./GroupSigner.sol";
import {VaultHandler} from "./VaultHandler.sol";
import {vm, within} from "./Vm.sol";
import {TollUSDC} from "./tokens/OddTokens.sol";

/// @notice Besides what anybody does: guardians who pause and veto whenever they can, batches, standing instructions.
contract GuardedVaultHandler is VaultHandler {
    struct Span {
        uint256 from;
        uint256 until;
    }

    uint256 private constant VETO_INTERVAL = 30 days;

    address[3] private _guardians;

    Span[] public pauses;

    /// @dev How often each release was vetoed by a call.
    mapping(uint256 id => uint256 count) public vetoes;

    mapping(address owner => uint256 time) public lastVeto;

    /// @dev When each owner's standing instruction was used, and by which.
    mapping(address owner => uint256 time) public lastStanding;

    uint256 private _batchNonce;

    constructor(
        CollateralVault vault_,
        TollUSDC usdc_,
        DevnetRegimeOracle oracle_,
        ThresholdAuthority authority_,
        address[3] memory guardians
    ) VaultHandler(vault_, usdc_, oracle_, authority_) {
        _guardians = guardians;
    }

    /* MOVES */

    /// @dev Somebody large comes and goes: asks for everything at once, and takes it as soon as it may.
    function rush(uint256 ownerSeed, uint256 amount) external {
        this.deposit(ownerSeed, amount);
        address owner = _owner(ownerSeed);
        uint256 everything = vault.idle(owner);
        vm.prank(owner);
        uint256 id = ReleaseId.unwrap(vault.requestRelease(everything));
        _noteRequest(id, owner);
        this.execute(id - 1, true);
    }

    function pauseOutflows(uint256 guardianSeed) external {
        bool allowed = pauses.length == 0 || block.timestamp >= pauses[pauses.length - 1].until + 14 days;
        vm.prank(_guardians[guardianSeed % 3]);
        try vault.pause() {
            vm.assertTrue(allowed, "paused too soon");
            pauses.push(Span(block.timestamp, block.timestamp + 72 hours));
        } catch {
            vm.assertTrue(!allowed, "could not pause");
        }
    }

    function veto(uint256 idSeed, uint256 guardianSeed) external {
        uint256 id = _requested(idSeed);
        if (id == 0) return;
        address owner = vault.release(ReleaseId.wrap(id)).owner;
        uint256 last = lastVeto[owner];
        bool allowed = !_isPastBound(id) && (last == 0 || block.timestamp >= last + VETO_INTERVAL);
        vm.prank(_guardians[guardianSeed % 3]);
        try vault.veto(ReleaseId.wrap(id)) {
            vm.assertTrue(allowed, "vetoed against the rules");
            lastVeto[owner] = block.timestamp;
            vetoes[id] += 1;
        } catch {
            vm.assertTrue(!allowed, "could not veto");
        }
    }

    function setStanding(uint256 ownerSeed, uint256 amount, uint256 period, uint256 time) external {
        address owner = _owner(ownerSeed);
        vm.prank(owner);
        vault.setStanding(
            uint64(within(amount, 1, GREATEST / 100)),
            uint32(within(period, 1 hours, 10 days)),
            uint40(block.timestamp + within(time, 0, 30 days))
        );
        delete lastStanding[owner];
    }

    function revokeStanding(uint256 ownerSeed) external {
        vm.prank(_owner(ownerSeed));
        vault.revokeStanding();
    }

    function requestStanding(uint256 ownerSeed) external {
        address owner = _owner(ownerSeed);
        (uint64 amount, uint32 period, uint40 until,) = vault.standing(owner);
        uint256 last = lastStanding[owner];
        bool allowed = amount != 0 && amount <= vault.idle(owner) && block.timestamp <= until
            && (last == 0 || block.timestamp >= last + period);
        try vault.requestStanding(owner) returns (ReleaseId id) {
            vm.assertTrue(allowed, "requested against the instruction");
            lastStanding[owner] = block.timestamp;
            _noteRequest(ReleaseId.unwrap(id), owner);
        } catch {
            vm.assertTrue(!allowed, "could not request");
        }
    }

    /// @dev Two releases, or one twice; signed by four, and brought again once its delay is over.
    function payBatch(uint256 firstSeed, uint256 secondSeed) external {
        uint256 first = _requested(firstSeed);
        uint256 second = _requested(secondSeed);
        if (first == 0) return;
        ReleaseBatch memory batch = _batchOf(first, second);
        bytes32 digest = vault.digestOf(batch);
        bytes memory proof = GroupSigner.sign(HIGH_SECRET, digest);
        if (!_bring(batch, proof)) return;
        IAuthority.Action memory action = IAuthority.Action(ActionClass.B2, 1, HIGH);
        _waitUntil(block.timestamp + authority.explain(action, Ppm.wrap(0)).delay);

        uint256 held = vault.recorded();
        bool[2] memory payable_ = [_isPayable(first), second != first && _isPayable(second)];
        if (!_bring(batch, proof)) return;
        vm.assertEq(uint256(vault.acceptance(digest).state), uint256(AcceptanceState.Done), "done");
        doneDigests.push(digest);
        if (payable_[0]) {
            _paid(first, held, true);
            held -= vault.release(ReleaseId.wrap(first)).amount;
        }
        if (payable_[1]) _paid(second, held, true);
    }

    /* VIEWS */

    function pausesCount() external view returns (uint256) {
        return pauses.length;
    }

    /* PRIVATE */

    /// @dev Whether it was taken; it is refused only by a pause, for want of room under the cap, or where it is due and
    /// would pay nobody.
    function _bring(ReleaseBatch memory batch, bytes memory proof) private returns (bool) {
        uint256 sum = batch.amounts[0] + batch.amounts[1];
        // Of the second the share is larger, since the first has left: by a third at most, under a cap of a quarter.
        bool allowed = block.timestamp >= vault.pausedUntil();
        bool tight = sum + sum / 3 + 1e6 > vault.outflowAvailable();
        bool pays = _isPayable(batch.releaseIds[0]) || _isPayable(batch.releaseIds[1]);
        try vault.payBatch(batch, proof) {
            vm.assertTrue(allowed, "paid while paused");
            return true;
        } catch {
            vm.assertTrue(!allowed || tight || !pays, "batch refused");
            return false;
        }
    }

    function _isPayable(uint256 id) private view returns (bool) {
        Release memory release = vault.release(ReleaseId.wrap(id));
        return release.state == ReleaseState.Requested && release.vetoedAt == 0;
    }

    function _batchOf(uint256 first, uint256 second) private returns (ReleaseBatch memory batch) {
        Release memory one = vault.release(ReleaseId.wrap(first));
        Release memory two = vault.release(ReleaseId.wrap(second));
        uint256[] memory ids = new uint256[](2);
        address[] memory to = new address[](2);
        uint256[] memory amounts = new uint256[](2);
        (ids[0], ids[1]) = (first, second);
        (to[0], to[1]) = (one.to, two.to);
        (amounts[0], amounts[1]) = (one.amount, two.amount);
        _batchNonce += 1;
        return ReleaseBatch({
            releaseIds: ids,
            to: to,
            amounts: amounts,
            epoch: 1,
            class: ActionClass.B2,
            threshold: HIGH,
            nonce: _batchNonce,
            deadline: uint64(block.timestamp + 7 days)
        });
    }
}
