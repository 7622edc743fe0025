"""A wrapping key that never leaves its PKCS#11 token: the one door to `pkcs11`.

The store's records are sealed under a random data key; the store keeps it only wrapped (RFC 5649, AES-KWP) under a
sensitive, non-extractable AES-256 key of the token. Whoever has the disk and not the token has nothing; to destroy the
wrapping key is to destroy every record. The data key itself is in the process's memory while the node runs.

The token is asked at start and then left alone: no session and no PIN outlives a call. Knows no store and no journal.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from custody.errors import CustodyError, StoreDamaged, UsageError
from custody.host.records import KEY_BYTES, KeyedCipher

if TYPE_CHECKING:
    import pkcs11

# RFC 5649 §3: a multiple of 8 bytes gets no padding, only the 8 bytes of the check. PKCS#7 padding, which some tokens
# mean by CKM_AES_KEY_WRAP_PAD, would make 48.
WRAPPED_BYTES: Final = KEY_BYTES + 8


@dataclass(frozen=True, slots=True, kw_only=True)
class WrappingKey:
    """Where a wrapping key lies. Names and paths only: the PIN is read from its file when the token is asked."""

    module: Path  # the vendor's PKCS#11 library
    token: str  # the token's label
    label: str  # the key's
    pin_file: Path

    def __str__(self) -> str:
        return f"the wrapping key '{self.label}' of the token '{self.token}'"


class HardwareCipher(KeyedCipher):
    """Under a data key that only the token can unwrap. Implements `ports.identity.RecordCipher`."""

    __slots__ = ()

    @classmethod
    def unwrap(cls, key: WrappingKey, wrapped: bytes) -> HardwareCipher:
        """The cipher whose data key is in `wrapped`.

        Raises:
            UsageError: no such token or key, a wrong PIN, or a key that is no wrapping key.
            StoreDamaged: `wrapped` was altered, or wrapped under another key.
        """
        with _session(key) as session:
            return cls(_unwrap(key, _find_safe(session, key), wrapped), wrong_key="another data key")


def create_wrapping_key(key: WrappingKey) -> None:
    """Make the key inside the token. Never replaces one: what it wrapped would be lost.

    Raises:
        UsageError: the token has a key of this label already, or cannot make one as safe as asked for.
    """
    with _session(key, writes=True) as session:
        if _all(session, key):
            raise UsageError(f"{key} exists already; it was left as it is")
        made = session.generate_key(
            _library().KeyType.AES,
            8 * KEY_BYTES,
            label=key.label,
            store=True,
            template=_required() | _wished(),
        )
        try:
            _check(made, key)
        except UsageError:
            made.destroy()
            raise


def wrap_new_data_key(key: WrappingKey) -> bytes:
    """A fresh data key, wrapped: 40 bytes to be kept in the store. Only `HardwareCipher.unwrap` can use them.

    Raises:
        UsageError: no such token or key, a wrong PIN, or a key that is no wrapping key.
    """
    with _session(key) as session:
        wrapping = _find_safe(session, key)
        data_key = secrets.token_bytes(KEY_BYTES)
        pkcs11 = _library()
        held = session.create_object(
            {
                pkcs11.Attribute.CLASS: pkcs11.ObjectClass.SECRET_KEY,
                pkcs11.Attribute.KEY_TYPE: pkcs11.KeyType.AES,
                pkcs11.Attribute.VALUE: data_key,
            }
            | _passing_through()
        )
        try:
            wrapped: bytes = wrapping.wrap_key(held, mechanism=_mechanism(session))
        finally:
            held.destroy()
        # Before a store depends on it.
        if len(wrapped) != WRAPPED_BYTES or _unwrap(key, wrapping, wrapped) != data_key:
            raise UsageError(f"the token '{key.token}' does not wrap keys as RFC 5649 says; no store was bound to it")
        return wrapped


def destroy_wrapping_key(key: WrappingKey, *, was_begun: bool = False) -> None:
    """Crypto-erase: after this no data key that was wrapped under it can be unwrapped, by anybody, ever.

    It reaches this token only: a copy of the token, such as a vendor's backup, must be destroyed where it is, and a
    node that runs keeps its data key in memory until it stops. Source: THRESHOLD §4 (Destroy).

    Args:
        was_begun: an earlier attempt died; a key that is not there any more is what was wanted.

    Raises:
        UsageError: no such token or key, or a wrong PIN; or the key is still there afterwards.
    """
    with _session(key, writes=True) as session:
        found = _all(session, key)
        if not found and not was_begun:
            raise UsageError(f"there is no key '{key.label}' on the token '{key.token}'")
        for each in found:
            each.destroy()
        if _all(session, key):
            raise UsageError(f"{key} was not destroyed: the token still has it")


def _library() -> Any:
    try:
        import pkcs11
    except ImportError:
        raise UsageError("a wrapping key in a token needs python-pkcs11: pip install 'custody[hsm]'") from None
    return pkcs11


@contextmanager
def _session(key: WrappingKey, *, writes: bool = False) -> Iterator[pkcs11.Session]:
    """A logged-in session; what the token refuses becomes one sentence, without the PIN."""
    pkcs11 = _library()
    try:
        library = pkcs11.lib(str(key.module))
    except (pkcs11.PKCS11Error, OSError):
        raise UsageError(f"{key.module} cannot be loaded as a PKCS#11 library") from None
    try:
        # The PIN gets no name here: a traceback that shows local variables does not show it.
        with library.get_token(token_label=key.token).open(user_pin=_read_pin(key.pin_file), rw=writes) as session:
            yield session
    except pkcs11.PKCS11Error as error:
        refusal = _explain(type(error).__name__, key)
        raise refusal from None


def _explain(name: str, key: WrappingKey) -> CustodyError:
    """From the name of a PKCS#11 error; its text is the library's own and is not shown."""
    match name:
        case "NoSuchToken" | "TokenNotPresent" | "TokenNotRecognised" | "SlotIDInvalid":
            return UsageError(f"there is no token '{key.token}' in {key.module}")
        case "MultipleTokensReturned":
            return UsageError(f"{key.module} has several tokens '{key.token}': give each a label of its own")
        case "PinIncorrect" | "PinInvalid" | "PinLenRange":
            return UsageError(f"the token '{key.token}' refuses the PIN in {key.pin_file}")
        case "PinLocked" | "PinExpired" | "UserPinNotInitialized":
            return UsageError(f"the token '{key.token}' takes no PIN any more ({name}): its officer must set a new one")
        case _:
            return UsageError(f"the token '{key.token}' failed with {name}")


def _read_pin(path: Path) -> str:
    try:
        pin = path.read_bytes().rstrip(b"\r\n")
    except OSError as error:
        raise UsageError(f"the PIN file {path} cannot be read: {error.strerror}") from None
    if pin and pin.isascii():  # else decoding would raise an error that carries the PIN
        return pin.decode("ascii")
    del pin
    raise UsageError(f"the PIN file {path} is empty or not plain text")


def _all(session: pkcs11.Session, key: WrappingKey) -> list[Any]:
    pkcs11 = _library()
    wanted = {pkcs11.Attribute.CLASS: pkcs11.ObjectClass.SECRET_KEY, pkcs11.Attribute.LABEL: key.label}
    return list(session.get_objects(wanted))


def _find_safe(session: pkcs11.Session, key: WrappingKey) -> Any:
    found = _all(session, key)
    if not found:
        raise UsageError(f"there is no key '{key.label}' on the token '{key.token}'")
    if len(found) > 1:
        raise UsageError(f"the token '{key.token}' has several keys '{key.label}': give each a label of its own")
    _check(found[0], key)
    return found[0]


def _required() -> dict[Any, Any]:
    """What a wrapping key must be, whoever made it."""
    attribute = _library().Attribute
    return {
        attribute.SENSITIVE: True,
        attribute.EXTRACTABLE: False,
        attribute.WRAP: True,
        attribute.UNWRAP: True,
    }


def _wished() -> dict[Any, Any]:
    """What one made here is besides: good for nothing else, and not to be changed."""
    attribute = _library().Attribute
    uses = (attribute.ENCRYPT, attribute.DECRYPT, attribute.SIGN, attribute.VERIFY, attribute.DERIVE)
    return {attribute.PRIVATE: True, attribute.MODIFIABLE: False} | dict.fromkeys(uses, False)


def _check(found: Any, key: WrappingKey) -> None:
    pkcs11 = _library()
    is_aes = found[pkcs11.Attribute.KEY_TYPE] == pkcs11.KeyType.AES and found.key_length == 8 * KEY_BYTES
    if not is_aes or any(bool(found[attribute]) is not wanted for attribute, wanted in _required().items()):
        raise UsageError(
            f"{key} is not AES-256, sensitive, not extractable, and allowed to wrap and unwrap: make another"
        )


def _passing_through() -> dict[Any, Any]:
    """A data key inside the token: for this session only, and readable, for it is here that records are sealed."""
    attribute = _library().Attribute
    return {attribute.TOKEN: False, attribute.SENSITIVE: False, attribute.EXTRACTABLE: True}


def _mechanism(session: pkcs11.Session) -> Any:
    """CKM_AES_KEY_WRAP_KWP; or, on tokens before PKCS#11 3.0 such as SoftHSM2, the older name of the same RFC 5649."""
    mechanism = _library().Mechanism
    offered = session.token.slot.get_mechanisms()
    for wanted in (mechanism.AES_KEY_WRAP_KWP, mechanism.AES_KEY_WRAP_PAD):
        if wanted in offered:
            return wanted
    raise UsageError(f"the token '{session.token.label}' offers no AES key wrap with padding (RFC 5649)")


def _unwrap(key: WrappingKey, wrapping: Any, wrapped: bytes) -> bytes:
    pkcs11 = _library()
    damaged = f"the data key does not unwrap: it was altered, or {key} is not the one that wrapped it"
    if len(wrapped) != WRAPPED_BYTES:
        raise StoreDamaged(damaged)
    mechanism = _mechanism(wrapping.session)
    # Tokens disagree about the name of this refusal; SoftHSM2 calls it CKR_GENERAL_ERROR.
    refusals = (
        pkcs11.WrappedKeyInvalid, pkcs11.WrappedKeyLenRange, pkcs11.EncryptedDataInvalid, pkcs11.EncryptedDataLenRange,
        pkcs11.GeneralError, pkcs11.FunctionFailed,
    )  # fmt: skip
    try:
        held = wrapping.unwrap_key(
            pkcs11.ObjectClass.SECRET_KEY, pkcs11.KeyType.AES, wrapped, mechanism=mechanism, store=False,
            template=_passing_through(),
        )  # fmt: skip
    except refusals:
        raise StoreDamaged(damaged) from None
    try:
        data_key = bytes(held[pkcs11.Attribute.VALUE])
    finally:
        held.destroy()
    if len(data_key) != KEY_BYTES:
        raise StoreDamaged(damaged)
    return data_key
