"""Threshold keys dealt by one hand, for tests of the chain alone: what a ceremony makes, without the processes."""

from __future__ import annotations

import secrets
from collections.abc import Iterable

from custody.crypto.frost import Signature, SigningPackage, aggregate, draw_nonces, sign
from custody.crypto.keys import GroupKey, KeyShare
from custody.crypto.polynomial import SecretPolynomial, evaluate_commitment
from custody.identifiers import SignerId


def deal(*, threshold: int, signers: int) -> dict[SignerId, KeyShare]:
    """A key of `threshold` of `signers`, and every share of it."""
    polynomial = SecretPolynomial.from_randomness(secrets.token_bytes(32), degree=threshold - 1, domain=b"test")
    commitment = polynomial.commit()
    seats = [SignerId(seat) for seat in range(1, signers + 1)]
    key = GroupKey(
        public=commitment[0],
        threshold=threshold,
        public_shares={seat: evaluate_commitment(commitment, seat) for seat in seats},
    )
    return {seat: KeyShare(signer=seat, secret=polynomial.evaluate(seat), key=key) for seat in seats}


def sign_together(shares: Iterable[KeyShare], message: bytes) -> Signature:
    """A FROST signature of these holders."""
    shares = sorted(shares, key=lambda share: share.signer)
    nonces = {
        share.signer: draw_nonces(
            share, hiding_randomness=secrets.token_bytes(32), binding_randomness=secrets.token_bytes(32)
        )
        for share in shares
    }
    package = SigningPackage(
        key=shares[0].key, message=message, commitments=tuple(nonces[share.signer].commitment for share in shares)
    )
    return aggregate({share.signer: sign(share, nonces[share.signer], package) for share in shares}, package)
