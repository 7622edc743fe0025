"""Where a process gets its passphrase: a file or the environment, never the command line."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from custody.errors import UsageError

VARIABLE: Final = "CUSTODY_PASSPHRASE"
_SHORTEST: Final = 8


def read_passphrase(path: Path | None) -> bytes:
    """The passphrase of `path`, else of CUSTODY_PASSPHRASE.

    Raises:
        UsageError: neither is given, or it is shorter than 8 characters.
    """
    if path is not None:
        try:
            text = path.read_text()
        except OSError as error:
            raise UsageError(f"the passphrase file cannot be read: {error.strerror}") from None
        except UnicodeDecodeError:  # which would carry the passphrase
            raise UsageError("the passphrase file is not text") from None
    else:
        text = os.environ.get(VARIABLE, "")
    text = text.strip()
    if len(text) < _SHORTEST:
        raise UsageError(f"give a passphrase of at least {_SHORTEST} characters in {VARIABLE} or --passphrase-file")
    return text.encode()
