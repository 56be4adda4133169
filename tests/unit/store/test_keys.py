"""The key pair of an engine."""

import random
import stat
from pathlib import Path

import pytest

from hostless.kit.ids import Ids
from hostless.store.keys import KeysUnreadable, load_or_make


def test_keys_are_made_once_and_stay(tmp_path: Path) -> None:
    path = tmp_path / "state" / "keys.json"
    first = load_or_make(path, Ids(random.Random(1)))
    assert load_or_make(path, Ids(random.Random(2))) == first
    assert (len(first.access_key_id), len(first.secret_access_key)) == (20, 40)


def test_only_the_owner_can_read_the_keys(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    load_or_make(path, Ids(random.Random(1)))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["keys.json"]


def test_a_damaged_file_is_named_and_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    path.write_text('{"access_key_id": "A')
    with pytest.raises(KeysUnreadable, match=r"keys\.json is damaged"):
        load_or_make(path, Ids(random.Random(1)))
    assert path.read_text() == '{"access_key_id": "A'
