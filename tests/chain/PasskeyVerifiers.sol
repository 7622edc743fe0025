// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC7913P256Verifier} from "@openzeppelin/contracts/utils/cryptography/verifiers/ERC7913P256Verifier.sol";
import {
    ERC7913WebAuthnVerifier
} from "@openzeppelin/contracts/utils/cryptography/verifiers/ERC7913WebAuthnVerifier.sol";

/// @dev OpenZeppelin's, deployed as they are. Outside of what forge compiles: its P256 does not compile without the
/// optimizer, which coverage leaves out.
contract P256Verifier is ERC7913P256Verifier {}

contract WebAuthnVerifier is ERC7913WebAuthnVerifier {}
