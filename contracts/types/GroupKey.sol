// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice The public key under which any `threshold` custodians sign together.
/// @param threshold How many custodians it takes.
/// @param x Affine x on secp256k1, in [1, group order).
/// @param y Affine y on secp256k1.
struct GroupKey {
    uint8 threshold;
    uint256 x;
    uint256 y;
}
