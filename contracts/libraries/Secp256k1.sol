// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @notice The curve y^2 = x^3 + 7 over the field of FIELD elements.
/// @dev Source: SEC 2 v2 §2.4.1.
library Secp256k1 {
    /// @dev Size of the field the coordinates live in.
    uint256 internal constant FIELD = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEFFFFFC2F;

    /// @dev Number of points of the group, which scalars are counted modulo.
    uint256 internal constant ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;

    /// @dev The constant term of the curve equation.
    uint256 private constant B = 7;

    /// @dev FIELD is 3 modulo 4, so a square's root is its power of (FIELD + 1) / 4.
    uint256 private constant ROOT_EXPONENT = (FIELD + 1) / 4;

    /// @notice Whether (x, y) are reduced coordinates of a point of the curve; infinity is not.
    function isOnCurve(uint256 x, uint256 y) internal pure returns (bool) {
        if (x >= FIELD || y >= FIELD) return false;
        return mulmod(y, y, FIELD) == _ySquared(x);
    }

    /// @notice The y of the point with this x and this parity of y, 0 or 1; x is that of a point of the curve.
    /// @dev Source: SEC 1 v2 §2.3.4.
    function yOf(uint256 x, uint256 parity) internal view returns (uint256 y) {
        y = Math.modExp(_ySquared(x), ROOT_EXPONENT, FIELD);
        // No y is zero: -7 has no cube root in this field.
        if (y & 1 != parity) y = FIELD - y;
    }

    /// @notice First byte of the compressed encoding: 0x02 for an even y, 0x03 for an odd one.
    /// @dev Source: SEC 1 v2 §2.3.3.
    function compressedPrefix(uint256 y) internal pure returns (uint256 prefix) {
        return 2 | (y & 1);
    }

    /// @notice The Ethereum address of the point (x, y): the last 20 bytes of the hash of its coordinates.
    function toAddress(uint256 x, uint256 y) internal pure returns (address point) {
        // Memory-safe: only the scratch space (0x00-0x3f) is written.
        assembly ("memory-safe") {
            mstore(0x00, x)
            mstore(0x20, y)
            point := shr(96, shl(96, keccak256(0x00, 0x40)))
        }
    }

    /* PRIVATE */

    function _ySquared(uint256 x) private pure returns (uint256) {
        return addmod(mulmod(mulmod(x, x, FIELD), x, FIELD), B, FIELD);
    }
}
