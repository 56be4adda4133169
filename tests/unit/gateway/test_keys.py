"""Unit tests of the keys that requests may be signed with."""

from hostless.domain.arns import Realm
from hostless.gateway.keys import Keys
from hostless.store.keys import KeyPair


def test_only_the_key_that_was_given_out_is_known() -> None:
    keys = Keys(KeyPair(access_key_id="AKIA1", secret_access_key="s"), Realm())
    assert keys.find_secret("AKIA1") == "s"
    assert keys.find_secret("AKIA2") is None
    assert keys.principal_arn == "arn:aws:iam::000000000000:user/admin"
