// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CollateralVault} from "../../contracts/CollateralVault.sol";
import {ThresholdAuthority} from "../../contracts/ThresholdAuthority.sol";
import {DevnetRegimeOracle} from "../../contracts/mocks/DevnetRegimeOracle.sol";
import {DevnetUSDC} from "../../contracts/mocks/DevnetUSDC.sol";
import {ActionClass} from "../../contracts/types/ActionClass.sol";
import {Expedite} from "../../contracts/types/Expedite.sol";
import {GroupKey} from "../../contracts/types/GroupKey.sol";
import {Regime} from "../../contracts/types/Regime.sol";
import {Release, ReleaseId} from "../../contracts/types/Release.sol";
import {GroupSigner} from "./GroupSigner.sol";
import {PeopleFixture} from "./PeopleFixture.sol";
import {vm} from "./Vm.sol";
import {OpenGate} from "./wallets/OpenGate.sol";

/// @notice A vault under a 3-and-4-of-5 committee, in calm, in which one large owner has stood for longer than a day:
/// the vault's size counts, and one percent of it is 10,000 USDC.
abstract contract VaultFixture is PeopleFixture {
    uint256 internal constant USDC = 1e6;
    uint256 internal constant START = 1_800_000_000;

    /// @dev What the whale holds, for ever, unless a test moves it.
    uint256 internal constant VAULT_SIZE = 1_000_000 * USDC;
    uint256 internal constant ONE_PERCENT = VAULT_SIZE / 100;

    uint8 internal constant SIGNERS = 5;
    uint8 internal constant LOW = 3;
    uint8 internal constant HIGH = 4;
    uint256 internal constant LOW_SECRET = 0x10F;
    uint256 internal constant HIGH_SECRET = 0x417;
    bytes32 internal constant CERTIFICATE = keccak256("certificate");

    address internal constant WHALE = address(0xA11CE0);
    address internal constant ALICE = address(0xA11CE);
    address internal constant ANYONE = address(0xBEEF);
    address internal constant SAFE = address(0x5AFE);

    /// @dev Moves margin; here next to nothing, so that a test can be it.
    address internal constant VENUE = address(0x7E4E);

    DevnetUSDC internal usdc;
    DevnetRegimeOracle internal oracle;
    ThresholdAuthority internal authority;
    CollateralVault internal vault;

    function setUp() public virtual {
        vm.warp(START);
        usdc = deployUsdc();
        oracle = new DevnetRegimeOracle();
        deployPeople(oracle);
        authority = new ThresholdAuthority(groupKeys(), SIGNERS, CERTIFICATE, oracle, people);
        vault = new CollateralVault(usdc, authority, people, oracle, VENUE);
        vm.etch(VENUE, type(OpenGate).runtimeCode);
        deposit(WHALE, VAULT_SIZE);
        skip(2 days);
    }

    function deployUsdc() internal virtual returns (DevnetUSDC) {
        return new DevnetUSDC();
    }

    function groupKeys() internal returns (GroupKey[] memory keys) {
        keys = new GroupKey[](2);
        keys[0] = GroupSigner.keyOf(LOW_SECRET, LOW);
        keys[1] = GroupSigner.keyOf(HIGH_SECRET, HIGH);
    }

    function deposit(address owner, uint256 amount) internal {
        usdc.mint(owner, amount);
        vm.prank(owner);
        usdc.approve(address(vault), amount);
        vm.prank(owner);
        vault.deposit(owner, amount);
    }

    /// @dev Deposits and asks for all of it back.
    function aRelease(uint256 amount) internal returns (ReleaseId id) {
        deposit(ALICE, amount);
        vm.prank(ALICE);
        return vault.requestRelease(amount);
    }

    /// @dev Describes the release as it stands, with the longest deadline.
    function anExpedite(ReleaseId id, ActionClass class, uint8 threshold) internal view returns (Expedite memory) {
        Release memory release = vault.release(id);
        return Expedite({
            releaseId: id,
            owner: release.owner,
            to: release.to,
            amount: release.amount,
            epoch: authority.epoch(),
            class: class,
            threshold: threshold,
            nonce: 0,
            deadline: uint64(block.timestamp + 7 days)
        });
    }

    function signed(Expedite memory intent) internal returns (bytes memory proof) {
        return GroupSigner.sign(intent.threshold == LOW ? LOW_SECRET : HIGH_SECRET, vault.digestOf(intent));
    }

    function expedite(Expedite memory intent) internal {
        bytes memory proof = signed(intent);
        vm.prank(ANYONE);
        vault.expedite(intent, proof);
    }

    function setRegime(Regime regime) internal {
        oracle.set(regime, false);
    }

    function skip(uint256 time) internal {
        vm.warp(block.timestamp + time);
    }

    function expectRevert(bytes memory reason) internal {
        vm.expectRevert(reason);
    }
}
