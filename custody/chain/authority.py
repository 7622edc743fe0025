"""The threshold authority, on web3: when custodians were last heard, what it asks of an action, and heartbeats."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from custody.chain.client import ChainClient, Mined
from custody.crypto.frost import Signature
from custody.identifiers import Address, Digest
from custody.intents.classes import ActionClass
from custody.intents.rotation import Heartbeat
from custody.units import Ppm, Regime


class Criterion(IntEnum):
    """What an action does not meet, as in the contract."""

    NONE = 0
    WRONG_EPOCH = 1
    UNKNOWN_THRESHOLD = 2
    THRESHOLD_TOO_LOW = 3
    WINDOW_CLOSED = 4
    CLASS_NOT_SERVED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the authority asks of an action now. `action`: the class that judges; `delay` in seconds."""

    action: ActionClass
    regime: Regime
    stale: bool
    threshold: int
    delay: int
    unmet: Criterion


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulse:
    """Times in unix seconds of chain time. `silent`: the people may rotate the keys."""

    now: int
    last_heard: int
    due_at: int
    silent_after: int
    silent: bool

    @property
    def is_due(self) -> bool:
        return self.now >= self.due_at


class Authority:
    """Calls of one authority."""

    def __init__(self, client: ChainClient, address: Address) -> None:
        self._client = client
        self.address = address
        self._contract = client.at("ThresholdAuthority", address)

    def pulse(self) -> Pulse:
        """Raises: ChainError: no authority answers there."""
        functions = self._contract.functions
        last_heard = int(self._client.read(functions.lastHeard()))
        _, _, now = self._client.head()
        return Pulse(
            now=now,
            last_heard=last_heard,
            due_at=last_heard + int(self._client.read(functions.HEARTBEAT_DUE())),
            silent_after=last_heard + int(self._client.read(functions.SILENCE())),
            silent=bool(self._client.read(functions.silent())),
        )

    def explain(self, action: ActionClass, *, epoch: int, threshold: int, value: Ppm) -> Verdict:
        """What is asked of this action at this moment, and what it does not meet first."""
        call = self._contract.functions.explain((int(action), epoch, threshold), value)
        judged, regime, stale, needed, delay, unmet = self._client.read(call)
        return Verdict(
            action=ActionClass(judged),
            regime=Regime(regime),
            stale=stale,
            threshold=needed,
            delay=delay,
            unmet=Criterion(unmet),
        )

    def epoch(self) -> int:
        return int(self._client.read(self._contract.functions.epoch()))

    def digest_of(self, intent: Heartbeat) -> Digest:
        return Digest(bytes(self._client.read(self._contract.functions.digestOf(_arguments(intent)))))

    def heartbeat(self, intent: Heartbeat, signature: Signature, *, sender: Address) -> Mined:
        """Hand in a signed heartbeat. Raises: Reverted: the contract refused, by name."""
        call = self._contract.functions.heartbeat(_arguments(intent), signature.to_chain_bytes())
        return self._client.send(call, sender=sender)

    def heartbeat_data(self, intent: Heartbeat, signature: Signature) -> str:
        """What a transaction to the authority carries that hands it in: anybody may send it."""
        return str(self._contract.encode_abi("heartbeat", [_arguments(intent), signature.to_chain_bytes()]))


def _arguments(intent: Heartbeat) -> tuple[object, ...]:
    return (intent.epoch, int(intent.action_class), intent.threshold, intent.nonce, intent.deadline)
