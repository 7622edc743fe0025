"""Has custodians sign that they are still there: drafts the heartbeat that their authority would take now."""

from __future__ import annotations

import secrets
from typing import Final

from custody.chain.authority import Authority
from custody.chain.client import ChainClient
from custody.coordinator.signing import SignedIntent, SigningCoordinator, SigningRequest
from custody.errors import UsageError
from custody.intents.classes import ActionClass
from custody.intents.rotation import Heartbeat
from custody.policy.heartbeat import HEARTBEAT_AHEAD
from custody.protocol.tenure import Tenure
from custody.units import Ppm

DEADLINE_AHEAD: Final = HEARTBEAT_AHEAD // 2
"""Half of what nodes allow: time enough to be mined, and blocks may differ by a little."""


def draft_heartbeat(authority: Authority, client: ChainClient) -> Heartbeat:
    """The heartbeat that the chain would take now, of the high key, whichever that is."""
    epoch = authority.epoch()
    verdict = authority.explain(ActionClass.D0, epoch=epoch, threshold=0, value=Ppm(0))
    _, _, timestamp = client.head()
    return Heartbeat(
        epoch=epoch,
        action_class=ActionClass.D0,
        threshold=verdict.threshold,
        nonce=secrets.randbits(128),
        deadline=timestamp + DEADLINE_AHEAD,
    )


class Heartbeats:
    """One authority, the committee whose keys it knows, one coordinator."""

    def __init__(
        self, *, authority: Authority, client: ChainClient, coordinator: SigningCoordinator, tenure: Tenure
    ) -> None:
        self._authority = authority
        self._client = client
        self._coordinator = coordinator
        self._tenure = tenure

    async def sign(self, intent: Heartbeat) -> SignedIntent:
        """Raises: NotEnoughSigners. UsageError: no key of the intent's threshold."""
        keys = self._tenure.by_threshold
        if intent.threshold not in keys:
            raise UsageError(f"the authority asks for {intent.threshold} custodians, and these keys have no such key")
        request = SigningRequest(
            intent=intent,
            chain_id=self._client.chain_id(),
            contract=self._authority.address,
            tenure=self._tenure,
            key=keys[intent.threshold],
            newest_block=lambda: self._client.head()[1],
        )
        return await self._coordinator.sign(request)
