"""Custody of derivative collateral by threshold keys: see docs/ARCHITECTURE.md for the map.

Knows nothing itself; the packages below each say in their first lines what they know and what they refuse to know.
"""

__version__ = "0.1.0"
