"""A wrapping key in a real PKCS#11 token (SoftHSM2), and what happens when anything about it is wrong."""

import os
import pickle
import subprocess
import sys
import traceback
from dataclasses import replace
from itertools import count

import pytest
from cryptography.hazmat.primitives.keywrap import aes_key_unwrap_with_padding, aes_key_wrap_with_padding

from custody.errors import StoreDamaged, UsageError
from custody.host import HardwareCipher, WrappingKey
from custody.host.hardware import WRAPPED_BYTES, create_wrapping_key, destroy_wrapping_key, wrap_new_data_key
from custody.store import NodeStore
from tests.builders import fresh
from tests.host.softhsm import PIN, the_module

SECRET, ROW = fresh("a secret share"), b"row 1"
LABELS = map("key {}".format, count())


@pytest.fixture(scope="module")
def pin_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("pin") / "pin"
    path.write_text(f"{PIN}\n")
    return path


@pytest.fixture(scope="module")
def module():
    return the_module()


@pytest.fixture
def absent(module, pin_file):
    """A key that nobody made yet."""
    return WrappingKey(module=module, token="custodian", label=next(LABELS), pin_file=pin_file)


@pytest.fixture
def key(absent):
    create_wrapping_key(absent)
    return absent


@pytest.fixture
def wrapped(key):
    return wrap_new_data_key(key)


def refusal_of(action, kind=UsageError):
    """The one sentence; the PIN is in no message and no local variable of ours along the whole chain of errors."""
    with pytest.raises(kind) as caught:
        action()
    error = caught.value
    while error is not None:
        frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__) if "/custody/host/" in where(frame)]
        variables = [value for frame in frames for value in frame.f_locals.values()]
        told = [str(error), repr(error), *(repr(value) for value in variables if isinstance(value, str | bytes))]
        assert not any(secret in text for secret in (PIN, "wrong-pin") for text in told)
        error = error.__cause__ or error.__context__
    assert "\n" not in str(caught.value)
    return str(caught.value)


def where(frame):
    return frame.f_code.co_filename


def on_the_token(key, use):
    """What somebody else does on the same token, with the library itself."""
    import pkcs11

    token = pkcs11.lib(str(key.module)).get_token(token_label=key.token)
    with token.open(user_pin=PIN, rw=True) as session:
        return use(pkcs11, session)


def put_key(key, value, **attributes):
    """A key of known value under the label of `key`; as safe as one can be that was once outside."""

    def put(pkcs11, session):
        names = {"extractable": False, "sensitive": True, "wrap": True, "unwrap": True} | attributes
        session.create_object(
            {
                pkcs11.Attribute.CLASS: pkcs11.ObjectClass.SECRET_KEY,
                pkcs11.Attribute.KEY_TYPE: pkcs11.KeyType.AES,
                pkcs11.Attribute.LABEL: key.label,
                pkcs11.Attribute.TOKEN: True,
                pkcs11.Attribute.PRIVATE: True,
                pkcs11.Attribute.VALUE: value,
            }
            | {getattr(pkcs11.Attribute, name.upper()): wanted for name, wanted in names.items()}
        )

    on_the_token(key, put)


class TestGivenAFreshWrappingKey:
    def test_when_the_token_is_asked_for_its_value_then_it_never_gives_it(self, key):
        def ask(pkcs11, session):
            (found,) = session.get_objects({pkcs11.Attribute.LABEL: key.label})
            with pytest.raises(pkcs11.AttributeSensitive):
                found[pkcs11.Attribute.VALUE]
            for attribute in ("SENSITIVE", "ALWAYS_SENSITIVE", "NEVER_EXTRACTABLE", "LOCAL", "PRIVATE", "TOKEN"):
                assert found[getattr(pkcs11.Attribute, attribute)] is True, attribute
            for attribute in ("EXTRACTABLE", "ENCRYPT", "DECRYPT", "SIGN", "DERIVE", "MODIFIABLE"):
                assert found[getattr(pkcs11.Attribute, attribute)] is False, attribute
            with pytest.raises(pkcs11.PKCS11Error):
                found[pkcs11.Attribute.EXTRACTABLE] = True
            other = session.generate_key(pkcs11.KeyType.AES, 256)
            with pytest.raises(pkcs11.PKCS11Error):
                other.wrap_key(found, mechanism=pkcs11.Mechanism.AES_KEY_WRAP_PAD)

        on_the_token(key, ask)

    def test_when_made_again_then_it_is_refused_and_the_first_still_unwraps(self, key, wrapped):
        sealed = HardwareCipher.unwrap(key, wrapped).seal(SECRET, associated=ROW)
        assert refusal_of(lambda: create_wrapping_key(key)).endswith("exists already; it was left as it is")
        assert HardwareCipher.unwrap(key, wrapped).open(sealed, associated=ROW) == SECRET

    def test_when_two_data_keys_are_wrapped_then_they_differ_and_nothing_stays_on_the_token(self, key, wrapped):
        again = wrap_new_data_key(key)
        assert {len(wrapped), len(again)} == {WRAPPED_BYTES}
        sealed = HardwareCipher.unwrap(key, wrapped).seal(SECRET, associated=ROW)
        with pytest.raises(StoreDamaged, match="another data key, or the store was altered"):
            HardwareCipher.unwrap(key, again).open(sealed, associated=ROW)
        left = on_the_token(key, lambda pkcs11, session: [each.label for each in session.get_objects()])
        assert "" not in left
        assert left.count(key.label) == 1


class TestGivenASealedRecord:
    def test_when_opened_under_the_same_data_key_and_row_then_the_secret_comes_out(self, key, wrapped):
        sealed = HardwareCipher.unwrap(key, wrapped).seal(SECRET, associated=ROW)
        assert HardwareCipher.unwrap(key, wrapped).open(sealed, associated=ROW) == SECRET

    def test_when_the_row_is_another_or_a_bit_is_flipped_or_lost_then_it_stays_closed(self, key, wrapped):
        cipher = HardwareCipher.unwrap(key, wrapped)
        sealed = cipher.seal(SECRET, associated=ROW)
        with pytest.raises(StoreDamaged):
            cipher.open(sealed, associated=b"row 2")
        for at in range(len(sealed)):
            for damaged in (sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :], sealed[:at]):
                with pytest.raises(StoreDamaged):
                    cipher.open(damaged, associated=ROW)

    def test_when_opened_by_another_process_then_the_token_gives_it_the_same_data_key(self, key, wrapped):
        sealed = HardwareCipher.unwrap(key, wrapped).seal(SECRET, associated=ROW)
        code = (
            "import sys; from pathlib import Path; from custody.host import HardwareCipher, WrappingKey\n"
            "module, token, label, pin_file, wrapped, sealed, row = sys.argv[1:]\n"
            "key = WrappingKey(module=Path(module), token=token, label=label, pin_file=Path(pin_file))\n"
            "cipher = HardwareCipher.unwrap(key, bytes.fromhex(wrapped))\n"
            "print(cipher.open(bytes.fromhex(sealed), associated=bytes.fromhex(row)).hex())"
        )
        arguments = [str(key.module), key.token, key.label, str(key.pin_file), wrapped.hex(), sealed.hex(), ROW.hex()]
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
        found = subprocess.run(
            [sys.executable, "-c", code, *arguments], env=environment, capture_output=True, text=True, check=True
        )
        assert found.stdout.strip() == SECRET.hex()

    def test_when_a_node_s_store_is_kept_under_it_then_the_seed_comes_back(self, key, wrapped, tmp_path):
        NodeStore.create(tmp_path / "node", lambda *, salt: HardwareCipher.unwrap(key, wrapped), seed=SECRET)
        store = NodeStore.open(tmp_path / "node", lambda *, salt: HardwareCipher.unwrap(key, wrapped))
        try:
            assert store.identity_seed() == SECRET
        finally:
            store.close()

    def test_when_the_cipher_is_shown_or_pickled_then_the_key_is_not(self, key, wrapped):
        cipher = HardwareCipher.unwrap(key, wrapped)
        assert repr(cipher) == "HardwareCipher(...)"
        with pytest.raises(TypeError):
            pickle.dumps(cipher)


class TestGivenAKeyOfKnownValue:
    """Wrapped in the token and unwrapped by another implementation of RFC 5649, and the other way."""

    def test_when_another_implementation_unwraps_then_it_is_the_key_that_seals(self, absent):
        value = fresh("wrapping key")
        put_key(absent, value)
        wrapped = wrap_new_data_key(absent)
        data_key = aes_key_unwrap_with_padding(value, wrapped)
        assert len(data_key) == 32
        assert aes_key_wrap_with_padding(value, data_key) == wrapped

    def test_when_another_implementation_wrapped_then_the_token_unwraps(self, absent):
        value, data_key = fresh("wrapping key"), fresh("data key")
        put_key(absent, value)
        wrapped = aes_key_wrap_with_padding(value, data_key)
        by_token = HardwareCipher.unwrap(absent, wrapped).seal(SECRET, associated=ROW)
        again = HardwareCipher(data_key, wrong_key="another data key")
        assert again.open(by_token, associated=ROW) == SECRET

    @pytest.mark.parametrize("length", [16, 24, 25, 31, 33, 40])
    def test_when_what_was_wrapped_is_no_data_key_then_it_is_damaged(self, absent, length):
        value = fresh("wrapping key")
        put_key(absent, value)
        wrapped = aes_key_wrap_with_padding(value, bytes(length))
        assert "does not unwrap" in refusal_of(lambda: HardwareCipher.unwrap(absent, wrapped), StoreDamaged)


class TestGivenAnAlteredWrappedKey:
    def test_when_any_byte_is_altered_then_it_does_not_unwrap(self, key, wrapped):
        for at in range(len(wrapped)):
            altered = wrapped[:at] + bytes([wrapped[at] ^ 1]) + wrapped[at + 1 :]
            said = refusal_of(lambda altered=altered: HardwareCipher.unwrap(key, altered), StoreDamaged)
            assert said.startswith("the data key does not unwrap: it was altered, or the wrapping key")

    @pytest.mark.parametrize("change", [lambda w: b"", lambda w: w[:-1], lambda w: w[:32], lambda w: w + bytes(8)])
    def test_when_it_is_cut_or_lengthened_then_it_does_not_unwrap(self, key, wrapped, change):
        assert "does not unwrap" in refusal_of(lambda: HardwareCipher.unwrap(key, change(wrapped)), StoreDamaged)

    def test_when_another_wrapping_key_has_its_place_then_it_does_not_unwrap(self, key, wrapped):
        destroy_wrapping_key(key)
        create_wrapping_key(key)
        said = refusal_of(lambda: HardwareCipher.unwrap(key, wrapped), StoreDamaged)
        assert said.endswith("is not the one that wrapped it")


class TestGivenADestroyedWrappingKey:
    def test_when_records_are_to_be_opened_then_nothing_unwraps_their_key(self, key, wrapped):
        destroy_wrapping_key(key)
        expected = f"there is no key '{key.label}' on the token 'custodian'"
        assert refusal_of(lambda: HardwareCipher.unwrap(key, wrapped)) == expected
        assert refusal_of(lambda: wrap_new_data_key(key)) == expected
        assert refusal_of(lambda: destroy_wrapping_key(key)) == expected
        assert on_the_token(key, lambda p, s: list(s.get_objects({p.Attribute.LABEL: key.label}))) == []

    def test_when_one_is_destroyed_then_the_others_are_not(self, key, wrapped, pin_file):
        other = replace(key, label=next(LABELS))
        create_wrapping_key(other)
        destroy_wrapping_key(other)
        HardwareCipher.unwrap(key, wrapped)


EVERY_USE = pytest.mark.parametrize(
    "use",
    [
        pytest.param(create_wrapping_key, id="create"),
        pytest.param(wrap_new_data_key, id="wrap"),
        pytest.param(lambda key: HardwareCipher.unwrap(key, bytes(WRAPPED_BYTES)), id="unwrap"),
        pytest.param(destroy_wrapping_key, id="destroy"),
    ],
)


@EVERY_USE
class TestGivenWrongSettings:
    @pytest.mark.parametrize("wrong", ["wrong-pin", "1", "wrong-pin" * 60, f"{PIN} ", PIN.upper()])
    def test_when_the_pin_is_wrong_then_the_token_and_the_file_are_named(self, use, wrong, key, tmp_path):
        pin_file = tmp_path / "pin"
        pin_file.write_text(wrong)
        said = refusal_of(lambda: use(replace(key, pin_file=pin_file)))
        assert said == f"the token 'custodian' refuses the PIN in {pin_file}"
        wrap_new_data_key(key)  # the right one still serves

    @pytest.mark.parametrize("content", [b"", b"\n", b"\xffwrong-pin", "wrong-pinß".encode()])
    def test_when_the_pin_file_holds_no_pin_then_it_says_so(self, use, content, key, tmp_path):
        pin_file = tmp_path / "pin"
        pin_file.write_bytes(content)
        said = refusal_of(lambda: use(replace(key, pin_file=pin_file)))
        assert said == f"the PIN file {pin_file} is empty or not plain text"

    def test_when_there_is_no_pin_file_then_it_says_why(self, use, key, tmp_path):
        missing = tmp_path / "pin"
        said = refusal_of(lambda: use(replace(key, pin_file=missing)))
        assert said == f"the PIN file {missing} cannot be read: No such file or directory"

    def test_when_there_is_no_such_token_then_it_is_named(self, use, key):
        said = refusal_of(lambda: use(replace(key, token="nobody's")))
        assert said == f"there is no token 'nobody's' in {key.module}"

    def test_when_two_tokens_have_the_label_then_neither_is_taken(self, use, key):
        assert "several tokens 'twin'" in refusal_of(lambda: use(replace(key, token="twin")))

    def test_when_the_module_is_none_then_it_is_named(self, use, key, tmp_path):
        not_a_library = tmp_path / "module.so"
        not_a_library.write_text("not a library")
        for module in (not_a_library, tmp_path / "nothing.so"):
            said = refusal_of(lambda module=module: use(replace(key, module=module)))
            assert said == f"{module} cannot be loaded as a PKCS#11 library"


class TestGivenAKeyThatIsNoWrappingKey:
    @pytest.mark.parametrize(
        ("length", "attributes"),
        [
            pytest.param(32, {"extractable": True}, id="extractable"),
            pytest.param(32, {"sensitive": False}, id="readable"),
            pytest.param(32, {"wrap": False}, id="wraps-not"),
            pytest.param(32, {"unwrap": False}, id="unwraps-not"),
            pytest.param(16, {}, id="128-bits"),
        ],
    )
    def test_when_it_is_to_wrap_or_unwrap_then_it_is_refused(self, absent, length, attributes):
        put_key(absent, fresh("wrapping key")[:length], **attributes)
        for use in (wrap_new_data_key, lambda key: HardwareCipher.unwrap(key, bytes(WRAPPED_BYTES))):
            assert "is not AES-256, sensitive, not extractable" in refusal_of(lambda use=use: use(absent))

    def test_when_two_keys_have_the_label_then_neither_is_taken_and_both_are_destroyed(self, key, wrapped):
        put_key(key, fresh("another"))
        assert "several keys" in refusal_of(lambda: HardwareCipher.unwrap(key, wrapped))
        destroy_wrapping_key(key)
        assert "there is no key" in refusal_of(lambda: HardwareCipher.unwrap(key, wrapped))


class TestGivenNoPkcs11Package:
    def test_when_the_host_is_imported_then_nothing_is_missing_and_the_first_use_says_what_is(self, tmp_path):
        """In a process where the import fails as it does on a machine without the extra."""
        code = (
            "import sys; sys.modules['pkcs11'] = None\n"
            "from pathlib import Path; from custody.errors import UsageError\n"
            "from custody.host import HardwareCipher, WrappingKey\n"
            "key = WrappingKey(module=Path('/m'), token='t', label='l', pin_file=Path('/p'))\n"
            "try: HardwareCipher.unwrap(key, bytes(40))\n"
            "except UsageError as error: print(error)"
        )
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
        found = subprocess.run(
            [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
        )
        assert found.stdout.strip() == "a wrapping key in a token needs python-pkcs11: pip install 'custody[hsm]'"
