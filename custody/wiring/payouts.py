"""Pays a release through custodian signatures: drafts the intent, has it signed, hands it in."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass

from custody.chain.client import ChainClient, Mined
from custody.chain.vault import Vault
from custody.coordinator.signing import SignedIntent, SigningCoordinator, SigningRequest
from custody.errors import UsageError
from custody.identifiers import Address
from custody.intents.classes import ActionClass, effective_class
from custody.intents.expedite import Expedite
from custody.policy.facts import ReleaseState
from custody.protocol.tenure import Tenure
from custody.units import HOUR, Ppm

DEADLINE_AHEAD = HOUR


@dataclass(frozen=True, slots=True, kw_only=True)
class Payout:
    """A signed intent and what the chain made of it."""

    intent: Expedite
    signed: SignedIntent
    mined: Mined
    paid: bool
    sign_ms: float


def draft_expedite(
    vault: Vault,
    client: ChainClient,
    release_id: int,
    *,
    action: ActionClass | None = None,
    threshold: int | None = None,
) -> Expedite:
    """The intent that the chain would ask for now; class and threshold can be forced, to see them refused.

    Raises:
        UsageError: there is no such request.
    """
    release = vault.release(release_id)
    if release.state is not ReleaseState.REQUESTED:
        raise UsageError(f"release {release_id} is {release.state.name.lower()}; only a requested one can be expedited")
    value = Ppm(min(vault.expedite_value(release_id), 2**63))
    action = effective_class(ActionClass.B, value) if action is None else action
    _, _, timestamp = client.head()
    return Expedite(
        release_id=release_id,
        owner=release.owner,
        to=release.to,
        amount=release.amount,
        epoch=vault.epoch(),
        action_class=action,
        threshold=vault.rule(action, value).threshold if threshold is None else threshold,
        nonce=secrets.randbits(128),
        deadline=timestamp + DEADLINE_AHEAD,
    )


class Payouts:
    """One vault, one committee's keys, one coordinator."""

    def __init__(self, *, vault: Vault, client: ChainClient, coordinator: SigningCoordinator, tenure: Tenure) -> None:
        self.vault = vault
        self._client = client
        self._coordinator = coordinator
        self._tenure = tenure

    async def sign(self, intent: Expedite) -> SignedIntent:
        """Raises: NotEnoughSigners. UsageError: no key of the intent's threshold."""
        keys = self._tenure.by_threshold
        if intent.threshold not in keys:
            raise UsageError(f"there is no key of {intent.threshold} custodians")
        order = SigningRequest(
            intent=intent,
            chain_id=self._client.chain_id(),
            contract=self.vault.deployment.vault,
            tenure=self._tenure,
            key=keys[intent.threshold],
            newest_block=lambda: self._client.head()[1],
        )
        return await self._coordinator.sign(order)

    async def pay(self, intent: Expedite, *, sender: Address) -> Payout:
        """Sign and hand in; where the class has a delay now, the intent is accepted and waits.

        Raises:
            NotEnoughSigners: nothing was signed and nothing sent. Reverted: the contract refused, by name.
        """
        started = time.perf_counter()
        signed = await self.sign(intent)
        sign_ms = (time.perf_counter() - started) * 1_000
        mined = self.vault.expedite(intent, signed.signature, sender=sender)
        paid = self.vault.release(intent.release_id).state is ReleaseState.PAID
        return Payout(intent=intent, signed=signed, mined=mined, paid=paid, sign_ms=sign_ms)
