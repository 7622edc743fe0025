"""Threshold signatures: secp256k1, secret sharing, FROST; pure, no clock, no randomness of its own, no I/O."""

from custody.crypto.curve import Point, SecretScalar
from custody.crypto.frost import Commitment, NoncePair, Signature, SigningPackage
from custody.crypto.keys import GroupKey, KeyShare
from custody.crypto.scalars import Scalar

__all__ = [
    "Commitment",
    "GroupKey",
    "KeyShare",
    "NoncePair",
    "Point",
    "Scalar",
    "SecretScalar",
    "Signature",
    "SigningPackage",
]
