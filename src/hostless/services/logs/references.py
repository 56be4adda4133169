"""How callers name groups and streams: by name, identifier or ARN."""

from hostless.domain.arns import Realm
from hostless.domain.errors import InvalidParameter
from hostless.domain.logs import LogGroup, LogStream, stream_key
from hostless.services.logs.errors import group_not_found, stream_not_found
from hostless.store.kinds import LOG_GROUPS, LOG_STREAMS
from hostless.store.store import Store


def need_group(store: Store, name: str) -> LogGroup:
    """Raises ResourceNotFound."""
    group = store.get(LOG_GROUPS, name)
    if group is None:
        raise group_not_found()
    return group


def need_stream(store: Store, group: str, name: str) -> LogStream:
    """Raises ResourceNotFound, about the group first."""
    need_group(store, group)
    stream = store.get(LOG_STREAMS, stream_key(group, name))
    if stream is None:
        raise stream_not_found()
    return stream


def group_name_of(name: str | None, identifier: str | None, realm: Realm) -> str:
    """From the two members of which a request must have one. Raises InvalidParameter."""
    if name is not None and identifier is not None:
        raise InvalidParameter(
            "Only one of logGroupName and logGroupIdentifier can be specified in the request."
        )
    if name is not None:
        return name
    if identifier is None:
        raise InvalidParameter(
            "Either logGroupName or logGroupIdentifier must be specified in the request."
        )
    return name_in(identifier, realm)


def name_in(identifier: str, realm: Realm) -> str:
    """The group that a name or an ARN means. Raises ResourceNotFound for another realm's."""
    name = find_name_in(identifier, realm)
    if name is None:
        raise group_not_found()
    return name


def find_name_in(identifier: str, realm: Realm) -> str | None:
    """The group that a name or an ARN means; None for an ARN of another realm."""
    if not identifier.startswith("arn:"):
        return identifier
    prefix = realm.log_group_arn("")
    if not identifier.startswith(prefix):
        return None
    return identifier.removeprefix(prefix).removesuffix(":*")
