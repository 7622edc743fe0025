"""Who trades on a devnet: traders of mixed leverage, a market maker opposite them, a backstop, insurance, a keeper.

Drawn from a seed: the same seed makes the same accounts. Every position is opened by two signed orders at the mark.
"""

from __future__ import annotations

import random
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from custody.chain.exchange import Exchange
from custody.chain.trader_key import TraderKey
from custody.identifiers import Address
from custody.intents.order import Order
from custody.risk.perpetual import Table
from custody.units import HOUR, USDC, Lots, MicroUsdc, Ticks

LEAST_MARGIN: Final = 3_000 * USDC
MOST_MARGIN: Final = 40_000 * USDC
LONG_SHARE: Final = 0.75
INSURANCE_PER_MILLE: Final = 10
"""Of all deposits: one per cent."""
_PERPETUAL: Final = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Trader:
    """One account: its margin, and the position it wants, in lots."""

    key: TraderKey
    margin: MicroUsdc
    lots: Lots


@dataclass(frozen=True, slots=True, kw_only=True)
class Population:
    """Everybody, before they trade. `deposits`: the sum of all that is put in, insurance left out."""

    traders: tuple[Trader, ...]
    maker: TraderKey
    maker_margin: MicroUsdc
    backstop: Address
    backstop_margin: MicroUsdc
    keeper: Address
    keeper_margin: MicroUsdc

    @property
    def deposits(self) -> MicroUsdc:
        traders = sum(trader.margin for trader in self.traders)
        return MicroUsdc(traders + self.maker_margin + self.backstop_margin + self.keeper_margin)

    @property
    def insurance(self) -> MicroUsdc:
        return MicroUsdc(self.deposits * INSURANCE_PER_MILLE // 1_000)


def draw_population(count: int, seed: int, *, table: Table, backstop: Address, keeper: Address) -> Population:
    """`count` traders whose leverage lies between 1.5 and nearly all that initial margin allows at `table`."""
    draw = random.Random(seed)
    most_leverage = 0.97 * table.spot / max(table.im_spot, table.im_twap)
    traders = []
    for _ in range(count):
        margin = MicroUsdc(int(draw.uniform(LEAST_MARGIN, MOST_MARGIN)))
        leverage = draw.uniform(1.5, most_leverage)
        side = 1 if draw.random() < LONG_SHARE else -1
        lots = Lots(side * max(1, int(margin * leverage) // table.spot))
        key = TraderKey(draw.randbytes(32))
        traders.append(Trader(key=key, margin=margin, lots=lots))
    gross = sum(abs(trader.lots) for trader in traders) * table.spot
    return Population(
        traders=tuple(traders),
        maker=TraderKey(draw.randbytes(32)),
        maker_margin=MicroUsdc(gross),
        backstop=backstop,
        backstop_margin=MicroUsdc(gross // 2),
        keeper=keeper,
        keeper_margin=MicroUsdc(gross // 4),
    )


def open_accounts(
    population: Population,
    exchange: Exchange,
    *,
    payer: Address,
    say: Callable[[str], None],
) -> None:
    """Deposit for everybody, move to margin, and open every trader's position against the maker, at the mark."""
    for account, amount in (
        (population.maker.address, population.maker_margin),
        (population.backstop, population.backstop_margin),
        (population.keeper, population.keeper_margin),
    ):
        _fund(exchange, account, amount, payer)
    exchange.fund_insurance(population.insurance, payer=payer)
    for number, trader in enumerate(population.traders, start=1):
        _fund(exchange, trader.key.address, trader.margin, payer)
        _open(exchange, trader, population.maker, payer)
        if number % 25 == 0:
            say(f"{number} of {len(population.traders)} accounts open")


def _fund(exchange: Exchange, account: Address, amount: MicroUsdc, payer: Address) -> None:
    exchange.give_ether(account)
    exchange.deposit_for(account, amount, payer=payer)
    exchange.to_margin(account, amount)


def _open(exchange: Exchange, trader: Trader, maker: TraderKey, payer: Address) -> None:
    price = Ticks(exchange.spot())
    expiry = exchange.now() + HOUR

    def order(account: Address, lots: int) -> Order:
        return Order(
            account=account,
            instrument=_PERPETUAL,
            lots=Lots(lots),
            limit_price=price,
            expiry=expiry,
            min_fill=Lots(abs(lots)),
            reduce_only=False,
            salt=secrets.randbits(128),
        )

    exchange.fill(
        order(maker.address, -trader.lots),
        maker,
        order(trader.key.address, trader.lots),
        trader.key,
        lots=Lots(abs(trader.lots)),
        sender=payer,
    )
