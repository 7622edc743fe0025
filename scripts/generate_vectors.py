#!/usr/bin/env python3
"""Write tests/vectors anew: a ceremony, a refresh, a reshare and a repair of 2 of 3.

Ciphertexts and signed envelopes are kept as they are where they still belong; `--fresh` makes them anew.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.protocol.vectors import FOLDER, frozen, generate, write


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fresh", action="store_true", help="seal and sign anew instead of keeping what is there")
    arguments = parser.parse_args()
    vectors = generate({} if arguments.fresh else frozen())
    write(vectors)
    print(f"{FOLDER.name}: {', '.join(f'{kind}.json' for kind in vectors)}")


if __name__ == "__main__":
    main()
