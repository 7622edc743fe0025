#!/usr/bin/env python3
"""Write docs/FAULTS.md anew from the tables of faults that the tests run."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.protocol.faults.document import DOCUMENT, document, tables


def main() -> None:
    faults = tables()
    DOCUMENT.write_text(document(faults))
    print(f"{DOCUMENT.name}: {len(faults)} faults")


if __name__ == "__main__":
    main()
