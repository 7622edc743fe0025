// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {AbstractSigner} from "@openzeppelin/contracts/utils/cryptography/signers/AbstractSigner.sol";
import {MultiSignerERC7913} from "@openzeppelin/contracts/utils/cryptography/signers/MultiSignerERC7913.sol";
import {
    MultiSignerERC7913Weighted
} from "@openzeppelin/contracts/utils/cryptography/signers/MultiSignerERC7913Weighted.sol";

/// @notice The least that makes a wallet of OpenZeppelin's signers: a nonce, a typed call, and its execution.
abstract contract SignedWallet is AbstractSigner, EIP712("SignedWallet", "1") {
    bytes32 private constant CALL_TYPEHASH = keccak256("Call(address target,bytes data,uint256 nonce)");

    uint256 public nonce;

    function execute(address target, bytes calldata data, bytes calldata signature) external {
        require(_rawSignatureValidation(digestOf(target, data, nonce++), signature));
        (bool success,) = target.call(data);
        require(success);
    }

    function digestOf(address target, bytes calldata data, uint256 nonce_) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(CALL_TYPEHASH, target, keccak256(data), nonce_)));
    }
}

contract PlainWallet is SignedWallet, MultiSignerERC7913 {
    constructor(bytes[] memory signers, uint64 threshold) MultiSignerERC7913(signers, threshold) {}
}

contract WeightedWallet is SignedWallet, MultiSignerERC7913Weighted {
    constructor(bytes[] memory signers, uint64[] memory weights, uint64 threshold)
        MultiSignerERC7913Weighted(signers, weights, threshold)
    {}
}
