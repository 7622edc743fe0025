// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Secp256k1} from "./Secp256k1.sol";

/// @notice Verifies the group signatures of FROST(secp256k1, SHA-256): whoever signed, a verifier sees one Schnorr
/// signature (R, z) under one group key P, valid when z*G == R + c*P.
/// @dev Sources: RFC 9591 §6.5 (suite) and §4.6 (challenge), RFC 9380 §5.2 and §5.3.1 (hash to field).
/// @custom:invariant INV-FROST-1 `verify` returns exactly for those (R, z) with z*G == R + c*P, c as in RFC 9591.
/// @custom:invariant INV-FROST-2 The challenge equals RFC 9591's H2(R || P || digest) for every input.
library Frost {
    /* CONSTANTS */

    /// @dev DST_prime of RFC 9380: the suite's context, the tag of H2, and the length of both, 29.
    bytes30 private constant TAG = "FROST-secp256k1-SHA256-v1chal\x1d";

    /// @dev How b_0's input ends: the length of the uniform bytes, 48, in two bytes, a zero byte, and all of TAG but
    /// its last byte, which stands in TAG_END.
    bytes32 private constant LENGTH_ZERO_TAG = "\x00\x30\x00FROST-secp256k1-SHA256-v1chal";

    uint256 private constant TAG_END = 0x1d;

    /// @dev Where b_1 stands in the 48 uniform bytes, and how much of b_2 is too much: 16 bytes.
    uint256 private constant HALF_WORD_BITS = 128;

    /// @dev Address of the precompiled contract.
    uint256 private constant SHA256 = 2;

    /// @dev What `ecrecover` wants as v for a point with even y.
    uint8 private constant EVEN_Y = 27;

    /* ERRORS */

    /// @notice z is zero.
    error ScalarZero();

    /// @notice z is not reduced: it must be below the group order.
    error ScalarOutOfRange(uint256 z);

    /// @notice The equation does not hold: another key, another digest, another chain or contract, or a forgery.
    error InvalidSignature();

    /* INTERNAL */

    /// @notice Returns if (R, z) signs `digest` under P, reverts by name if not.
    /// @dev `ecrecover(h, v, r, s)` answers the address of r^-1 * (s*Q - h*G), where Q is the point with x == r and
    /// the parity in v. With Q = P, s = -c*P.x and h = -z*P.x that is z*G - c*P, which must be R. It answers 0 for
    /// r >= ORDER and for s >= ORDER, so a key with P.x >= ORDER never passes, nor does c == 0, which makes s ORDER.
    /// R is compared by its address, so that it need not be shown to be on the curve: a point off it is not what was
    /// recovered. The check against 0 is for an R whose address is 0; nobody knows one.
    /// @param digest What was signed.
    /// @param rx Affine x of R.
    /// @param ry Affine y of R.
    /// @param z The sum of the signature shares.
    /// @param px Affine x of P, in [1, ORDER); the caller knows P to be on the curve.
    /// @param py Affine y of P, or its parity, which is all that is read of it: with P.x it leaves one point.
    function verify(bytes32 digest, uint256 rx, uint256 ry, uint256 z, uint256 px, uint256 py) internal view {
        require(z != 0, ScalarZero());
        require(z < Secp256k1.ORDER, ScalarOutOfRange(z));
        require(_holds(digest, rx, ry, z, px, py), InvalidSignature());
    }

    /// @notice Whether (R, z) signs `digest` under P: `verify` for those who must answer and not revert.
    function isValid(bytes32 digest, uint256 rx, uint256 ry, uint256 z, uint256 px, uint256 py)
        internal
        view
        returns (bool)
    {
        return z != 0 && z < Secp256k1.ORDER && _holds(digest, rx, ry, z, px, py);
    }

    /// @notice The challenge c = H2(R || P || digest), both points compressed, reduced modulo the group order.
    /// @dev In assembly, since the compiler's own encoding costs more than the hashing: 2,000 gas of 3,000.
    ///
    ///     b_0 = SHA256(64 zero bytes || R || P || digest || 0x0030 || 0x00 || TAG)    195 bytes
    ///     b_1 = SHA256(b_0 || 0x01 || TAG)                                              63 bytes
    ///     b_2 = SHA256((b_0 xor b_1) || 0x02 || TAG)                                    63 bytes
    ///     c   = the first 48 bytes of b_1 || b_2, as a number, modulo the group order
    function challenge(bytes32 digest, uint256 rx, uint256 ry, uint256 px, uint256 py)
        internal
        view
        returns (uint256 c)
    {
        uint256 rPrefix = Secp256k1.compressedPrefix(ry);
        uint256 pPrefix = Secp256k1.compressedPrefix(py);
        uint256 b1;
        uint256 b2;
        // Memory-safe: writes past the free memory pointer only, and leaves nothing there that anyone reads.
        assembly ("memory-safe") {
            let input := mload(0x40)
            mstore(input, 0)
            mstore(add(input, 0x20), 0)
            mstore8(add(input, 0x40), rPrefix)
            mstore(add(input, 0x41), rx)
            mstore8(add(input, 0x61), pPrefix)
            mstore(add(input, 0x62), px)
            mstore(add(input, 0x82), digest)
            mstore(add(input, 0xa2), LENGTH_ZERO_TAG)
            mstore8(add(input, 0xc2), TAG_END)

            // b_0 goes where the inputs of b_1 and b_2 begin. Hashing fails only for want of gas.
            let hashed := staticcall(gas(), SHA256, input, 195, input, 0x20)
            let b0 := mload(input)

            mstore8(add(input, 0x20), 1)
            mstore(add(input, 0x21), TAG)
            hashed := and(hashed, staticcall(gas(), SHA256, input, 63, 0x00, 0x20))
            b1 := mload(0x00)

            mstore(input, xor(b0, b1))
            mstore8(add(input, 0x20), 2)
            hashed := and(hashed, staticcall(gas(), SHA256, input, 63, 0x00, 0x20))
            b2 := mload(0x00)
            if iszero(hashed) { revert(0x00, 0x00) }
        }

        uint256 high = mulmod(b1, 1 << HALF_WORD_BITS, Secp256k1.ORDER);
        return addmod(high, b2 >> HALF_WORD_BITS, Secp256k1.ORDER);
    }

    /* PRIVATE */

    /// @dev z is in [1, ORDER).
    function _holds(bytes32 digest, uint256 rx, uint256 ry, uint256 z, uint256 px, uint256 py)
        private
        view
        returns (bool)
    {
        uint256 c = challenge(digest, rx, ry, px, py);
        uint256 h;
        uint256 s;
        // No underflow: `mulmod` is below ORDER.
        unchecked {
            h = Secp256k1.ORDER - mulmod(z, px, Secp256k1.ORDER);
            s = Secp256k1.ORDER - mulmod(c, px, Secp256k1.ORDER);
        }
        // The cast and the sum are safe: 27 or 28.
        address recovered = ecrecover(bytes32(h), EVEN_Y + uint8(py & 1), bytes32(px), bytes32(s));
        return recovered != address(0) && recovered == Secp256k1.toAddress(rx, ry);
    }
}
