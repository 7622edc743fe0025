"""Points and secret scalars of secp256k1: the one door to libsecp256k1.

Two kinds of number meet here and must not mix. Public ones (`Scalar`, `Point`) may use any fast call. A secret
(`SecretScalar`) lives in a C buffer, never becomes a Python integer, and meets only the library's constant-time
calls: seckey_verify, seckey_negate, seckey_tweak_add, seckey_tweak_mul and pubkey_create. `coincurve.PrivateKey` is not
used: it turns its secret into an integer. Every call goes through `_secp`, which a test replaces by a recording one.

The library has no point at infinity and refuses zero scalars; both cases are decided here. A secret that comes out
zero (chance 2^-256) is refused: whoever drew it draws again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, NoReturn

from coincurve._libsecp256k1 import ffi, lib
from coincurve.context import GLOBAL_CONTEXT

from custody.crypto.scalars import ORDER, SCALAR_BYTES, Scalar, coordinate
from custody.errors import EncodingError

POINT_BYTES: Final = 33
UNCOMPRESSED_POINT_BYTES: Final = 65
WIDE_BYTES: Final = 48
"""Length of a hash that becomes a scalar: L of hash_to_field (RFC 9380 §5)."""

_secp: Any = lib
_CONTEXT: Final = GLOBAL_CONTEXT.ctx
_COMPRESSED: Final = lib.SECP256K1_EC_COMPRESSED
_UNCOMPRESSED: Final = lib.SECP256K1_EC_UNCOMPRESSED
_TWO_TO_192: Final = (1 << 192).to_bytes(SCALAR_BYTES, "big")
_MINUS_TWO_TO_384: Final = Scalar.reduce(-(1 << 384)).to_bytes32()


class ZeroSecret(ValueError):
    """A secret came out as zero, or was given as one; draw again."""


class Point:
    """A public point of the group, infinity included; immutable. Parsed once, and its encoding computed once."""

    __slots__ = ("_compressed", "_raw")

    def __init__(self, raw: Any, compressed: bytes | None = None) -> None:
        self._raw = raw  # a secp256k1_pubkey, or None for infinity
        self._compressed = compressed

    @classmethod
    def from_bytes_compressed(cls, encoded: bytes) -> Point:
        """Parse 33 bytes; infinity and the hybrid forms have no encoding and are refused (RFC 9591 §6.5).

        Raises:
            EncodingError: another length or prefix, or not on the curve.
        """
        if len(encoded) != POINT_BYTES or encoded[0] not in (2, 3):
            raise EncodingError("a point has 33 bytes and begins with 02 or 03")
        raw = ffi.new("secp256k1_pubkey *")
        if not _secp.secp256k1_ec_pubkey_parse(_CONTEXT, raw, encoded, POINT_BYTES):
            raise EncodingError("no point of the curve has this x coordinate")
        return cls(raw, bytes(encoded))

    @classmethod
    def from_bytes_uncompressed(cls, encoded: bytes) -> Point:
        """Parse 65 bytes, 04 ‖ x ‖ y, checked against the curve: no square root, so a tenth of the compressed time.

        For wires between our own nodes only; RFC 9591 §6.5 hashes and names points by their compressed form.

        Raises:
            EncodingError: another length or prefix, or not on the curve.
        """
        if len(encoded) != UNCOMPRESSED_POINT_BYTES or encoded[0] != 4:
            raise EncodingError("an uncompressed point has 65 bytes and begins with 04")
        raw = ffi.new("secp256k1_pubkey *")
        if not _secp.secp256k1_ec_pubkey_parse(_CONTEXT, raw, encoded, UNCOMPRESSED_POINT_BYTES):
            raise EncodingError("these coordinates are not on the curve")
        return cls(raw)

    @property
    def is_infinity(self) -> bool:
        return self._raw is None

    def to_bytes_compressed(self) -> bytes:
        """33 bytes.

        Raises: EncodingError: this is infinity, which has no encoding here.
        """
        if self._compressed is None:
            self._compressed = self._serialize(POINT_BYTES, _COMPRESSED)
        return self._compressed

    def to_bytes_uncompressed(self) -> bytes:
        """65 bytes, 04 ‖ x ‖ y.

        Raises: EncodingError: this is infinity.
        """
        return self._serialize(UNCOMPRESSED_POINT_BYTES, _UNCOMPRESSED)

    def coordinates(self) -> tuple[int, int]:
        """(x, y) as integers below p.

        Raises: EncodingError: this is infinity.
        """
        encoded = self.to_bytes_uncompressed()
        return coordinate(encoded[1:33]), coordinate(encoded[33:])

    def _serialize(self, length: int, form: int) -> bytes:
        if self._raw is None:
            raise EncodingError("infinity has no encoding")
        output = ffi.new(f"unsigned char[{length}]")
        written = ffi.new("size_t *", length)
        _require(_secp.secp256k1_ec_pubkey_serialize(_CONTEXT, output, written, self._raw, form))
        return bytes(ffi.buffer(output, length))

    def times(self, factor: Scalar) -> Point:
        """factor·P in variable time: both are public."""
        if self._raw is None or factor == 0:
            return INFINITY
        raw = ffi.new("secp256k1_pubkey *", self._raw[0])
        _require(_secp.secp256k1_ec_pubkey_tweak_mul(_CONTEXT, raw, factor.to_bytes32()))
        return Point(raw)

    def negated(self) -> Point:
        """-P."""
        if self._raw is None:
            return INFINITY
        raw = ffi.new("secp256k1_pubkey *", self._raw[0])
        _require(_secp.secp256k1_ec_pubkey_negate(_CONTEXT, raw))
        return Point(raw)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Point):
            return NotImplemented
        if self._raw is None or other._raw is None:
            return self._raw is other._raw
        return bool(_secp.secp256k1_ec_pubkey_cmp(_CONTEXT, self._raw, other._raw) == 0)

    def __hash__(self) -> int:
        return hash(None if self._raw is None else self.to_bytes_compressed())

    def __repr__(self) -> str:
        return "Point(infinity)" if self._raw is None else f"Point({self.to_bytes_compressed().hex()})"


INFINITY: Final = Point(None)


def sum_points(points: Iterable[Point]) -> Point:
    """P_1 + ... + P_k; infinity where they cancel or there are none."""
    terms = [point._raw for point in points if point._raw is not None]
    if not terms:
        return INFINITY
    raw = ffi.new("secp256k1_pubkey *")  # never an alias of an input: combine zeroes its output first
    if not _secp.secp256k1_ec_pubkey_combine(_CONTEXT, raw, terms, len(terms)):
        return INFINITY  # the only way valid points fail to combine
    return Point(raw)


def times_generator(factor: Scalar) -> Point:
    """factor·G of a public scalar."""
    if factor == 0:
        return INFINITY
    return _create(factor.to_bytes32())


def times_generator_plus(a: Scalar, b: Scalar, point: Point) -> Point:
    """a·G + b·P, everything public, in one call of the library.

    Recovering an ECDSA key computes (s·R - m·G)/r for the point R with x-coordinate r (SEC 1 §4.1.6): with R = P,
    s = b·r and m = -a·r that is a·G + b·P. Valid operands make it fail at infinity only.
    """
    if point._raw is None or b == 0:
        return times_generator(a)
    encoded = point.to_bytes_compressed()
    r = coordinate(encoded[1:33])
    if not 0 < r < ORDER:  # no scalar of a signature; chance 2^-128, unless somebody looked for such a point
        return sum_points((times_generator(a), point.times(b)))
    compact = encoded[1:] + (b * r % ORDER).to_bytes(SCALAR_BYTES, "big")
    signature = ffi.new("secp256k1_ecdsa_recoverable_signature *")
    parity = encoded[0] - 2
    _require(_secp.secp256k1_ecdsa_recoverable_signature_parse_compact(_CONTEXT, signature, compact, parity))
    raw = ffi.new("secp256k1_pubkey *")
    if not _secp.secp256k1_ecdsa_recover(_CONTEXT, raw, signature, (-a * r % ORDER).to_bytes(SCALAR_BYTES, "big")):
        return INFINITY
    return Point(raw)


def _create(scalar: Any) -> Point:
    raw = ffi.new("secp256k1_pubkey *")
    _require(_secp.secp256k1_ec_pubkey_create(_CONTEXT, raw, scalar))
    return Point(raw)


class SecretScalar:
    """A secret in [1, n): a share, a nonce, a coefficient. Each operation leaves its operands as they are."""

    __slots__ = ("_buffer", "_wiped")

    def __init__(self, buffer: Any) -> None:
        self._buffer = buffer  # unsigned char[32]
        self._wiped = False

    @classmethod
    def from_secret_bytes(cls, secret: bytes) -> SecretScalar:
        """Take over 32 secret bytes big-endian, checked in constant time.

        Raises:
            EncodingError: another length.
            ZeroSecret: zero, or not below n.
        """
        if len(secret) != SCALAR_BYTES:
            raise EncodingError(f"a secret scalar has {SCALAR_BYTES} bytes, not {len(secret)}")
        result = cls(ffi.new("unsigned char[32]", secret))
        if not _secp.secp256k1_ec_seckey_verify(_CONTEXT, result._buffer):
            result.wipe()
            raise ZeroSecret("a secret scalar lies in [1, n)")
        return result

    @classmethod
    def reduce_wide(cls, wide: bytes) -> SecretScalar:
        """Reduce 48 secret bytes modulo n: hi·2^192 + lo without ever being an integer.

        hi may be zero, which the library would refuse as a factor, so 2^192 + hi is multiplied and 2^384 taken off.

        Raises:
            ZeroSecret: the residue is zero.
        """
        if len(wide) != WIDE_BYTES:
            raise EncodingError(f"a wide secret has {WIDE_BYTES} bytes, not {len(wide)}")
        result = cls(ffi.new("unsigned char[32]", bytes(7) + b"\x01" + wide[:24]))
        result._tweak("secp256k1_ec_seckey_tweak_mul", _TWO_TO_192)
        result._tweak("secp256k1_ec_seckey_tweak_add", bytes(8) + wide[24:])
        result._tweak("secp256k1_ec_seckey_tweak_add", _MINUS_TWO_TO_384)
        return result

    def plus(self, other: SecretScalar) -> SecretScalar:
        """self + other mod n.

        Raises: ZeroSecret: they cancel.
        """
        other._require_live()  # the library takes a zero summand: a wiped nonce would pass for one
        return self._copy()._tweak("secp256k1_ec_seckey_tweak_add", other._buffer)

    def plus_public(self, tweak: Scalar) -> SecretScalar:
        """self + tweak mod n, of a public tweak; zero is one, and gives a copy.

        Raises: ZeroSecret: they cancel.
        """
        return self._copy()._tweak("secp256k1_ec_seckey_tweak_add", tweak.to_bytes32())

    def times(self, factor: Scalar) -> SecretScalar:
        """factor·self mod n, of a public factor.

        Raises:
            ZeroSecret: the factor is zero.
        """
        if factor == 0:
            raise ZeroSecret("a secret times zero is no secret")
        return self._copy()._tweak("secp256k1_ec_seckey_tweak_mul", factor.to_bytes32())

    def times_generator(self) -> Point:
        """self·G by the library's constant-time, blinded call: the public side of this secret."""
        self._require_live()
        return _create(self._buffer)

    def disclose(self) -> Scalar:
        """The value itself, which from now on is public: for a finished signature share, never for a key."""
        return Scalar.from_bytes_checked(self.to_secret_bytes())

    def to_secret_bytes(self) -> bytes:
        """32 bytes big-endian, to be sealed and nothing else. Python cannot wipe them."""
        self._require_live()
        return bytes(ffi.buffer(self._buffer, SCALAR_BYTES))

    def wipe(self) -> None:
        """Overwrite the secret; every use afterwards is refused."""
        ffi.memmove(self._buffer, bytes(SCALAR_BYTES), SCALAR_BYTES)
        self._wiped = True

    def _require_live(self) -> None:
        if self._wiped:
            raise ZeroSecret("this secret was wiped")

    def _copy(self) -> SecretScalar:
        self._require_live()
        buffer = ffi.new("unsigned char[32]")
        ffi.memmove(buffer, self._buffer, SCALAR_BYTES)
        return SecretScalar(buffer)

    def _tweak(self, call: str, tweak: Any) -> SecretScalar:
        if not getattr(_secp, call)(_CONTEXT, self._buffer, tweak):
            self.wipe()
            raise ZeroSecret("a secret came out as zero, or was wiped before")
        return self

    def __repr__(self) -> str:
        return "SecretScalar(...)"

    def __eq__(self, other: object) -> bool:
        raise TypeError("secrets are not compared")

    __hash__ = None  # type: ignore[assignment]  # a secret is no key of a dictionary

    def __reduce__(self) -> NoReturn:
        raise TypeError("secrets are not pickled")


def evaluate_secret(coefficients: Sequence[SecretScalar], x: Scalar) -> SecretScalar:
    """a_0 + a_1·x + ... by Horner's rule, in one buffer that is the result: no partial sums are left behind.

    Raises:
        ZeroSecret: x is zero, a coefficient was wiped, or a sum came out as zero.
    """
    if x == 0:
        raise ZeroSecret("at zero a polynomial is the secret itself")
    factor = x.to_bytes32()
    result = coefficients[-1]._copy()
    multiply, add = _secp.secp256k1_ec_seckey_tweak_mul, _secp.secp256k1_ec_seckey_tweak_add
    for coefficient in reversed(coefficients[:-1]):
        coefficient._require_live()
        if not (multiply(_CONTEXT, result._buffer, factor) and add(_CONTEXT, result._buffer, coefficient._buffer)):
            result.wipe()
            raise ZeroSecret("a value of a secret polynomial came out as zero")
    return result


def sum_secrets(summands: Sequence[SecretScalar]) -> SecretScalar:
    """The sum. One that is zero on the way goes on: two dealers can make what they give one seat cancel.

    Raises: ZeroSecret: one was wiped, or they cancel in the end.
    """
    result: SecretScalar | None = None
    for summand in summands:
        summand._require_live()
        if result is None:
            result = summand._copy()
        elif not _secp.secp256k1_ec_seckey_tweak_add(_CONTEXT, result._buffer, summand._buffer):
            result = None
    if result is None:
        raise ZeroSecret("the secrets cancel")
    return result


def _require(returned: int) -> None:
    """Check the return code of a call that valid operands cannot make fail."""
    if returned != 1:
        raise ArithmeticError("libsecp256k1 refused operands that were checked before")
