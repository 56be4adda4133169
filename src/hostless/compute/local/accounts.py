"""Whom a container runs as: `user[:group]` looked up in the image's own account files.

Pure; the words of the errors and the rules are those of Docker (runc's `libcontainer/user`).
"""

from dataclasses import dataclass


class AccountNotFound(Exception):
    """The message names the user or group in Docker's words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """home: `/` when the account files do not say."""

    uid: int
    gid: int
    groups: tuple[int, ...] = ()
    home: str = "/"


@dataclass(frozen=True, slots=True, kw_only=True)
class _User:
    name: str
    uid: int
    gid: int
    home: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Group:
    name: str
    gid: int
    members: frozenset[str]


_HIGHEST_ID = 2**31 - 1


def find_account(user: str, passwd: str, group: str) -> Account:
    """user: `name`, `uid`, `name:group` or `uid:gid`, empty for root. passwd, group: file texts.

    A number needs no entry; a name does. Raises AccountNotFound.
    """
    wanted, has_group, wanted_group = user.partition(":")
    found = _find_user(wanted or "0", _users_of(passwd))
    if found is None:
        if not wanted.isdecimal():
            raise AccountNotFound(
                f"unable to find user {wanted}: no matching entries in passwd file"
            )
        found = _User(name="", uid=_checked(int(wanted)), gid=0, home="/")
    if has_group and wanted_group:
        gid = _group_id(wanted_group, _groups_of(group))
        return Account(uid=found.uid, gid=gid, home=found.home)
    further = tuple(g.gid for g in _groups_of(group) if found.name and found.name in g.members)
    return Account(uid=found.uid, gid=found.gid, groups=further, home=found.home)


def _find_user(wanted: str, users: list[_User]) -> _User | None:
    for user in users:
        if user.name == wanted or (wanted.isdecimal() and user.uid == int(wanted)):
            return user
    return _User(name="root", uid=0, gid=0, home="/root") if wanted in ("0", "root") else None


def _group_id(wanted: str, groups: list[_Group]) -> int:
    for group in groups:
        if group.name == wanted or (wanted.isdecimal() and group.gid == int(wanted)):
            return group.gid
    if not wanted.isdecimal():
        raise AccountNotFound(f"unable to find group {wanted}: no matching entries in group file")
    return _checked(int(wanted))


def _checked(number: int) -> int:
    if number > _HIGHEST_ID:
        raise AccountNotFound("uids and gids must be in range 0-2147483647")
    return number


def _users_of(passwd: str) -> list[_User]:
    found = []
    for line in passwd.splitlines():
        fields = line.strip().split(":")
        if len(fields) >= 4 and fields[2].isdecimal() and fields[3].isdecimal():
            home = fields[5] if len(fields) > 5 and fields[5] else "/"
            found.append(_User(name=fields[0], uid=int(fields[2]), gid=int(fields[3]), home=home))
    return found


def _groups_of(group: str) -> list[_Group]:
    found = []
    for line in group.splitlines():
        fields = line.strip().split(":")
        if len(fields) >= 3 and fields[2].isdecimal():
            members = frozenset(fields[3].split(",")) if len(fields) > 3 else frozenset[str]()
            found.append(_Group(name=fields[0], gid=int(fields[2]), members=members))
    return found
