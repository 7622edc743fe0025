"""The life of one key by plain integers: what `life_of_a_share.json` holds, computed without any code of the project.

No published vectors exist for resharing or for repair with public points, so these are our own, frozen. Run
`python -m tests.crypto.life_reference` to write the file again: it leaves no difference.
"""

from __future__ import annotations

import hmac
import json
from hashlib import sha256
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("life_of_a_share.json")
N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
P = 2**256 - 2**32 - 977
G = (
    0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
    0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8,
)
CONTEXT = b"FROST-secp256k1-SHA256-v1"


def add(one: Any, other: Any) -> Any:
    if one is None or other is None:
        return other if one is None else one
    if one[0] == other[0] and (one[1] + other[1]) % P == 0:
        return None
    if one == other:
        slope = 3 * one[0] ** 2 * pow(2 * one[1], -1, P)
    else:
        slope = (other[1] - one[1]) * pow(other[0] - one[0], -1, P)
    x = (slope**2 - one[0] - other[0]) % P
    return x, (slope * (one[0] - x) - one[1]) % P


def times(factor: int, point: Any = G) -> Any:
    result = None
    for bit in bin(factor % N)[2:]:
        result = add(result, result)
        if bit == "1":
            result = add(result, point)
    return result


def compressed(point: Any) -> bytes:
    return bytes([2 + point[1] % 2]) + point[0].to_bytes(32, "big")


def hash_to_scalar(message: bytes, tag: bytes) -> int:
    """RFC 9380 §5, SHA-256, 48 bytes."""
    suffix = CONTEXT + tag + bytes([len(CONTEXT + tag)])
    b_0 = sha256(bytes(64) + message + b"\x00\x30\x00" + suffix).digest()
    b_1 = sha256(b_0 + b"\x01" + suffix).digest()
    b_2 = sha256(bytes(x ^ y for x, y in zip(b_0, b_1, strict=True)) + b"\x02" + suffix).digest()
    return int.from_bytes((b_1 + b_2)[:48], "big") % N


def weight(seat: int, seats: list[int], at: int = 0) -> int:
    result = 1
    for other in seats:
        if other != seat:
            result = result * (at - other) * pow(seat - other, -1, N) % N
    return result


def value_at(coefficients: list[int], x: int) -> int:
    return sum(a * x**power for power, a in enumerate(coefficients)) % N


def fresh(label: str) -> bytes:
    return sha256(label.encode()).digest()


def digits(number: int) -> str:
    return number.to_bytes(32, "big").hex()


def number(seat: int) -> bytes:
    return seat.to_bytes(32, "big")


def resharing(secret: int, shares: dict[int, int], domain: bytes) -> tuple[dict[str, Any], dict[int, int]]:
    dealers, seats, threshold = [1, 3], [2, 3, 4, 5, 6], 3
    dealt = {}
    for dealer in dealers:
        drawn = [
            hash_to_scalar(fresh(f"dealer {dealer}") + power.to_bytes(2, "big") + domain, b"custody-coefficient")
            for power in range(1, threshold)
        ]
        dealt[dealer] = [weight(dealer, dealers) * shares[dealer] % N, *drawn]
    new = {seat: sum(value_at(coefficients, seat) for coefficients in dealt.values()) % N for seat in seats}
    assert sum(weight(seat, [2, 4, 5]) * new[seat] for seat in (2, 4, 5)) % N == secret
    return {
        "threshold": threshold,
        "randomness": {str(dealer): fresh(f"dealer {dealer}").hex() for dealer in dealers},
        "constants": {str(dealer): digits(dealt[dealer][0]) for dealer in dealers},
        "commitments": {str(dealer): [compressed(times(a)).hex() for a in dealt[dealer]] for dealer in dealers},
        "shares": {str(seat): digits(share) for seat, share in new.items()},
        "public_shares": {str(seat): compressed(times(share)).hex() for seat, share in new.items()},
    }, new


def repair(shares: dict[int, int], domain: bytes) -> dict[str, Any]:
    helpers, lost = [2, 4, 6], 3
    parts: dict[int, dict[int, int]] = {}
    for j in helpers:
        bound = fresh(f"helper {j}") + b"\x00\x03" + b"".join(map(number, [lost, j, *helpers]))
        parts[j] = {k: hash_to_scalar(bound + number(k) + domain, b"custody-repair") for k in helpers if k != j}
        parts[j][j] = (weight(j, helpers, lost) * shares[j] - sum(parts[j].values())) % N
    sigmas = {k: sum(parts[j][k] for j in helpers) % N for k in helpers}
    assert sum(sigmas.values()) % N == shares[lost]
    return {
        "lost": lost,
        "randomness": {str(helper): fresh(f"helper {helper}").hex() for helper in helpers},
        "parts": {str(j): {str(k): digits(parts[j][k]) for k in helpers} for j in helpers},
        "expected_sums": {str(j): compressed(times(sum(parts[j].values()))).hex() for j in helpers},
        "sums": {str(k): digits(sigmas[k]) for k in helpers},
    }


def derivation(secret: int, shares: dict[int, int]) -> dict[str, Any]:
    transcript, path = b"certified transcript", [44, 7, 2**31 - 1]
    first = code = sha256(b"custody-chain-code-v1" + transcript).digest()
    tweak = 0
    for index in path:
        public = compressed(times(secret + tweak))
        digest = hmac.new(code, public + index.to_bytes(4, "big"), "sha512").digest()
        assert int.from_bytes(digest[:32], "big") < N
        tweak, code = (tweak + int.from_bytes(digest[:32], "big")) % N, digest[32:]
    return {
        "transcript": transcript.hex(),
        "chain_code": first.hex(),
        "path": path,
        "tweak": digits(tweak),
        "public": compressed(times(secret + tweak)).hex(),
        "child_chain_code": code.hex(),
        "shares": {str(seat): digits((share + tweak) % N) for seat, share in shares.items()},
    }


def life() -> dict[str, Any]:
    secret, slope, domain = (int.from_bytes(fresh("secret"), "big"), int.from_bytes(fresh("slope"), "big"), b"run")
    shares = {seat: value_at([secret, slope], seat) for seat in (1, 2, 3)}
    reshared, new = resharing(secret, shares, domain)
    return {
        "source": "tests/crypto/life_reference.py: plain integers, no code of the project",
        "domain": domain.hex(),
        "public": compressed(times(secret)).hex(),
        "old": {"threshold": 2, "shares": {str(seat): digits(share) for seat, share in shares.items()}},
        "reshare": reshared,
        "repair": repair(new, domain),
        "derive": derivation(secret, new),
    }


def text() -> str:
    return json.dumps(life(), indent=2) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
