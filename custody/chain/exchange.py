"""The venue as traders, market makers and the feed's owner of a devnet use it, on web3."""

from __future__ import annotations

from collections.abc import Sequence

from custody.chain.client import ChainClient, Mined
from custody.chain.deployment import VenueDeployment
from custody.chain.market import table_of_reading
from custody.chain.trader_key import TraderKey
from custody.identifiers import Address
from custody.intents.order import Order
from custody.risk.perpetual import Table
from custody.units import Lots, MicroUsdc


class Exchange:
    """Calls of one deployment. Senders are unlocked at the endpoint."""

    def __init__(self, client: ChainClient, deployment: VenueDeployment) -> None:
        self._client = client
        self.deployment = deployment
        self._token = client.at("DevnetUSDC", deployment.token)
        self._vault = client.at("CollateralVault", deployment.vault)
        self._venue = client.at("MarginVenue", deployment.venue)
        self._feed = client.at("PriceFeed", deployment.feed)
        self._oracle = client.at("VolatilityOracle", deployment.oracle)
        self._liquidation = client.at("Liquidation", deployment.liquidation)

    # --- money ---

    def give_ether(self, account: Address) -> None:
        """Devnet: let an account pay for gas."""
        self._client.give_ether(account)

    def deposit_for(self, account: Address, amount: MicroUsdc, *, payer: Address) -> None:
        """Mint to `payer` and deposit into the account's idle balance."""
        self._client.send(self._token.functions.mint(payer, amount), sender=payer)
        self._client.send(self._token.functions.approve(self.deployment.vault, amount), sender=payer)
        self._client.send(self._vault.functions.deposit(account, amount), sender=payer)

    def to_margin(self, account: Address, amount: MicroUsdc) -> Mined:
        return self._client.send(self._vault.functions.toMargin(amount), sender=account)

    def fund_insurance(self, amount: MicroUsdc, *, payer: Address) -> None:
        """The fund's own account: deposited for it like anybody's, then moved to margin by `fund`."""
        self.deposit_for(self.deployment.liquidation, amount, payer=payer)
        self._client.send(self._liquidation.functions.fund(amount), sender=payer)

    # --- prices ---

    def push_rounds(self, rounds: Sequence[tuple[int, int]], *, sender: Address) -> Mined:
        """(answer, updated_at) of each, in order."""
        return self._client.send(self._feed.functions.push(list(rounds)), sender=sender)

    def post_rounds(self, rounds: Sequence[tuple[int, int]], *, sender: Address) -> None:
        """The same, left to the next block."""
        gas = 100_000 + 80_000 * len(rounds)
        self._client.post(self._feed.functions.push(list(rounds)), sender=sender, gas=gas)

    def poke(self, *, sender: Address) -> Mined:
        """Consume up to 64 rounds."""
        return self._client.send(self._oracle.functions.poke(64), sender=sender)

    def is_behind(self) -> bool:
        return bool(self._client.read(self._oracle.functions.behind()))

    def spot(self) -> int:
        """Ticks."""
        return int(self._client.read(self._oracle.functions.reading())[0])

    def last_answer(self) -> int:
        """The feed's newest price, with its 8 decimals."""
        return int(self._client.read(self._feed.functions.latestRoundData())[1])

    def table(self) -> Table:
        """Marks and margins a lot, by this process's arithmetic, as of the consumed rounds."""
        return table_of_reading(self._client.read(self._oracle.functions.reading()))

    def sigma(self) -> int:
        """The greater of mid and slow volatility, ppm a year: what the regime is judged by."""
        _, mid, slow, _ = self._client.read(self._oracle.functions.volatility())
        return int(max(mid, slow))

    def now(self) -> int:
        """Chain time of the latest block."""
        return self._client.head()[2]

    # --- trades ---

    def fill(
        self, maker: Order, maker_key: TraderKey, taker: Order, taker_key: TraderKey, *, lots: Lots, sender: Address
    ) -> Mined:
        """Hand in two signed orders."""
        chain_id, venue = self._client.chain_id(), self.deployment.venue
        call = self._venue.functions.fill(
            _arguments(maker),
            maker_key.sign(maker.digest(chain_id=chain_id, contract=venue)),
            _arguments(taker),
            taker_key.sign(taker.digest(chain_id=chain_id, contract=venue)),
            lots,
        )
        return self._client.send(call, sender=sender)

    # --- views ---

    def insurance(self) -> MicroUsdc:
        return MicroUsdc(self._client.read(self._liquidation.functions.insurance()))

    def deficit(self) -> MicroUsdc:
        """Loss that neither margin nor insurance covered."""
        return MicroUsdc(self._client.read(self._liquidation.functions.deficit()))

    def margin_total(self) -> MicroUsdc:
        return MicroUsdc(self._client.read(self._vault.functions.marginTotal()))

    def margin(self, account: Address) -> MicroUsdc:
        return MicroUsdc(self._client.read(self._vault.functions.margin(account)))


def _arguments(order: Order) -> tuple[object, ...]:
    return (
        order.account,
        order.instrument,
        order.lots,
        order.limit_price,
        order.expiry,
        order.min_fill,
        order.reduce_only,
        order.salt,
    )
