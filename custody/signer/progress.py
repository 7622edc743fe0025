"""How far a run has come at this node: every state, rebuilt from the rounds that were recorded.

Nothing here is stored: after a restart the same rounds give the same states. Each state is computed once a process.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property, partial
from typing import TypeVar

from custody.crypto.curve import SecretScalar, ZeroSecret
from custody.crypto.keys import KeyShare
from custody.errors import EncodingError, ProtocolError
from custody.identifiers import HostId, SignerId
from custody.ports.identity import Hosts, OneTimeKeys
from custody.ports.ledger import Round, RunSecrets
from custody.protocol import dealing, repair
from custody.protocol.authenticated import Authenticated
from custody.protocol.committee import HostKeys
from custody.protocol.encoding import Message
from custody.protocol.messages import decode_body, decode_envelope
from custody.protocol.run import RunSetting, name_run, seen_hash
from custody.protocol.run_messages import (
    Contribution,
    ContributionSet,
    Dealing,
    DealingSet,
    Preparation,
    PreparationSet,
    RunProposal,
    Splitting,
    SplittingSet,
    Summing,
    SummingSet,
)
from custody.protocol.run_states import Collected, Endorsed, Named, Open, Prepared, Split, Summed
from custody.protocol.tenure import Authenticate

M = TypeVar("M", bound=Message)


class Progress:
    """One run at one party. `rounds` grows as rounds are recorded; a state is asked for once its input is there."""

    def __init__(
        self,
        *,
        setting: RunSetting,
        me: int,
        hosts: Hosts,
        secrets: RunSecrets,
        shares: Mapping[int, KeyShare],
        rounds: dict[int, Round],
    ) -> None:
        self.setting = setting
        self.me = me
        self.secrets = secrets
        self.shares = shares
        self.rounds = rounds
        self._hosts = hosts
        self._known = {party.id: party for party in setting.parties}
        self.one_time: OneTimeKeys = hosts.one_time_keys(secrets.generation_seed)

    @cached_property
    def named(self) -> Named:
        """Raises: RunAborted. EncodingError, ProtocolError: a message is not authentic."""
        run = name_run(
            self.setting, self.authenticate(self._input(2, ContributionSet).contributions, Contribution, own=1)
        )
        return Named(setting=self.setting, me=self.me, run=run)

    @cached_property
    def preparations(self) -> list[Authenticated[Preparation]]:
        return self.authenticate(self._input(3, PreparationSet).preparations, Preparation, own=2)

    @cached_property
    def prepared(self) -> Prepared:
        """Raises: PartyFault, RunAborted, EncodingError, ProtocolError."""
        return dealing.on_preparations(self.named, self.preparations, own=self._own_body(2))

    @cached_property
    def dealings(self) -> list[Authenticated[Dealing]]:
        return self.authenticate(self._input(4, DealingSet).dealings, Dealing, own=3)

    @cached_property
    def collected(self) -> Collected:
        return dealing.on_dealings(self.prepared, self.dealings, own=self._own_body(3))

    @cached_property
    def splittings(self) -> list[Authenticated[Splitting]]:
        return self.authenticate(self._input(4, SplittingSet).splittings, Splitting, own=3)

    @cached_property
    def split(self) -> Split:
        return repair.on_splittings(self.prepared, self.splittings, own=self._own_body(3))

    @cached_property
    def summings(self) -> list[Authenticated[Summing]]:
        return self.authenticate(self._input(5, SummingSet).summings, Summing, own=4)

    @cached_property
    def summed(self) -> Summed:
        return repair.on_summings(self.split, self.summings, own=self._own_body(4))

    @cached_property
    def endorsed(self) -> Endorsed:
        """Raises: PartyFault, RunAborted, EncodingError, ProtocolError."""
        if self.setting.terms.kind == "repair":
            return repair.on_sums_opened(self.summed, self.open(self.summed.opens), shares=self.shares)
        return dealing.on_opened(self.collected, self.open(self.collected.opens))

    def seen(self) -> bytes:
        """Hash of everything this party was shown, as far as it came."""
        rounds: list[Sequence[Authenticated[Message]]] = [self.preparations]
        if 4 in self.rounds:
            rounds.append(self.splittings if self.setting.terms.kind == "repair" else self.dealings)
        if 5 in self.rounds and self.setting.terms.kind == "repair":
            rounds.append(self.summings)
        return seen_hash(self.setting, self.named.run, rounds)

    def open(self, effects: Sequence[Open]) -> dict[tuple[SignerId, int], SecretScalar]:
        """What was sealed to this party; what does not open, or is no secret, is missing and names its dealer."""
        return open_all(self.one_time, effects)

    def authenticate(self, envelopes: Sequence[bytes], kind: type[M], *, own: int) -> list[Authenticated[M]]:
        """Prove that each envelope is of a party and of this kind; `own`: the round in which this party said its own.

        Raises:
            EncodingError, ProtocolError: one is not.
        """
        prove = partial(self._hosts.authenticate, own=self.rounds[own].output)
        return authenticate_all(prove, self._known, envelopes, kind)

    def _input(self, number: int, kind: type[M]) -> M:
        message = decode_body(kind.__name__, self.rounds[number].input)
        assert isinstance(message, kind), "a round is recorded with its own request"
        return message

    def _own_body(self, number: int) -> bytes:
        return decode_envelope(self.rounds[number].output).body


def proposal_of(rounds: Mapping[int, Round]) -> RunProposal:
    """What a run began with."""
    proposal = decode_body(RunProposal.__name__, rounds[1].input)
    assert isinstance(proposal, RunProposal), "a run begins with its proposal"
    return proposal


def said_in(round_: Round) -> Message | None:
    """What this party answered, or None while it has not."""
    if not round_.output:
        return None
    envelope = decode_envelope(round_.output)
    return decode_body(envelope.kind, envelope.body)


def open_all(keys: OneTimeKeys, effects: Sequence[Open]) -> dict[tuple[SignerId, int], SecretScalar]:
    """(dealer, threshold) -> what it sealed to a party; what does not open, or is no secret, is missing."""
    opened = {}
    for effect in effects:
        try:
            plaintext = keys.open(effect.ciphertext, place=effect.place, info=effect.info)
            opened[effect.dealer, effect.threshold] = SecretScalar.from_secret_bytes(plaintext)
        except (EncodingError, ZeroSecret):
            continue
    return opened


def authenticate_all(
    authenticate: Authenticate,
    known: Mapping[HostId, HostKeys],
    envelopes: Sequence[bytes],
    kind: type[M],
) -> list[Authenticated[M]]:
    """Prove that each envelope is of a known host and of this kind.

    Raises:
        EncodingError, ProtocolError: one is not.
    """
    messages = []
    for encoded in envelopes:
        message = authenticate(encoded, known)
        if not isinstance(message.message, kind):
            raise ProtocolError(f"a {type(message.message).__name__} stands where a {kind.__name__} must")
        messages.append(message)
    return messages  # type: ignore[return-value]  # each was checked to carry `kind`
