// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice `keccak256(typeHash || words)`, where the words stand in the call's data: the EIP-712 `hashStruct` of a struct
/// whose members fill a word each.
/// @dev The compiler's own encoding checks each member on its way, at twice the price. Unchecked, a member with bits
/// beyond its type makes a digest that no signer makes, since encoders have none to give.
/// @param start Where the first word stands, in the call's data.
function hashWords(bytes32 typeHash, uint256 start, uint256 words) pure returns (bytes32 hash) {
    // Memory-safe: writes past the free memory pointer only, and leaves nothing there that anyone reads.
    assembly ("memory-safe") {
        let free := mload(0x40)
        mstore(free, typeHash)
        calldatacopy(add(free, 0x20), start, mul(words, 0x20))
        hash := keccak256(free, mul(add(words, 1), 0x20))
    }
}

/// @notice The EIP-712 encoding of an array of numbers.
function hashNumbers(uint256[] calldata numbers) pure returns (bytes32 hash) {
    uint256 start;
    assembly ("memory-safe") {
        start := numbers.offset
    }
    return hashRun(start, numbers.length);
}

/// @notice The EIP-712 encoding of an array of addresses.
function hashAddresses(address[] calldata addresses) pure returns (bytes32 hash) {
    uint256 start;
    assembly ("memory-safe") {
        start := addresses.offset
    }
    return hashRun(start, addresses.length);
}

/// @notice `keccak256(words)`, where the words stand in the call's data.
function hashRun(uint256 start, uint256 words) pure returns (bytes32 hash) {
    // Memory-safe: as above.
    assembly ("memory-safe") {
        let free := mload(0x40)
        calldatacopy(free, start, mul(words, 0x20))
        hash := keccak256(free, mul(words, 0x20))
    }
}
