"""hsm.toml in a node's folder: which key of which PKCS#11 token the store's data key is wrapped under.

Without the file the store is under a passphrase. Holds names and paths alone; the PIN stays in a file of its own.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Final

import msgspec

from custody.config.documents import read_document
from custody.errors import UsageError
from custody.host import WrappingKey

HSM_FILE: Final = "hsm.toml"


class HardwareDocument(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`module`: the vendor's PKCS#11 library. `token`, `key`: labels. `pin_file`: read when the token is asked."""

    module: str
    token: str
    key: str
    pin_file: str

    def wrapping_key(self) -> WrappingKey:
        return WrappingKey(module=Path(self.module), token=self.token, label=self.key, pin_file=Path(self.pin_file))


def load_wrapping_key(home: Path) -> WrappingKey | None:
    """What hsm.toml names, or None where there is none.

    Raises:
        UsageError: it is not what it should be.
    """
    path = home / HSM_FILE
    return read_document(path, HardwareDocument).wrapping_key() if path.exists() else None


def write_wrapping_key(home: Path, key: WrappingKey) -> None:
    """Make hsm.toml, durable before a store depends on it.

    Raises:
        UsageError: there is one already.
    """
    members = {
        "module": str(key.module.absolute()),
        "token": key.token,
        "key": key.label,
        "pin_file": str(key.pin_file.absolute()),
    }
    # Such a JSON string is a TOML basic string too: every escape that it uses is one of TOML 1.0's.
    text = "".join(f"{name} = {json.dumps(value, ensure_ascii=False)}\n" for name, value in members.items())
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        with (home / HSM_FILE).open("x", encoding="utf-8") as opened:
            opened.write(text)
            opened.flush()
            os.fsync(opened.fileno())
    except FileExistsError:
        raise UsageError(f"{home / HSM_FILE} exists already; choose another folder") from None


def wrapping_key_of(
    module: Path | None, token: str | None, key: str | None, pin_file: Path | None
) -> WrappingKey | None:
    """The key that four options name together, or None if none of them is given.

    Raises:
        UsageError: some are, and some are not.
    """
    if module is None and token is None and key is None and pin_file is None:
        return None
    if module is None or not token or not key or pin_file is None:
        raise UsageError("a token is named by --hsm-module, --hsm-token, --hsm-key and --hsm-pin-file together")
    return WrappingKey(module=module, token=token, label=key, pin_file=pin_file)
