"""hsm.toml: what is written is what is read, whatever a token or a key is called."""

from pathlib import Path

import pytest

from custody.config.hardware import HSM_FILE, load_wrapping_key, wrapping_key_of, write_wrapping_key
from custody.errors import UsageError
from custody.host import WrappingKey


@pytest.mark.parametrize("label", ["plain", 'with "quotes"', "back\\slash", "tab\tand\nline", "Schlüssel", "🔑", "'"])
def test_when_written_then_the_same_key_is_read(tmp_path, label):
    key = WrappingKey(module=tmp_path / "libp11.so", token=label, label=label[::-1], pin_file=tmp_path / "pin")
    write_wrapping_key(tmp_path, key)
    assert load_wrapping_key(tmp_path) == key
    with pytest.raises(UsageError, match="exists already"):
        write_wrapping_key(tmp_path, key)
    assert load_wrapping_key(tmp_path) == key


def test_when_paths_are_relative_then_they_are_found_from_anywhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_wrapping_key(tmp_path, WrappingKey(module=Path("a.so"), token="t", label="k", pin_file=Path("pin")))
    found = load_wrapping_key(tmp_path)
    assert found is not None
    assert (found.module, found.pin_file) == (tmp_path / "a.so", tmp_path / "pin")


def test_when_there_is_no_file_then_no_key_is_named(tmp_path):
    assert load_wrapping_key(tmp_path) is None
    assert wrapping_key_of(None, None, None, None) is None


@pytest.mark.parametrize("text", ["", 'module = "m"\n', 'module = 1\ntoken = "t"\nkey = "k"\npin_file = "p"\n', "["])
def test_when_malformed_then_one_sentence_names_the_file(tmp_path, text):
    (tmp_path / HSM_FILE).write_text(text)
    with pytest.raises(UsageError, match=r"hsm\.toml"):
        load_wrapping_key(tmp_path)
