// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {FrostVerifier} from "../../contracts/FrostVerifier.sol";
import {Frost} from "../../contracts/libraries/Frost.sol";
import {Secp256k1} from "../../contracts/libraries/Secp256k1.sol";
import {GroupKey} from "../../contracts/types/GroupKey.sol";
import {GroupSigner} from "./GroupSigner.sol";
import {vm, within} from "./Vm.sol";
import {MultiSignerWallet} from "./wallets/MultiSignerWallet.sol";
import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {IERC7913SignatureVerifier} from "@openzeppelin/contracts/interfaces/IERC7913.sol";

/// @dev The library's own verdict, which reverts, from outside.
contract LibraryVerdict {
    function verify(bytes32 digest, uint256 rx, uint256 ry, uint256 z, uint256 px, uint256 py) external view {
        Frost.verify(digest, rx, ry, z, px, py);
    }
}

abstract contract VerifierFixture {
    bytes4 internal constant ACCEPTED = IERC7913SignatureVerifier.verify.selector;
    bytes4 internal constant REFUSED = 0xffffffff;
    uint256 internal constant SECRET = 0x5EC2E7;
    bytes32 internal constant HASH = keccak256("what a wallet was asked to sign");

    FrostVerifier internal verifier;
    bytes internal key;
    bytes internal signature;

    function setUp() public virtual {
        verifier = new FrostVerifier();
        key = _keyOf(SECRET);
        signature = GroupSigner.sign(SECRET, HASH);
    }

    function _keyOf(uint256 secret) internal returns (bytes memory) {
        GroupKey memory point = GroupSigner.keyOf(secret, 2);
        return abi.encode(point.x, point.y);
    }
}

contract GivenAGroupKeyAsErc7913Key is VerifierFixture {
    /// @dev The least x on the curve that is not below the group order, with its y.
    uint256 private constant LARGE_X = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;
    uint256 private constant LARGE_Y = 0x98f66641cb0ae1776b463ebdee3d77fe2658f021db48e2c8ac7ab4c92f83621e;

    LibraryVerdict private library_;

    function setUp() public override {
        super.setUp();
        library_ = new LibraryVerdict();
    }

    function test_WhenItSigned_ThenTheMagicValue() external view {
        _expect(ACCEPTED, key, HASH, signature);
    }

    function test_WhenTheHashIsAnother_ThenRefused() external view {
        _expect(REFUSED, key, keccak256("another"), signature);
    }

    function test_WhenKeyOrSignatureHaveAnotherLength_ThenRefused() external view {
        _expect(REFUSED, "", HASH, signature);
        _expect(REFUSED, key, HASH, "");
        _expect(REFUSED, bytes.concat(key, hex"00"), HASH, signature);
        _expect(REFUSED, key, HASH, bytes.concat(signature, hex"00"));
    }

    function testFuzz_WhenKeyAndSignatureAreAnyBytes_ThenRefusedAndNoRevert(
        bytes calldata anyKey,
        bytes32 hash,
        bytes calldata anySignature
    ) external view {
        _expect(REFUSED, anyKey, hash, anySignature);
        _expect(REFUSED, key, hash, anySignature);
        _expect(REFUSED, anyKey, hash, signature);
    }

    function test_WhenZIsZeroOrNotReduced_ThenRefused() external view {
        (uint256 rx, uint256 ry, uint256 z) = abi.decode(signature, (uint256, uint256, uint256));
        _expect(REFUSED, key, HASH, abi.encode(rx, ry, uint256(0)));
        _expect(REFUSED, key, HASH, abi.encode(rx, ry, Secp256k1.ORDER));
        _expect(REFUSED, key, HASH, abi.encode(rx, ry, type(uint256).max));
        // Where z + n fits a word it is the same scalar: still not the same signature.
        if (z <= type(uint256).max - Secp256k1.ORDER) {
            _expect(REFUSED, key, HASH, abi.encode(rx, ry, z + Secp256k1.ORDER));
        }
    }

    function test_WhenTheKeysXIsNotBelowTheOrder_ThenRefused() external view {
        vm.assertTrue(Secp256k1.isOnCurve(LARGE_X, LARGE_Y), "on the curve");
        _expect(REFUSED, abi.encode(LARGE_X, LARGE_Y), HASH, signature);
        _expect(REFUSED, abi.encode(type(uint256).max, LARGE_Y), HASH, signature);
    }

    function testFuzz_WhenTheKeyIsOffTheCurve_ThenRefused(uint256 x, uint256 y) external view {
        vm.assume(!Secp256k1.isOnCurve(x, y));
        _expect(REFUSED, abi.encode(x, y), HASH, signature);
    }

    /// @dev With the same parity of y `ecrecover` cannot tell the point from that on the curve: the check must.
    function test_WhenTheKeyIsOffTheCurveWithTheSameParity_ThenRefused() external view {
        (uint256 px, uint256 py) = abi.decode(key, (uint256, uint256));
        _expect(REFUSED, abi.encode(px, py ^ 2), HASH, signature);
        _expect(REFUSED, abi.encode(uint256(0), uint256(0)), HASH, signature);
    }

    function test_WhenRIsOffTheCurveOrNegated_ThenRefused() external view {
        (uint256 rx, uint256 ry, uint256 z) = abi.decode(signature, (uint256, uint256, uint256));
        _expect(REFUSED, key, HASH, abi.encode(rx, ry ^ 2, z));
        _expect(REFUSED, key, HASH, abi.encode(rx, Secp256k1.FIELD - ry, z));
        _expect(REFUSED, key, HASH, abi.encode(uint256(0), uint256(0), z));
    }

    /// @custom:invariant INV-VERIFIER-1
    function testFuzz_WhenAnyWordIsSpoiled_ThenItAnswersAsTheLibrary(
        uint256 secret,
        bytes32 hash,
        uint256 place,
        uint256 mask
    ) external {
        secret = within(secret, 1, Secp256k1.ORDER - 1);
        uint256[5] memory words;
        (words[0], words[1]) = abi.decode(_keyOf(secret), (uint256, uint256));
        (words[2], words[3], words[4]) = abi.decode(GroupSigner.sign(secret, hash), (uint256, uint256, uint256));
        _compare(hash, words, true);

        words[place % 5] ^= mask;
        _compare(hash, words, mask == 0);
    }

    function _compare(bytes32 hash, uint256[5] memory words, bool sound) private view {
        bool taken = Secp256k1.isOnCurve(words[0], words[1]) && words[0] < Secp256k1.ORDER;
        if (taken) {
            try library_.verify(hash, words[2], words[3], words[4], words[0], words[1]) {}
            catch {
                taken = false;
            }
        }
        vm.assertEq(taken, sound, "the library's verdict");
        _expect(
            taken ? ACCEPTED : REFUSED, abi.encode(words[0], words[1]), hash, abi.encode(words[2], words[3], words[4])
        );
    }

    function _expect(bytes4 answer, bytes memory anyKey, bytes32 hash, bytes memory anySignature) private view {
        vm.assertEq(bytes32(verifier.verify(anyKey, hash, anySignature)), bytes32(answer), "answer");
    }
}

contract GivenAnAccountOfOpenZeppelinWithAGroupKeyAmongItsSigners is VerifierFixture {
    uint256 private constant PERSON = 0xB0B;

    MultiSignerWallet private wallet;
    bytes private group;
    bytes private person;

    function setUp() public override {
        super.setUp();
        group = bytes.concat(abi.encodePacked(address(verifier)), key);
        person = abi.encodePacked(vm.addr(PERSON));
        bytes[] memory signers = new bytes[](2);
        (signers[0], signers[1]) = (group, person);
        wallet = new MultiSignerWallet(signers, 2);
    }

    function test_WhenGroupAndPersonSigned_ThenTheWalletSigned() external view {
        _expect(IERC1271.isValidSignature.selector, HASH, _both(signature, HASH));
    }

    function test_WhenTheGroupsSignatureIsTampered_ThenItDidNot() external view {
        bytes memory tampered = signature;
        tampered[95] ^= 0x01;
        _expect(REFUSED, HASH, _both(tampered, HASH));
        tampered[95] ^= 0x01;
        tampered[0] ^= 0x01;
        _expect(REFUSED, HASH, _both(tampered, HASH));
    }

    function test_WhenAnotherHashIsAsked_ThenItDidNot() external view {
        bytes32 other = keccak256("another");
        _expect(REFUSED, other, _both(signature, HASH));
        _expect(REFUSED, other, _both(signature, other));
    }

    function test_WhenAnotherGroupSigned_ThenItDidNot() external {
        _expect(REFUSED, HASH, _both(GroupSigner.sign(SECRET + 1, HASH), HASH));
    }

    function _both(bytes memory ofGroup, bytes32 hash) private view returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(PERSON, hash);
        bytes[] memory signers = new bytes[](2);
        bytes[] memory signatures = new bytes[](2);
        uint256 ofGroupAt = keccak256(group) < keccak256(person) ? 0 : 1;
        (signers[ofGroupAt], signatures[ofGroupAt]) = (group, ofGroup);
        (signers[1 - ofGroupAt], signatures[1 - ofGroupAt]) = (person, abi.encodePacked(r, s, v));
        return abi.encode(signers, signatures);
    }

    function _expect(bytes4 answer, bytes32 hash, bytes memory anySignature) private view {
        vm.assertEq(bytes32(wallet.isValidSignature(hash, anySignature)), bytes32(answer), "answer");
    }
}
