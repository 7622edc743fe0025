"""A PKCS#11 token in software, in a folder of its own.

Where SoftHSM2 is missing the tests that need it are skipped, and say so; with CUSTODY_REQUIRE_HSM=1 they fail.
"""

from __future__ import annotations

import atexit
import importlib.util
import os
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import NoReturn

import pytest

REQUIRED = "CUSTODY_REQUIRE_HSM"
CONFIGURATION = "SOFTHSM2_CONF"
PIN = "4711-geheim"
_PLACES = ("/usr/lib", "/usr/lib/*", "/usr/lib64", "/usr/local/lib", "/opt/homebrew/lib")
_NAMES = ("softhsm/libsofthsm2.so", "pkcs11/libsofthsm2.so", "libsofthsm2.so")


def _absent(what: str) -> NoReturn:
    message = f"HARDWARE KEY NOT TESTED: {what}"
    if os.environ.get(REQUIRED) == "1":
        pytest.fail(f"{message}, and {REQUIRED}=1")
    pytest.skip(message)


def find_module() -> Path:
    """The library of SoftHSM2."""
    if importlib.util.find_spec("pkcs11") is None:
        _absent("python-pkcs11 is not installed (pip install 'custody[hsm]')")
    if shutil.which("softhsm2-util") is None:
        _absent("softhsm2-util is not installed (apt install softhsm2)")
    for place in _PLACES:
        for name in _NAMES:
            for found in sorted(Path("/").glob(f"{place}/{name}".lstrip("/"))):
                return found
    _absent(f"no libsofthsm2.so in {', '.join(_PLACES)}")


@cache
def the_module() -> Path:
    """The library of SoftHSM2, with tokens "custodian", "twin" and "twin" for this process.

    The library reads its configuration once a process, so all tests share one, which stays in the environment.
    """
    library = find_module()
    folder = Path(tempfile.mkdtemp(prefix="softhsm-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ[CONFIGURATION] = str(make_tokens(folder, "custodian", "twin", "twin"))
    return library


def make_tokens(folder: Path, *labels: str) -> Path:
    """Fresh tokens with the PIN above; returns the configuration that CONFIGURATION must name."""
    tokens = folder / "tokens"
    tokens.mkdir()
    configuration = folder / "softhsm2.conf"
    configuration.write_text(
        f"directories.tokendir = {tokens}\nobjectstore.backend = file\nlog.level = ERROR\nslots.removable = false\n"
    )
    for label in labels:
        subprocess.run(
            ["softhsm2-util", "--init-token", "--free", "--label", label, "--so-pin", "87654321", "--pin", PIN],
            env=os.environ | {CONFIGURATION: str(configuration)},
            check=True,
            capture_output=True,
        )
    return configuration
