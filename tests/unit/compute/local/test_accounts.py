"""Whom a container runs as."""

import pytest

from hostless.compute.local.accounts import Account, AccountNotFound, find_account

PASSWD = """root:x:0:0:root:/root:/bin/sh
web:x:1000:1001:Web:/home/web:/bin/sh
broken line
nohome:x:1002:1002::
"""
GROUP = """root:x:0:
web:x:1001:
disk:x:6:web,nohome
empty:x:9
"""


@pytest.mark.parametrize(
    ("user", "wanted"),
    [
        ("", Account(uid=0, gid=0, home="/root")),
        ("root", Account(uid=0, gid=0, home="/root")),
        ("web", Account(uid=1000, gid=1001, groups=(6,), home="/home/web")),
        ("1000", Account(uid=1000, gid=1001, groups=(6,), home="/home/web")),
        ("web:disk", Account(uid=1000, gid=6, home="/home/web")),
        ("1000:0", Account(uid=1000, gid=0, home="/home/web")),
        ("4242", Account(uid=4242, gid=0)),
        ("4242:4343", Account(uid=4242, gid=4343)),
        ("nohome", Account(uid=1002, gid=1002, groups=(6,))),
        (":disk", Account(uid=0, gid=6, home="/root")),
    ],
)
def test_names_and_numbers_are_looked_up_as_docker_does(user: str, wanted: Account) -> None:
    assert find_account(user, PASSWD, GROUP) == wanted


def test_root_needs_no_files() -> None:
    assert find_account("", "", "") == Account(uid=0, gid=0, home="/root")
    assert find_account("root", "", "") == Account(uid=0, gid=0, home="/root")


@pytest.mark.parametrize(
    ("user", "sentence"),
    [
        ("nobody-here", "unable to find user nobody-here: no matching entries in passwd file"),
        ("web:nogroup", "unable to find group nogroup: no matching entries in group file"),
        ("99999999999", "uids and gids must be in range 0-2147483647"),
        ("1:99999999999", "uids and gids must be in range 0-2147483647"),
    ],
)
def test_a_name_that_is_not_there_is_told(user: str, sentence: str) -> None:
    with pytest.raises(AccountNotFound, match=sentence):
        find_account(user, PASSWD, GROUP)
