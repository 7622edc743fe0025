"""Public scalars of secp256k1: integers modulo the group order that everybody may see.

Refuses to know secrets: those are `curve.SecretScalar` and never become a Python integer. Arithmetic here takes
variable time, which is why the two are different types.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from custody.errors import EncodingError

ORDER: Final = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
"""n, the number of points of the group (SEC 2 §2.4.1)."""
FIELD: Final = 2**256 - 2**32 - 977
"""p, the prime of the coordinates."""
SCALAR_BYTES: Final = 32


class Scalar(int):
    """A public scalar in [0, n)."""

    __slots__ = ()

    @classmethod
    def reduce(cls, number: int) -> Scalar:
        """The residue of any integer modulo n."""
        return cls(number % ORDER)

    @classmethod
    def reduce_bytes(cls, public: bytes) -> Scalar:
        """The residue modulo n of public bytes, big-endian."""
        return cls(int.from_bytes(public, "big") % ORDER)

    @classmethod
    def from_bytes_checked(cls, encoded: bytes) -> Scalar:
        """Parse 32 bytes big-endian.

        Raises:
            EncodingError: another length, or not below n (RFC 9591 §6.5).
        """
        if len(encoded) != SCALAR_BYTES:
            raise EncodingError(f"a scalar has {SCALAR_BYTES} bytes, not {len(encoded)}")
        number = int.from_bytes(encoded, "big")
        if number >= ORDER:
            raise EncodingError("a scalar must lie below the group order")
        return cls(number)

    def to_bytes32(self) -> bytes:
        """32 bytes big-endian."""
        return self.to_bytes(SCALAR_BYTES, "big")

    def negated(self) -> Scalar:
        """-x modulo n."""
        return Scalar(-self % ORDER)

    def inverse(self) -> Scalar:
        """1/x modulo n.

        Raises:
            ValueError: x is zero.
        """
        return Scalar(pow(self, -1, ORDER))


def invert_all(numbers: Sequence[Scalar]) -> list[Scalar]:
    """1/x modulo n of every x, by one inversion and three multiplications each (Montgomery's trick).

    Raises:
        ValueError: one of them is zero.
    """
    before = [1]  # before[i] = x_0 ... x_(i-1)
    for number in numbers:
        before.append(before[-1] * number % ORDER)
    inverse: int = Scalar(before.pop()).inverse()
    inverses = []
    for number, product in zip(reversed(numbers), reversed(before), strict=True):
        inverses.append(Scalar(inverse * product % ORDER))
        inverse = inverse * number % ORDER
    return inverses[::-1]


def xor_public(x: bytes, y: bytes) -> bytes:
    """x ^ y of 32 public bytes each."""
    return (int.from_bytes(x, "big") ^ int.from_bytes(y, "big")).to_bytes(32, "big")


def coordinate(encoded: bytes) -> int:
    """A coordinate of a public point, from 32 bytes big-endian."""
    return int.from_bytes(encoded, "big")
