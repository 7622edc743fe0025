"""One party's work in a ceremony, by the steps that nodes run; with sealing and signatures, and without.

The other parties are played once, beforehand. What is measured starts from authenticated messages and opened shares
(`ceremony_party`), or from envelopes of the wire (`ceremony, with host`).
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any, Final

from custody.crypto.curve import SecretScalar
from custody.host import HostDirectory, HostIdentity
from custody.identifiers import Address
from custody.policy.clock import DEVNET_CHAIN_ID
from custody.protocol import dealing
from custody.protocol.authenticated import Authenticated
from custody.protocol.committee import Committee
from custody.protocol.encoding import Message
from custody.protocol.run import RunSetting, name_run, places
from custody.protocol.run_messages import Contribution, Dealing, Preparation, RunTerms
from custody.protocol.run_states import Collected, DealingPlan, Endorsed, Named, Opened, Prepared
from custody.protocol.tenure import host_bodies

_ME: Final = 1
_HOSTS: Final = HostDirectory()


class CeremonyBench:
    """A ceremony of `threshold` of `n` in which party 1 is measured."""

    def __init__(self, *, threshold: int, n: int) -> None:
        self._identities = [HostIdentity(secrets.token_bytes(32)) for _ in range(n)]
        committee = Committee(
            hosts=tuple(identity.keys for identity in self._identities),
            thresholds=(threshold,),
            chain_id=DEVNET_CHAIN_ID,
            authority=Address(bytes(20)),
        )
        self._setting = _setting(committee)
        self._known = {host.id: host for host in committee.hosts}
        self._seeds = [secrets.token_bytes(32) for _ in range(n)]
        self._randomness = [secrets.token_bytes(32) for _ in range(n)]
        contributions = [Contribution(contribution=secrets.token_bytes(32)) for _ in range(n)]
        self._contributions = self._say(contributions)
        run = name_run(self._setting, self._contributions)
        self._named = [Named(setting=self._setting, me=party, run=run) for party in range(1, n + 1)]
        self._preparations = self._say([self._prepare(party) for party in range(1, n + 1)])
        self._dealings = self._say([self._deal(party, self._prepared(party)) for party in range(1, n + 1)])
        self._opened = self._open(self._collected(self._prepared(_ME)))
        self._endorsement = dealing.on_opened(self._collected(self._prepared(_ME)), self._opened).endorsement()
        self._endorsements = self._say([self._endorsement] * n)

    # --- what is measured ---

    def curve_work(self, _: None = None) -> Endorsed:
        """Every step between the messages; nothing is sealed, opened, signed or authenticated."""
        self._prepare(_ME, keys=self._own_keys())
        prepared = self._prepared(_ME)
        dealing.deal(prepared, randomness=self._randomness[0], shares={})
        return dealing.on_opened(self._collected(prepared), self._opened)

    def with_host(self, _: None = None) -> object:
        """The same from and to envelopes, one-time keys and sealing included."""
        self._identities[0].sign(self._contributions[0].message, execution=self._setting.name)
        self._authenticate(self._contributions)
        self._identities[0].sign(self._prepare(_ME), execution=self._setting.name)
        self._authenticate(self._preparations)
        prepared = self._prepared(_ME)
        self._identities[0].sign(self._deal(_ME, prepared), execution=self._setting.name)
        self._authenticate(self._dealings)
        collected = self._collected(prepared)
        endorsed = dealing.on_opened(collected, self._open(collected))
        self._identities[0].sign(endorsed.endorsement(), execution=self._setting.name)
        return dealing.on_endorsements(endorsed, self._authenticate(self._endorsements))

    # --- the steps of a party ---

    def _own_keys(self) -> Sequence[Sequence[bytes]]:
        preparation: Preparation = self._preparations[0].message
        return preparation.sealing_keys

    def _prepare(self, party: int, keys: Sequence[Sequence[bytes]] | None = None) -> Message:
        named = self._named[party - 1]
        if keys is None:
            one_time = _HOSTS.one_time_keys(self._seeds[party - 1])
            if party == _ME:
                self._one_time = one_time
            keys = [[one_time.public(place) for place in row] for row in places(self._setting, named.run, party)]
        return dealing.prepare(named, keys, randomness=self._randomness[party - 1], shares={})

    def _prepared(self, party: int) -> Prepared:
        own = self._preparations[party - 1].body
        return dealing.on_preparations(self._named[party - 1], self._preparations, own=own)

    def _deal(self, party: int, prepared: Prepared) -> Dealing:
        plans = dealing.deal(prepared, randomness=self._randomness[party - 1], shares={})
        keys = tuple(plan.sealed(_seal(plan)) for plan in plans)
        return Dealing(run=prepared.named.run, preparations=prepared.digest, keys=keys)

    def _collected(self, prepared: Prepared) -> Collected:
        return dealing.on_dealings(prepared, self._dealings, own=self._dealings[_ME - 1].body)

    def _open(self, collected: Collected) -> Opened:
        return {
            (effect.dealer, effect.threshold): SecretScalar.from_secret_bytes(
                self._one_time.open(effect.ciphertext, place=effect.place, info=effect.info)
            )
            for effect in collected.opens
        }

    def _say(self, messages: Sequence[Message]) -> list[Authenticated[Any]]:
        signed = [
            identity.sign(message, execution=self._setting.name)
            for identity, message in zip(self._identities, messages, strict=True)
        ]
        return [_HOSTS.authenticate(encoded, self._known) for encoded in signed]

    def _authenticate(self, messages: Sequence[Authenticated[Any]]) -> list[Authenticated[Any]]:
        own = messages[_ME - 1].encoded  # a node has its own on record
        return [_HOSTS.authenticate(message.encoded, self._known, own=own) for message in messages]


def _setting(committee: Committee) -> RunSetting:
    terms = RunTerms(
        kind="ceremony",
        hosts=host_bodies(committee),
        thresholds=committee.thresholds,
        chain_id=committee.chain_id,
        authority=committee.authority,
        generation=0,
        previous=b"",
        dealers=(),
        lost=0,
        salt=secrets.token_bytes(32),
    )
    return RunSetting.of(terms, None)


def _seal(plan: DealingPlan) -> list[bytes]:
    return [
        _HOSTS.seal(effect.plaintext.to_secret_bytes(), public=effect.public, info=effect.info) for effect in plan.seals
    ]
