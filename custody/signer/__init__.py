"""A custodian's node: decides, signs once, remembers."""

from custody.signer.node import Node, Unanswered

__all__ = ["Node", "Unanswered"]
