"""Custodians as the keeper asks them: an order in, a threshold signature out. Implements `ports.venue.Custodians`."""

from __future__ import annotations

from collections.abc import Callable

from custody.coordinator.signing import SigningCoordinator, SigningRequest
from custody.identifiers import Address, BlockHash
from custody.intents.liquidation import LiquidationOrder
from custody.ports.venue import Signed
from custody.protocol.tenure import Tenure


class CustodianLane:
    """One committee's keys, one coordinator, one liquidation contract."""

    def __init__(
        self,
        coordinator: SigningCoordinator,
        *,
        tenure: Tenure,
        chain_id: int,
        liquidation: Address,
        newest_block: Callable[[], BlockHash],
    ) -> None:
        self._coordinator = coordinator
        self._tenure = tenure
        self._chain_id = chain_id
        self._liquidation = liquidation
        self._newest_block = newest_block

    async def sign(self, order: LiquidationOrder) -> Signed:
        """Raises: NotEnoughSigners: nothing was signed."""
        request = SigningRequest(
            intent=order,
            chain_id=self._chain_id,
            contract=self._liquidation,
            tenure=self._tenure,
            key=self._tenure.by_threshold[order.threshold],
            newest_block=self._newest_block,
        )
        signed = await self._coordinator.sign(request)
        return Signed(signature=signed.signature.to_chain_bytes(), signers=signed.signers, sessions=signed.sessions)
