// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Frost} from "./libraries/Frost.sol";
import {Secp256k1} from "./libraries/Secp256k1.sol";
import {IERC7913SignatureVerifier} from "@openzeppelin/contracts/interfaces/IERC7913.sol";

/// @notice Lets a group key of FROST(secp256k1, SHA-256) sign wherever an ERC-7913 signer may: the signer is this
/// contract's address and the key, 84 bytes.
/// @dev A key is P.x || P.y, 64 bytes; a signature is R.x || R.y || z, 96 bytes, as in RFC 9591 with the hash as its
/// message. It holds no state and trusts nobody. One deployment serves every key and every wallet.
/// @custom:invariant INV-VERIFIER-1 `verify` answers the magic value exactly when the library takes the signature and
/// the key is a point of the curve with x below the group order; else it answers 0xffffffff and does not revert.
contract FrostVerifier is IERC7913SignatureVerifier {
    /* CONSTANTS */

    /// @dev P.x and P.y.
    uint256 private constant KEY_BYTES = 64;

    /// @dev R.x, R.y and z.
    uint256 private constant SIGNATURE_BYTES = 96;

    /// @dev What ERC-7913 answers to whatever is not a signature.
    bytes4 private constant REFUSED = 0xffffffff;

    /* EXTERNAL */

    /// @inheritdoc IERC7913SignatureVerifier
    function verify(bytes calldata key, bytes32 hash, bytes calldata signature) external view returns (bytes4) {
        if (key.length != KEY_BYTES || signature.length != SIGNATURE_BYTES) return REFUSED;

        (uint256 px, uint256 py) = abi.decode(key, (uint256, uint256));
        // Here nobody has checked the key before: the library's callers must.
        if (px >= Secp256k1.ORDER || !Secp256k1.isOnCurve(px, py)) return REFUSED;

        (uint256 rx, uint256 ry, uint256 z) = abi.decode(signature, (uint256, uint256, uint256));
        return Frost.isValid(hash, rx, ry, z, px, py) ? IERC7913SignatureVerifier.verify.selector : REFUSED;
    }
}
