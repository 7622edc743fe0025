// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Frost} from "../../../contracts/libraries/Frost.sol";
import {Secp256k1} from "../../../contracts/libraries/Secp256k1.sol";
import {GroupKey} from "../../../contracts/types/GroupKey.sol";
import {GasFixture} from "../GasFixture.sol";
import {GroupSigner} from "../GroupSigner.sol";
import {ReferenceFrost} from "../ReferenceFrost.sol";
import {vm, within} from "../Vm.sol";

/// @dev Calls the library from outside, so that a revert can be expected and gas measured.
contract FrostCaller {
    function verify(bytes32 digest, uint256 rx, uint256 ry, uint256 z, uint256 px, uint256 py) external view {
        Frost.verify(digest, rx, ry, z, px, py);
    }

    function gasOfVerify(bytes32 digest, uint256 rx, uint256 ry, uint256 z, uint256 px, uint256 py)
        external
        view
        returns (uint256)
    {
        uint256 before = gasleft();
        Frost.verify(digest, rx, ry, z, px, py);
        return before - gasleft();
    }
}

/// @dev Values of RFC 9591 §E.5, FROST(secp256k1, SHA-256); the y of each point solved from its compressed encoding.
contract GivenTheVectorOfRfc9591 {
    uint256 private constant PX = 0xf37c34b66ced1fb51c34a90bdae006901f10625cc06c4f64663b0eae87d87b4f;
    uint256 private constant PY = 0x27be69ffdc4ad5af4bbad67a570e9f8cede4e1a87ce3df1588dfe0b85c6272b8;
    uint256 private constant RX = 0x05b6d04d3774c8929413e3c76024d54149c372d57aae62574ed74319b5ea14d0;
    uint256 private constant RY = 0xe8c864734e5a7ca750bae921423cf8d29a9a9e6251f09269480a7770b8204a36;
    uint256 private constant Z = 0xc65dde8492a7471437e6c2fe3da49b90d23f642b5c6dbe7e36089f096dd97324;

    function test_WhenTheReferenceMakesTheChallenge_ThenTheSignatureHolds() external pure {
        uint256 c = ReferenceFrost.challenge("test", RX, RY, PX, PY);
        address recovered = ecrecover(
            bytes32(Secp256k1.ORDER - mulmod(Z, PX, Secp256k1.ORDER)),
            uint8(27 + PY % 2),
            bytes32(PX),
            bytes32(Secp256k1.ORDER - mulmod(c, PX, Secp256k1.ORDER))
        );
        vm.assertEq(recovered, Secp256k1.toAddress(RX, RY), "R of the vector");
    }

    /// @dev RFC 9380 §K.1, expand_message_xmd(SHA-256), msg "abc", 32 bytes.
    function test_WhenTheReferenceExpandsAbc_ThenItEqualsRfc9380() external pure {
        bytes memory uniform = ReferenceFrost.expandMessageXmd("abc", "QUUX-V01-CS02-with-expander-SHA256-128", 32);
        vm.assertEq(
            bytes32(uniform), 0xd8ccab23b5985ccea865c6c97b6e5b8350e794e603b4b97902f53a8a0d605615, "uniform bytes"
        );
    }
}

contract GivenAGroupSignature is GasFixture {
    /// @dev Of verification alone, in gas.
    uint256 private constant MOST_GAS = 5_000;

    uint256 private constant SECRET = 0xC0FFEE;
    bytes32 private constant DIGEST = keccak256("a digest");

    FrostCaller private immutable frost = new FrostCaller();

    uint256 private px;
    uint256 private py;
    uint256 private rx;
    uint256 private ry;
    uint256 private z;

    function setUp() external {
        (px, py) = _key(SECRET);
        (rx, ry, z) = _signature(SECRET, DIGEST);
    }

    function test_WhenVerified_ThenPasses() external view {
        frost.verify(DIGEST, rx, ry, z, px, py);
    }

    function test_WhenVerified_ThenCostsAtMost5000Gas() external {
        uint256 used = frost.gasOfVerify(DIGEST, rx, ry, z, px, py);
        keep("FROST verification, execution only", used);
        vm.assertLe(used, MOST_GAS, "gas");
    }

    function test_WhenZIsZero_ThenRevertsScalarZero() external {
        vm.expectRevert(abi.encodeWithSelector(Frost.ScalarZero.selector));
        frost.verify(DIGEST, rx, ry, 0, px, py);
    }

    function test_WhenZIsNotReduced_ThenRevertsScalarOutOfRange() external {
        vm.expectRevert(abi.encodeWithSelector(Frost.ScalarOutOfRange.selector, Secp256k1.ORDER));
        frost.verify(DIGEST, rx, ry, Secp256k1.ORDER, px, py);
        vm.expectRevert(abi.encodeWithSelector(Frost.ScalarOutOfRange.selector, type(uint256).max));
        frost.verify(DIGEST, rx, ry, type(uint256).max, px, py);
    }

    function testFuzz_WhenTheDigestIsAnother_ThenRevertsInvalidSignature(bytes32 digest) external {
        vm.assume(digest != DIGEST);
        _expectInvalid();
        frost.verify(digest, rx, ry, z, px, py);
    }

    /// @custom:invariant INV-FROST-1
    function testFuzz_WhenZIsAnother_ThenRevertsInvalidSignature(uint256 forged) external {
        forged = within(forged, 1, Secp256k1.ORDER - 1);
        vm.assume(forged != z);
        _expectInvalid();
        frost.verify(DIGEST, rx, ry, forged, px, py);
    }

    function test_WhenZIsNegated_ThenRevertsInvalidSignature() external {
        _expectInvalid();
        frost.verify(DIGEST, rx, ry, Secp256k1.ORDER - z, px, py);
    }

    function testFuzz_WhenRIsAnything_ThenRevertsInvalidSignature(uint256 x, uint256 y) external {
        vm.assume(x != rx || y != ry);
        _expectInvalid();
        frost.verify(DIGEST, x, y, z, px, py);
    }

    function test_WhenRIsNegated_ThenRevertsInvalidSignature() external {
        _expectInvalid();
        frost.verify(DIGEST, rx, Secp256k1.FIELD - ry, z, px, py);
    }

    function test_WhenROffTheCurveHasTheSameParity_ThenRevertsInvalidSignature() external {
        // The challenge sees x and parity only, so only the address can tell.
        _expectInvalid();
        frost.verify(DIGEST, rx, ry + 2, z, px, py);
    }

    function test_WhenTheKeyIsAnother_ThenRevertsInvalidSignature() external {
        (uint256 x, uint256 y) = _key(SECRET + 1);
        _expectInvalid();
        frost.verify(DIGEST, rx, ry, z, x, y);
    }

    function test_WhenTheKeyIsNegated_ThenRevertsInvalidSignature() external {
        _expectInvalid();
        frost.verify(DIGEST, rx, ry, z, px, Secp256k1.FIELD - py);
    }

    function test_WhenTheKeyIsNotBelowTheOrder_ThenRevertsInvalidSignature() external {
        _expectInvalid();
        frost.verify(DIGEST, rx, ry, z, Secp256k1.ORDER, py);
        _expectInvalid();
        frost.verify(DIGEST, rx, ry, z, 0, py);
    }

    /// @custom:invariant INV-FROST-1
    function testFuzz_WhenAnySecretSignsAnyDigest_ThenPasses(uint256 secret, bytes32 digest) external {
        secret = within(secret, 1, Secp256k1.ORDER - 1);
        (uint256 x, uint256 y) = _key(secret);
        vm.assume(x < Secp256k1.ORDER);
        (uint256 ax, uint256 ay, uint256 az) = _signature(secret, digest);
        frost.verify(digest, ax, ay, az, x, y);
    }

    /// @custom:invariant INV-FROST-2
    function testFuzz_WhenChallenged_ThenEqualsTheReference(
        bytes32 digest,
        uint256 ax,
        uint256 ay,
        uint256 bx,
        uint256 by
    ) external view {
        vm.assertEq(
            Frost.challenge(digest, ax, ay, bx, by),
            ReferenceFrost.challenge(abi.encodePacked(digest), ax, ay, bx, by),
            "challenge"
        );
    }

    function _expectInvalid() private {
        vm.expectRevert(abi.encodeWithSelector(Frost.InvalidSignature.selector));
    }

    function _key(uint256 secret) private returns (uint256 x, uint256 y) {
        GroupKey memory key = GroupSigner.keyOf(secret, 2);
        return (key.x, key.y);
    }

    function _signature(uint256 secret, bytes32 digest) private returns (uint256, uint256, uint256) {
        return abi.decode(GroupSigner.sign(secret, digest), (uint256, uint256, uint256));
    }
}
