"""Watches the venue and acts: observe, evaluate, plan, have it signed, submit, confirm."""

from custody.keeper.keeper import Keeper, Step
from custody.keeper.plan import Plan, plan

__all__ = ["Keeper", "Plan", "Step", "plan"]
