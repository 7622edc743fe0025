"""Published vectors, in the folder that CUSTODY_VECTORS names; its README says where each file comes from."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path
from typing import Any

import pytest

VARIABLE = "CUSTODY_VECTORS"


def vectors(name: str) -> Any:
    """The content of a JSON file. Without the folder the test is skipped; with it, a missing file is a failure."""
    path = _folder(name) / name
    if not path.is_file():
        pytest.fail(f"{VARIABLE} is set, so {path} must exist")
    raw = path.read_bytes()
    return json.loads(gzip.decompress(raw) if name.endswith(".gz") else raw)


def vector_names() -> set[str]:
    """The names of all files of the folder but its README."""
    return {path.name for path in _folder("published vectors").iterdir() if path.name != "README.md"}


def _folder(sought: str) -> Path:
    folder = os.environ.get(VARIABLE)
    if not folder:
        pytest.skip(f"PUBLISHED VECTORS NOT CHECKED: set {VARIABLE} to the folder that holds {sought}")
    return Path(folder)
