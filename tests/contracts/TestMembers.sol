// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {GroupKey} from "../../contracts/types/GroupKey.sol";
import {MemberClass, MemberKind} from "../../contracts/types/Member.sol";
import {GroupSigner} from "./GroupSigner.sol";
import {vm} from "./Vm.sol";
import {Base64} from "@openzeppelin/contracts/utils/Base64.sol";

/// @dev How a test member makes its signatures.
enum Curve {
    SECP256K1,
    P256_RAW,
    P256_WEBAUTHN,
    FROST
}

/// @dev A member with its secret. `signer` is its address, or verifier and key.
struct TestMember {
    MemberKind kind;
    MemberClass class;
    uint8 weight;
    bytes signer;
    Curve curve;
    uint256 secret;
}

/// @notice Encodes sets and approvals the long way, and signs as members do.
library TestMembers {
    uint256 private constant P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551;
    uint256 private constant P256_HALF_ORDER = 0x7fffffff800000007fffffffffffffffde737d56d38bcf4279dce5617e3192a8;

    /// @dev Where the two stand in the client data below.
    uint256 private constant CHALLENGE_AT = 23;
    uint256 private constant TYPE_AT = 1;

    /* MEMBERS */

    function account(uint256 secret) internal pure returns (TestMember memory) {
        return TestMember({
            kind: MemberKind.ACCOUNT,
            class: MemberClass.SOFTWARE,
            weight: 1,
            signer: abi.encodePacked(vm.addr(secret)),
            curve: Curve.SECP256K1,
            secret: secret
        });
    }

    function wallet(address address_, uint256 secret) internal pure returns (TestMember memory) {
        return TestMember({
            kind: MemberKind.CONTRACT,
            class: MemberClass.SOFTWARE,
            weight: 1,
            signer: abi.encodePacked(address_),
            curve: Curve.SECP256K1,
            secret: secret
        });
    }

    /// @dev Any of a group's quorums is one member.
    function group(address verifier, uint256 secret) internal returns (TestMember memory) {
        GroupKey memory key = GroupSigner.keyOf(secret, 2);
        return TestMember({
            kind: MemberKind.KEY,
            class: MemberClass.HARDWARE,
            weight: 1,
            signer: abi.encodePacked(verifier, key.x, key.y),
            curve: Curve.FROST,
            secret: secret
        });
    }

    function passkey(address verifier, uint256 secret, Curve curve) internal pure returns (TestMember memory) {
        (uint256 x, uint256 y) = vm.publicKeyP256(secret);
        return TestMember({
            kind: MemberKind.KEY,
            class: MemberClass.HARDWARE,
            weight: 1,
            signer: abi.encodePacked(verifier, x, y),
            curve: curve,
            secret: secret
        });
    }

    /* ENCODINGS */

    function encode(TestMember memory member) internal pure returns (bytes memory) {
        return abi.encodePacked(
            uint8(member.kind), uint8(member.class), member.weight, uint8(member.signer.length - 20), member.signer
        );
    }

    function encode(TestMember[] memory members, uint8 low, uint8 high, uint8 leastHardware)
        internal
        pure
        returns (bytes memory set)
    {
        set = abi.encodePacked(low, high, leastHardware);
        for (uint256 i = 0; i < members.length; ++i) {
            set = bytes.concat(set, encode(members[i]));
        }
    }

    /// @dev By ascending hash, as a set wants them.
    function sort(TestMember[] memory members) internal pure {
        for (uint256 i = 1; i < members.length; ++i) {
            for (uint256 j = i; j > 0 && _id(members[j]) < _id(members[j - 1]); --j) {
                (members[j], members[j - 1]) = (members[j - 1], members[j]);
            }
        }
    }

    /* SIGNATURES */

    /// @dev Approvals of the members whose bit is set in `who`.
    function approve(TestMember[] memory members, uint256 who, bytes32 digest)
        internal
        returns (bytes memory approvals)
    {
        for (uint256 i = 0; i < members.length; ++i) {
            if (who >> i & 1 == 1) {
                approvals = bytes.concat(approvals, approval(i, sign(members[i], digest)));
            }
        }
    }

    function approval(uint256 index, bytes memory signature) internal pure returns (bytes memory) {
        return abi.encodePacked(uint8(index), uint16(signature.length), signature);
    }

    function sign(TestMember memory member, bytes32 digest) internal returns (bytes memory) {
        if (member.curve == Curve.FROST) return GroupSigner.sign(member.secret, digest);
        if (member.curve == Curve.P256_RAW) {
            (bytes32 r, bytes32 s) = _signP256(member.secret, digest);
            return abi.encodePacked(r, s);
        }
        if (member.curve == Curve.P256_WEBAUTHN) return _signWebAuthn(member.secret, digest);
        (uint8 v, bytes32 r_, bytes32 s_) = vm.sign(member.secret, digest);
        return abi.encodePacked(r_, s_, v);
    }

    /* PRIVATE */

    function _signWebAuthn(uint256 secret, bytes32 digest) private pure returns (bytes memory) {
        string memory clientData = string.concat(
            '{"type":"webauthn.get","challenge":"',
            Base64.encodeURL(abi.encodePacked(digest)),
            '","origin":"https://example.org"}'
        );
        // User present and verified.
        bytes memory authenticatorData = abi.encodePacked(sha256("example.org"), bytes1(0x05), uint32(1));
        bytes32 hash = sha256(abi.encodePacked(authenticatorData, sha256(bytes(clientData))));
        (bytes32 r, bytes32 s) = _signP256(secret, hash);
        // The members of a WebAuthnAuth, without the offset that a struct of its own would begin with.
        return abi.encode(r, s, CHALLENGE_AT, TYPE_AT, authenticatorData, clientData);
    }

    /// @dev With the lower of both s, as the verifier wants it.
    function _signP256(uint256 secret, bytes32 hash) private pure returns (bytes32 r, bytes32 s) {
        (r, s) = vm.signP256(secret, hash);
        if (uint256(s) > P256_HALF_ORDER) s = bytes32(P256_ORDER - uint256(s));
    }

    function _id(TestMember memory member) private pure returns (bytes32) {
        return keccak256(member.signer);
    }
}
