// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CollateralVault} from "../../../contracts/CollateralVault.sol";
import {ICollateralVault} from "../../../contracts/interfaces/ICollateralVault.sol";
import {IRegimeOracle} from "../../../contracts/interfaces/IRegimeOracle.sol";
import {DevnetRegimeOracle} from "../../../contracts/mocks/DevnetRegimeOracle.sol";
import {DevnetUSDC} from "../../../contracts/mocks/DevnetUSDC.sol";
import {AcceptanceState} from "../../../contracts/types/Acceptance.sol";
import {ActionClass} from "../../../contracts/types/ActionClass.sol";
import {Expedite} from "../../../contracts/types/Expedite.sol";
import {ParameterChange} from "../../../contracts/types/ParameterChange.sol";
import {Regime} from "../../../contracts/types/Regime.sol";
import {Release, ReleaseId, ReleaseState} from "../../../contracts/types/Release.sol";
import {ReleaseBatch} from "../../../contracts/types/ReleaseBatch.sol";
import {vm} from "../Vm.sol";
import {OpenGate} from "../wallets/OpenGate.sol";
import {AnyAuthority} from "./AnyAuthority.sol";
import {symbolic} from "./Symbolic.sol";

/// @notice A vault in use: a release that waits, one that was cancelled and one that was vetoed; an owner who pays to
/// another address and has a standing instruction; a pause under way; custodians and people who sign whatever they are
/// asked, every one of whom is a guardian.
abstract contract VaultInUse {
    uint256 internal constant START = 1_800_000_000;
    uint256 internal constant AMOUNT = 300e6;
    uint256 internal constant IDLE = 900e6;
    uint256 internal constant STRANGERS = 5_000e6;
    uint256 internal constant MARGIN = 1_000e6;

    address internal constant OWNER = address(0xA11CE);
    address internal constant SAFE = address(0x5AFE);
    address internal constant STRANGER = address(0xBEEF);
    address internal constant GUARDIAN = address(0x600D);
    address internal constant VENUE = address(0x7E4E);

    DevnetUSDC internal usdc;
    DevnetRegimeOracle internal oracle;
    AnyAuthority internal authority;
    AnyAuthority internal people;
    CollateralVault internal vault;
    ReleaseId internal waiting;
    ReleaseId internal cancelled;
    ReleaseId internal vetoed;
    uint256 internal requestedAt;

    function setUp() public virtual {
        vm.warp(START);
        usdc = new DevnetUSDC();
        oracle = new DevnetRegimeOracle();
        authority = new AnyAuthority();
        people = new AnyAuthority();
        vault = new CollateralVault(usdc, authority, people, IRegimeOracle(address(oracle)), VENUE);
        vm.etch(VENUE, type(OpenGate).runtimeCode);
        _deposit(STRANGER, STRANGERS);
        _deposit(OWNER, AMOUNT + IDLE);
        vm.prank(OWNER);
        vault.requestPayout(SAFE);
        vm.prank(OWNER);
        vault.setStanding(uint64(AMOUNT), 7 days, type(uint40).max);

        requestedAt = START + 3 days;
        vm.warp(requestedAt);
        vault.applyPayout(OWNER);
        waiting = _request(OWNER, AMOUNT);
        cancelled = _request(OWNER, AMOUNT);
        vm.prank(OWNER);
        vault.cancelRelease(cancelled);
        vetoed = _request(STRANGER, AMOUNT);
        vm.prank(STRANGER);
        vault.toMargin(MARGIN);
        vm.prank(GUARDIAN);
        vault.pause();
        vm.warp(requestedAt + 2 hours);
        vm.prank(GUARDIAN);
        vault.veto(vetoed);
    }

    /// @dev The same number, as one path for each.
    function _case(uint8 number) internal pure returns (uint256 known) {
        while (known < number) ++known;
    }

    function _request(address owner, uint256 amount) internal returns (ReleaseId) {
        vm.prank(owner);
        return vault.requestRelease(amount);
    }

    function _deposit(address owner, uint256 amount) internal {
        usdc.mint(owner, 2 * amount);
        vm.prank(owner);
        usdc.approve(address(vault), 2 * amount);
        vm.prank(owner);
        vault.deposit(owner, amount);
    }
}

/// @notice Then anybody makes one call.
/// @custom:halmos --default-array-lengths 2
contract VaultProofs is VaultInUse {
    /// @dev What the people ask at least of class C, which loosens.
    uint32 private constant LEAST_OF_CLASS_C = 24 hours;

    /// @dev Any release by its own delay, or any expedite with any proof.
    /// @custom:proves INV-VAULT-3, INV-VAULT-4, INV-VAULT-12, INV-PAUSE-4, INV-VETO-3
    function check_WhenAnyoneExecutesOrExpedites_ThenTokensGoOnlyToThePinnedAddress(
        Expedite memory intent,
        bool alone,
        uint8 moment,
        uint32 delay
    ) external {
        uint256 held = usdc.balanceOf(address(vault));
        uint256 pausedUntil = vault.pausedUntil();
        _at(moment, delay);
        if (alone) vault.execute(intent.releaseId);
        else vault.expedite(intent, "");
        uint256 paid = _assertPinned(held);
        if (block.timestamp < pausedUntil) assert(paid == 0);
        assert(vault.idle(OWNER) == IDLE && vault.idle(STRANGER) == STRANGERS - AMOUNT - MARGIN);
    }

    /// @dev Every other function there is, by anybody, the venue included: nothing is paid, and nothing loosens at once.
    /// @custom:proves INV-VAULT-3, INV-VAULT-4, INV-VAULT-10, INV-PAUSE-3, INV-CAP-3, INV-STANDING-2
    function check_WhenAnyoneCallsAnythingElse_ThenNothingLeavesAndNothingLoosens(address caller, bool late) external {
        uint256 held = usdc.balanceOf(address(vault));
        uint256 pausedUntil = vault.pausedUntil();
        bytes memory data = symbolic.createCalldata("CollateralVault");
        bytes4 selector = bytes4(data);
        vm.assume(selector != ICollateralVault.payBatch.selector && selector != ICollateralVault.execute.selector);
        vm.assume(selector != ICollateralVault.expedite.selector);
        _at(late ? 2 : 0, 0);
        vm.prank(caller);
        (bool success,) = address(vault).call(data);
        vm.assume(success);

        assert(_assertPinned(held) == 0);
        assert(vault.payoutOf(OWNER) == SAFE && vault.payoutOf(STRANGER) == STRANGER);
        assert(vault.pausedUntil() >= pausedUntil && vault.outflowCap() == 250_000);
        _assertIdleIsTheOwners(caller);
    }

    /// @dev After the pause, which lets none pass; of two releases, of which one may be the other.
    /// @custom:proves INV-BATCH-2, INV-VAULT-3, INV-VAULT-12, INV-VETO-3
    function check_WhenAnyoneBringsAnyBatch_ThenTokensGoOnlyToThePinnedAddress(ReleaseBatch memory intent, uint32 delay)
        external
    {
        uint256 held = usdc.balanceOf(address(vault));
        _at(1, delay);
        vault.payBatch(intent, "");
        _assertPinned(held);
        assert(vault.idle(OWNER) == IDLE && vault.idle(STRANGER) == STRANGERS - AMOUNT - MARGIN);
    }

    /// @dev All that left the vault are releases, still what was asked for, and paid to the address of then.
    function _assertPinned(uint256 held) private view returns (uint256 paid) {
        paid = _amountPaid(waiting, OWNER, SAFE);
        uint256 paidOfVetoed = _amountPaid(vetoed, STRANGER, STRANGER);
        assert(usdc.balanceOf(SAFE) == paid);
        assert(usdc.balanceOf(address(vault)) >= held - paid - paidOfVetoed);
        assert(vault.release(cancelled).state == ReleaseState.Cancelled);
        // What was vetoed is paid by its own delay only.
        if (block.timestamp < requestedAt + 2 hours + 72 hours) assert(paidOfVetoed == 0);
        return paid + paidOfVetoed;
    }

    /// @dev Nobody else takes from what is idle, the venue included; but by the instruction that the owner gave, for a
    /// release of its own.
    function _assertIdleIsTheOwners(address caller) private view {
        if (caller == OWNER) return;
        Release memory added = vault.release(ReleaseId.wrap(ReleaseId.unwrap(vetoed) + 1));
        if (added.owner == OWNER) {
            assert(added.to == SAFE && added.amount == AMOUNT && added.state == ReleaseState.Requested);
            assert(vault.idle(OWNER) == IDLE - AMOUNT);
        } else {
            assert(vault.idle(OWNER) >= IDLE);
        }
    }

    /// @dev What was paid of a release, which is still what was asked for.
    function _amountPaid(ReleaseId id, address owner, address to) private view returns (uint256) {
        Release memory found = vault.release(id);
        assert(found.owner == owner && found.to == to && found.amount == AMOUNT);
        return found.state == ReleaseState.Paid ? AMOUNT : 0;
    }

    /// @dev While paused; after it, when one release is ripe by its own delay and the vetoed one is not; past every delay
    /// that the vault knows. The arithmetic of windows, clocks and tables is proved apart.
    function _at(uint8 moment, uint32 delay) private {
        vm.assume(moment < 3);
        uint256 known = _case(moment);
        vm.warp(requestedAt + [uint256(1 days), 73 hours, 15 days][known]);
        oracle.set([Regime.CALM, Regime.ELEVATED, Regime.STRESSED][known], false);
        authority.answer(delay, delay);
        people.answer(LEAST_OF_CLASS_C, 72 hours);
    }
}

/// @notice Custodians bring any expedite, once and again.
contract ExpediteProofs is VaultInUse {
    /// @dev What was paid at once has left Requested, which is all the mark there is; what was accepted is Done as well.
    /// @custom:proves INV-VAULT-5
    function check_WhenAnExpediteWasPaid_ThenNothingBringsItAgain(Expedite memory intent, uint32 delay, uint32 later)
        external
    {
        bytes memory proof = symbolic.createBytes(96, "proof");
        intent.releaseId = waiting;
        vm.warp(requestedAt + 73 hours);
        authority.answer(delay, delay);
        vault.expedite(intent, proof);
        if (delay != 0) {
            assert(vault.acceptance(vault.digestOf(intent)).state == AcceptanceState.Waiting);
            assert(vault.release(waiting).state == ReleaseState.Requested);
            vm.warp(requestedAt + 73 hours + later);
            vault.expedite(intent, proof);
            assert(later >= delay);
            assert(vault.acceptance(vault.digestOf(intent)).state == AcceptanceState.Done);
        }
        assert(vault.release(waiting).state == ReleaseState.Paid);
        try vault.expedite(intent, proof) {
            assert(false);
        } catch (bytes memory reason) {
            assert(bytes4(reason) == ICollateralVault.ReleaseNotRequested.selector);
        }
    }

    /// @custom:proves INV-VETO-3
    function check_WhenVetoed_ThenNoExpeditePaysIt(Expedite memory intent, uint32 delay, uint32 later) external {
        intent.releaseId = vetoed;
        vm.warp(requestedAt + 73 hours + later);
        authority.answer(delay, delay);
        try vault.expedite(intent, symbolic.createBytes(96, "proof")) {
            assert(false);
        } catch {}
    }
}

/// @notice An owner without open risk, when all others do what they can at the worst moment: the release vetoed and
/// paused, the day's outflow used up and the cap at its least; then oracle, custodians, people and venue are code that
/// reverts whatever it is asked.
contract ExitProofs is VaultInUse {
    ReleaseId private hindered;

    function setUp() public override {
        super.setUp();
        requestedAt += 4 days;
        vm.warp(requestedAt);
        hindered = _request(OWNER, AMOUNT);
        ReleaseId strangers = _request(STRANGER, 200e6);

        vm.warp(requestedAt + 11 days);
        vm.prank(GUARDIAN);
        vault.veto(hindered);
        vault.changeParameter(_leastCap(), "");
        // The next that can begin, and the day's outflow is used up just before.
        vm.warp(requestedAt + 13 days);
        vault.execute(strangers);
        vm.prank(GUARDIAN);
        vault.pause();
    }

    /// @custom:proves INV-VAULT-6, INV-VAULT-11
    function check_WhenPastTheExitBound_ThenPaidWithNobodyElseThere(address caller, uint32 later) external {
        vm.warp(requestedAt + 14 days - 1);
        try vault.execute(hindered) {
            assert(false);
        } catch {}
        vm.etch(address(oracle), hex"fe");
        vm.etch(address(authority), hex"fe");
        vm.etch(address(people), hex"fe");
        vm.etch(VENUE, hex"fe");
        vm.warp(requestedAt + 14 days + later);
        vm.prank(caller);
        // A revert alone would prove nothing, and fail nothing.
        try vault.execute(hindered) {}
        catch {
            assert(false);
        }
        assert(usdc.balanceOf(SAFE) == AMOUNT);
        assert(vault.release(hindered).state == ReleaseState.Paid);
    }

    function _leastCap() private view returns (ParameterChange memory) {
        return ParameterChange({
            parameter: "outflow cap",
            current: 250_000,
            next: 50_000,
            epoch: 1,
            class: ActionClass.C,
            threshold: 1,
            nonce: 0,
            deadline: uint64(block.timestamp)
        });
    }
}
