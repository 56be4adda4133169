"""The admin key pair on disk."""

import random
import re
from pathlib import Path

from hostless.domain.arns import Realm
from hostless.gateway.keys import (
    KEYS_FILE,
    AdminKey,
    Keys,
    find_admin_key,
    load_or_make_admin_key,
)
from hostless.kit.ids import Ids, system_ids


def test_a_key_has_awss_form(tmp_path: Path) -> None:
    key = load_or_make_admin_key(tmp_path / "state", system_ids())
    assert re.fullmatch("AKIA[A-Z2-7]{16}", key.access_key_id)
    assert re.fullmatch("[A-Za-z0-9+/]{40}", key.secret_access_key)


def test_a_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    first = load_or_make_admin_key(tmp_path, Ids(random.Random(1)))
    assert load_or_make_admin_key(tmp_path, Ids(random.Random(2))) == first
    assert find_admin_key(tmp_path) == first
    assert (tmp_path / KEYS_FILE).stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [KEYS_FILE]


def test_a_state_folder_without_a_key_has_none(tmp_path: Path) -> None:
    assert find_admin_key(tmp_path) is None


def test_only_the_known_key_has_a_secret() -> None:
    keys = Keys(AdminKey(access_key_id="AKIA1", secret_access_key="s"), Realm())
    assert keys.find_secret("AKIA1") == "s"
    assert keys.find_secret("AKIA2") is None
    assert keys.find_secret("\u00e9") is None
    assert keys.principal_arn == "arn:aws:iam::000000000000:user/admin"
