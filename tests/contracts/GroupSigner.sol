// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Secp256k1} from "../../contracts/libraries/Secp256k1.sol";
import {GroupKey} from "../../contracts/types/GroupKey.sol";
import {ReferenceFrost} from "./ReferenceFrost.sol";
import {Vm, vm} from "./Vm.sol";

/// @notice Makes the signature that a quorum would make, from the secret that in earnest nobody holds: a verifier
/// cannot tell the difference, and a test needs no ceremony.
library GroupSigner {
    function keyOf(uint256 secret, uint8 threshold) internal returns (GroupKey memory key) {
        Vm.Wallet memory wallet = vm.createWallet(secret);
        return GroupKey({threshold: threshold, x: wallet.publicKeyX, y: wallet.publicKeyY});
    }

    /// @dev R = k*G with k drawn from secret and digest; z = k + c*secret.
    function sign(uint256 secret, bytes32 digest) internal returns (bytes memory proof) {
        return sign(secret, digest, 0);
    }

    /// @dev `salt` draws another R for the same digest.
    function sign(uint256 secret, bytes32 digest, uint256 salt) internal returns (bytes memory proof) {
        uint256 k = uint256(keccak256(abi.encode(secret, digest, salt))) % (Secp256k1.ORDER - 1) + 1;
        Vm.Wallet memory r = vm.createWallet(k);
        Vm.Wallet memory p = vm.createWallet(secret);
        uint256 c =
            ReferenceFrost.challenge(abi.encodePacked(digest), r.publicKeyX, r.publicKeyY, p.publicKeyX, p.publicKeyY);
        uint256 z = addmod(k, mulmod(c, secret, Secp256k1.ORDER), Secp256k1.ORDER);
        return abi.encode(r.publicKeyX, r.publicKeyY, z);
    }
}
