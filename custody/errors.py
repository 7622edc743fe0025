"""Every error a caller can act on, one class per decision; knows no other module of this project.

CustodyError
  UsageError              the person asked for something that cannot be: one sentence, exit code 2
  EncodingError           malformed bytes; also a ValueError
  ProtocolError
    FaultySigner          proven: .culprits; retry without them
    FaultyCoordinator     proven: abort
    FaultyPeer            one of .suspects or the coordinator, cannot tell which: abort
    NonceReused           local bug or restored backup: stop the node
    RunAborted            .reason, .suspects: no key came of it or moved, start again, perhaps with others
    NotEnoughSigners      .needed, .approved, .silent, .refused: nothing was signed
  PolicyDenied            .reasons, all of them
  ChainError
    Reverted              .error, .arguments
    StaleRead             .age, .max_age
    UnknownBlock          .block_hash is not canonical on this endpoint
    Unreachable           .endpoint did not answer
  StoreError
    StoreLocked           another process holds this folder
    StoreDamaged          the file does not say what it must: stop the node
  TransportError          .peer did not answer in time, or not in our words
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence


class CustodyError(Exception):
    """Root of all errors of this project."""


class UsageError(CustodyError):
    """What a person asked for cannot be done as asked; the message says what to do instead. Exit code 2."""


class EncodingError(CustodyError, ValueError):
    """Bytes that are not what they claim to be. Never carries the bytes: they may be secret."""


class ProtocolError(CustodyError):
    """Somebody, perhaps this process, left the protocol."""


class FaultySigner(ProtocolError):
    """Proven: these signers sent shares that fail their check. Retry without them."""

    def __init__(self, culprits: frozenset[int]) -> None:
        self.culprits = culprits
        super().__init__(f"signers {sorted(culprits)} sent shares that fail their check")


class FaultyCoordinator(ProtocolError):
    """Proven: the coordinator signed a request that no honest one would send."""


class FaultyPeer(ProtocolError):
    """One of `suspects`, or the relay between us, is at fault; it cannot be told which."""

    def __init__(self, message: str, *, suspects: frozenset[int]) -> None:
        self.suspects = suspects
        super().__init__(f"{message} (suspects: {sorted(suspects)} or the relay)")


class NonceReused(ProtocolError):
    """A nonce pair was asked for a second answer."""


class RunAborted(ProtocolError):
    """A run ended without a certificate; `suspects` are the parties whose messages failed a check."""

    def __init__(self, reason: str, *, suspects: frozenset[int] = frozenset()) -> None:
        self.reason = reason
        self.suspects = suspects
        super().__init__(reason if not suspects else f"{reason} (parties {sorted(suspects)})")


class NotEnoughSigners(ProtocolError):
    """Fewer custodians approved than the key needs; nothing was signed and nothing was sent to the chain."""

    def __init__(
        self, *, needed: int, of: int, approved: Sequence[int], silent: Sequence[int], refused: Mapping[int, str]
    ) -> None:
        self.needed = needed
        self.approved = tuple(approved)
        self.silent = tuple(silent)
        self.refused = dict(refused)
        parts = [f"needs {needed} of {of} custodians, {len(self.approved)} approved"]
        if self.silent:
            parts.append("silent: " + ", ".join(map(str, self.silent)))
        for why in dict.fromkeys(self.refused.values()):
            seats = sorted(seat for seat, given in self.refused.items() if given == why)
            parts.append(f"refused by {', '.join(map(str, seats))}: {why}")
        super().__init__("; ".join(parts))


class PolicyDenied(CustodyError):
    """The policy, or the node's own view of the chain, does not allow the intent; every reason is named."""

    def __init__(self, reasons: Sequence[str]) -> None:
        self.reasons = tuple(reasons)
        super().__init__("; ".join(self.reasons))


class ChainError(CustodyError):
    """The chain, or the endpoint through which we see it, did not do what was asked."""


class Reverted(ChainError):
    """A contract refused: `error` is the name of its custom error, `arguments` its named facts."""

    def __init__(self, error: str, arguments: Mapping[str, object]) -> None:
        self.error = error
        self.arguments = dict(arguments)
        super().__init__(f"{error}({', '.join(f'{name}={value}' for name, value in self.arguments.items())})")


class StaleRead(ChainError):
    """The chain as this endpoint shows it is too old to decide on. Seconds or blocks, as `unit` says."""

    def __init__(self, *, age: int, max_age: int, unit: str) -> None:
        self.age = age
        self.max_age = max_age
        super().__init__(f"read is {age} {unit} old, at most {max_age} allowed")


class UnknownBlock(ChainError):
    """The named block is not on this endpoint's canonical chain."""

    def __init__(self, block_hash: str) -> None:
        self.block_hash = block_hash
        super().__init__(f"block {block_hash} is not canonical here")


class Unreachable(ChainError):
    """The endpoint did not answer, or not with JSON-RPC."""

    def __init__(self, endpoint: str, why: str) -> None:
        self.endpoint = endpoint
        super().__init__(f"{endpoint}: {why}")


class StoreError(CustodyError):
    """The node's own disk cannot be trusted with the next write: stop signing."""


class StoreLocked(StoreError):
    """Another process holds the store's folder."""


class StoreDamaged(StoreError):
    """The store does not open with this passphrase, or its content fails a check."""


class TransportError(CustodyError):
    """A peer did not answer in time, or answered with something that is not ours."""

    def __init__(self, peer: str, why: str) -> None:
        self.peer = peer
        super().__init__(f"{peer}: {why}")
