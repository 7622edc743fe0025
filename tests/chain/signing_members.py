"""Members of every kind with their keys, signing as wallets, passkeys and groups do: libraries other than ours."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from hashlib import sha256
from random import Random
from typing import Final, Protocol

import coincurve
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature
from eth_abi.abi import encode

from custody.crypto.frost import Signature
from custody.crypto.keys import GroupKey, KeyShare
from custody.identifiers import Address, SignerId
from custody.intents.keccak import keccak256
from custody.intents.members import Member, MemberClass, MemberKind
from tests.chain.dealt_keys import deal, sign_together

P256_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
SECP256K1_ORDER: Final = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


def word(number: int) -> bytes:
    return number.to_bytes(32, "big")


class Signer(Protocol):
    """A member that signs; `member` as it stands in a set."""

    member: Member

    def sign(self, digest: bytes, source: Random) -> bytes: ...


@dataclass(frozen=True)
class EcdsaKey:
    """A key of secp256k1: an account's, or that of a wallet's owner."""

    secret: coincurve.PrivateKey

    @property
    def address(self) -> Address:
        return Address(keccak256(self.secret.public_key.format(compressed=False)[1:])[12:])

    def sign(self, digest: bytes) -> bytes:
        """r ‖ s ‖ v, s the smaller one."""
        signature = self.secret.sign_recoverable(digest, hasher=None)
        return signature[:64] + bytes([27 + signature[64]])


class AccountSigner:
    def __init__(self, key: EcdsaKey) -> None:
        self.key = key
        self.member = Member(kind=MemberKind.ACCOUNT, account=key.address)

    def sign(self, digest: bytes, source: Random) -> bytes:
        return self.key.sign(digest)


class WalletSigner:
    """A contract that takes its owner's signatures (ERC-1271)."""

    def __init__(self, key: EcdsaKey, wallet: Address) -> None:
        self.key = key
        self.member = Member(kind=MemberKind.CONTRACT, account=wallet)

    def sign(self, digest: bytes, source: Random) -> bytes:
        return self.key.sign(digest)


class P256Signer:
    """A bare key of P-256."""

    def __init__(self, verifier: Address) -> None:
        self._secret = ec.generate_private_key(ec.SECP256R1())
        numbers = self._secret.public_key().public_numbers()
        self.member = Member(
            kind=MemberKind.KEY,
            member_class=MemberClass.HARDWARE,
            account=verifier,
            key=word(numbers.x) + word(numbers.y),
        )

    def scalars(self, digest: bytes) -> tuple[int, int]:
        """r, and the smaller s, as the chain wants it."""
        r, s = decode_dss_signature(self._secret.sign(digest, ec.ECDSA(Prehashed(hashes.SHA256()))))
        return r, min(s, P256_ORDER - s)

    def sign(self, digest: bytes, source: Random) -> bytes:
        r, s = self.scalars(digest)
        return word(r) + word(s)


@dataclass(frozen=True)
class Assertion:
    """What an authenticator gives back, before it is encoded for the chain. Source: WebAuthn, §5.8.1 and §6.1."""

    authenticator: bytes
    client_data: bytes

    @property
    def signed(self) -> bytes:
        return sha256(self.authenticator + sha256(self.client_data).digest()).digest()

    def encode(self, r: int, s: int) -> bytes:
        at = self.client_data.find(b'"challenge":'), self.client_data.find(b'"type":')
        types = ["uint256", "uint256", "uint256", "uint256", "bytes", "bytes"]
        return encode(types, [r, s, max(at[0], 0), max(at[1], 0), self.authenticator, self.client_data])


def challenge_of(digest: bytes) -> bytes:
    return base64.urlsafe_b64encode(digest).rstrip(b"=")


class PasskeySigner(P256Signer):
    """The same key behind a browser: it signs what the authenticator saw."""

    def sign(self, digest: bytes, source: Random) -> bytes:
        return self.sign_assertion(self.assertion(digest, source))

    def assertion(self, digest: bytes, source: Random) -> Assertion:
        """User present and verified, with whatever else browsers add."""
        site = source.choice((b"https://example.org", b"https://a.example:8443", b"android:apk-key-hash:x"))
        more = source.choice((b"", b',"crossOrigin":false', b',"other_keys_can_be_added_here":"x"'))
        flags = source.choice((0x05, 0x0D, 0x1D, 0x45))
        return Assertion(
            sha256(site).digest() + bytes([flags]) + source.randbytes(4) + source.randbytes(source.choice((0, 0, 30))),
            b'{"type":"webauthn.get","challenge":"'
            + challenge_of(digest)
            + b'","origin":"'
            + site
            + b'"'
            + more
            + b"}",
        )

    def sign_assertion(self, assertion: Assertion) -> bytes:
        return assertion.encode(*self.scalars(assertion.signed))


class GroupSigner:
    """Any two of three custodians of another group, as one member."""

    def __init__(self, verifier: Address) -> None:
        self._shares: dict[SignerId, KeyShare] = deal(threshold=2, signers=3)
        x, y = self.key.public.coordinates()
        self.member = Member(kind=MemberKind.KEY, account=verifier, key=word(x) + word(y))

    @property
    def key(self) -> GroupKey:
        return self._shares[SignerId(1)].key

    def sign(self, digest: bytes, source: Random) -> bytes:
        return proof_of(sign_together(source.sample(list(self._shares.values()), 2), digest))


def proof_of(signature: Signature) -> bytes:
    """R.x ‖ R.y ‖ z, as contracts take it."""
    x, y = signature.R.coordinates()
    return word(x) + word(y) + word(int(signature.z))
