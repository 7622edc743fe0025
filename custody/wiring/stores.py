"""Makes, opens and ends a custodian's store, under a passphrase or under a key of a PKCS#11 token."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from custody.config.hardware import HSM_FILE, load_wrapping_key, write_wrapping_key
from custody.config.passphrase import read_passphrase
from custody.errors import UsageError
from custody.host import HardwareCipher, HostIdentity, PassphraseCipher, WrappingKey
from custody.host.hardware import create_wrapping_key, destroy_wrapping_key, wrap_new_data_key
from custody.host.identity import SEED_BYTES
from custody.protocol.committee import HostKeys
from custody.store import Database, NodeStore, destroy, is_destroyed

_STORE_FILE: Final = "node.sqlite"
_STAGING: Final = ".new"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreKey:
    """What a new store is sealed under: a token's key if one is named, else the passphrase of a file or variable."""

    passphrase_file: Path | None = None
    wrapping_key: WrappingKey | None = None
    creates: bool = False  # make the wrapping key first


def create_node(home: Path, key: StoreKey) -> HostKeys:
    """Make a node's store with a fresh identity; returns its public keys.

    Raises:
        UsageError: there is a node already, no usable passphrase, or the token refuses.
    """
    seed = secrets.token_bytes(SEED_BYTES)
    make_store(home, key, seed, lambda store: None)
    return HostIdentity(seed).keys


def make_store(home: Path, key: StoreKey, seed: bytes, fill: Callable[[NodeStore], None]) -> None:
    """Make a store and fill it, whole or not at all: it gets its place when everything is in it.

    Raises:
        UsageError: there is a node already, no usable passphrase, or the token refuses.
    """
    if (home / _STORE_FILE).exists():
        raise UsageError(f"{home / _STORE_FILE} exists already; choose another folder or use it as it is")
    if key.wrapping_key is None and (home / HSM_FILE).exists():
        raise UsageError(f"{home / HSM_FILE} names a token: give its --hsm options, or take the file away")
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    staging = home / _STAGING
    shutil.rmtree(staging, ignore_errors=True)  # of an earlier attempt that died
    try:
        store = _make(staging, key, seed)
        try:
            fill(store)
        finally:
            store.close()
        assert not (staging / f"{_STORE_FILE}-wal").exists(), "who closes a store last folds its log into it"
        for name in (HSM_FILE, _STORE_FILE):  # the store last: before it, this is no node
            if (staging / name).exists():
                (staging / name).rename(home / name)
        _sync(home)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _sync(folder: Path) -> None:
    """A file's name is durable once its folder is."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _make(staging: Path, key: StoreKey, seed: bytes) -> NodeStore:
    wrapping = key.wrapping_key
    if wrapping is None:
        passphrase = read_passphrase(key.passphrase_file)
        NodeStore.create(staging, lambda *, salt: PassphraseCipher(passphrase, salt=salt), seed=seed)
        return NodeStore.open(staging, lambda *, salt: PassphraseCipher(passphrase, salt=salt))
    if key.creates:
        create_wrapping_key(wrapping)
    wrapped = wrap_new_data_key(wrapping)
    write_wrapping_key(staging, wrapping)
    NodeStore.create_wrapped(staging, _unwrapper(wrapping), wrapped=wrapped, seed=seed)
    return NodeStore.open_wrapped(staging, _unwrapper(wrapping))


def open_store(home: Path, passphrase_file: Path | None = None) -> NodeStore:
    """Open a node's store with what its folder says it is under.

    Raises:
        UsageError: no node here, no usable passphrase, or the token refuses. StoreLocked. StoreDamaged.
    """
    wrapping = load_wrapping_key(home)
    if wrapping is not None:
        return NodeStore.open_wrapped(home, _unwrapper(wrapping))
    if not (home / _STORE_FILE).exists():
        Database(home).close()  # says what is missing, before anybody is asked for a passphrase
    passphrase = read_passphrase(passphrase_file)
    return NodeStore.open(home, lambda *, salt: PassphraseCipher(passphrase, salt=salt))


def _unwrapper(wrapping: WrappingKey) -> Callable[..., HardwareCipher]:
    return lambda *, wrapped: HardwareCipher.unwrap(wrapping, wrapped)


def destroy_node(home: Path, *, say: Callable[[str], None]) -> WrappingKey | None:
    """End a node's store for good; returns the token's key that went with it, if it was under one.

    Raises:
        UsageError: no node here, or the token refuses. StoreLocked. StoreError.
    """
    wrapping = load_wrapping_key(home)
    with Database(home) as database:
        begun = is_destroyed(database)

    def erase_outside() -> None:
        if wrapping is not None:
            destroy_wrapping_key(wrapping, was_begun=begun)
            say(f"{wrapping} is destroyed")

    destroy(home, erase_outside=erase_outside, say=say)
    return wrapping
