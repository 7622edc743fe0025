"""Margin arithmetic in integers: volatility, rates, prices over time. Knows no chain, no clock and no file but a price
path's; every number equals the contracts' to the last unit."""

__all__: list[str] = []
