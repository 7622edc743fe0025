// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Secp256k1} from "../../contracts/libraries/Secp256k1.sol";

/// @notice RFC 9591's challenge written the long way, for messages of any length: what the library is compared with.
library ReferenceFrost {
    bytes internal constant H2_TAG = "FROST-secp256k1-SHA256-v1chal";

    uint256 private constant HASH_BYTES = 32;
    uint256 private constant BLOCK_BYTES = 64;
    uint256 private constant UNIFORM_BYTES = 48;

    /// @dev H2(R || P || message). Source: RFC 9591 §6.5.
    function challenge(bytes memory message, uint256 rx, uint256 ry, uint256 px, uint256 py)
        internal
        pure
        returns (uint256 c)
    {
        bytes memory input = abi.encodePacked(compressed(rx, ry), compressed(px, py), message);
        bytes memory uniform = expandMessageXmd(input, H2_TAG, UNIFORM_BYTES);
        for (uint256 i = 0; i < UNIFORM_BYTES; ++i) {
            c = addmod(mulmod(c, 256, Secp256k1.ORDER), uint8(uniform[i]), Secp256k1.ORDER);
        }
    }

    function compressed(uint256 x, uint256 y) internal pure returns (bytes memory) {
        return abi.encodePacked(y % 2 == 0 ? bytes1(0x02) : bytes1(0x03), x);
    }

    /// @dev Source: RFC 9380 §5.3.1.
    function expandMessageXmd(bytes memory message, bytes memory tag, uint256 length)
        internal
        pure
        returns (bytes memory uniform)
    {
        bytes memory tagged = abi.encodePacked(tag, uint8(tag.length));
        bytes32 b0 = sha256(abi.encodePacked(new bytes(BLOCK_BYTES), message, uint16(length), uint8(0), tagged));
        bytes32 b = sha256(abi.encodePacked(b0, uint8(1), tagged));
        bytes memory blocks = abi.encodePacked(b);
        for (uint256 i = 2; blocks.length < length; ++i) {
            b = sha256(abi.encodePacked(b0 ^ b, uint8(i), tagged));
            blocks = abi.encodePacked(blocks, b);
        }
        uniform = new bytes(length);
        for (uint256 i = 0; i < length; ++i) {
            uniform[i] = blocks[i];
        }
    }
}
