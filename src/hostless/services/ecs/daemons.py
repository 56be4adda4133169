"""Managed daemons: they run on managed instances, of which this account has none."""

from dataclasses import dataclass
from typing import Any

from hostless.domain.errors import ApiError, ClientError, InvalidParameter
from hostless.services.ecs.errors import UnsupportedFeature
from hostless.services.ecs.listing import check_empty_page
from hostless.services.ecs.references import need_cluster
from hostless.services.ecs.views import failure_view
from hostless.services.operation import Answer, Call, Operation
from hostless.services.refusing import refusing
from hostless.store.store import Store

_WHY = "daemons run on managed instances"
_NONE = "there are no daemons"
_ADVICE = (
    "Daemons run on managed instances, which are not supported here. "
    "Put the container into the task definitions that need it."
)
_MOST_DESCRIBED = 20


class DaemonNotFound(ApiError):
    code = "DaemonNotFoundException"

    def __init__(self) -> None:
        super().__init__("The specified daemon wasn't found.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ListDaemons:
    cluster_arn: str | None = None
    capacity_provider_arns: tuple[str, ...] = ()
    max_results: int | None = None
    next_token: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListDaemonDeployments:
    daemon_arn: str
    status: tuple[str, ...] = ()
    created_at: dict[str, object] | None = None
    max_results: int | None = None
    next_token: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListDaemonTaskDefinitions:
    family_prefix: str | None = None
    family: str | None = None
    revision: str | None = None
    status: str | None = None
    sort: str | None = None
    next_token: str | None = None
    max_results: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribeDaemonDeployments:
    daemon_deployment_arns: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribeDaemonRevisions:
    daemon_revision_arns: tuple[str, ...]


class Daemons:
    """The listings, which are empty, and the descriptions, which miss everything."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def list_daemons(self, request: ListDaemons, call: Call) -> Answer:
        need_cluster(self._store, request.cluster_arn, call.realm)
        check_empty_page("ListDaemons", request.max_results, request.next_token)
        return {"daemonSummariesList": []}

    async def list_deployments(self, request: ListDaemonDeployments, call: Call) -> Answer:
        check_empty_page("ListDaemonDeployments", request.max_results, request.next_token)
        return {"daemonDeployments": []}

    async def list_definitions(self, request: ListDaemonTaskDefinitions, call: Call) -> Answer:
        check_empty_page("ListDaemonTaskDefinitions", request.max_results, request.next_token)
        return {"daemonTaskDefinitions": []}

    async def describe_deployments(self, request: DescribeDaemonDeployments, call: Call) -> Answer:
        failures = _missing("daemonDeploymentArns", request.daemon_deployment_arns)
        return {"daemonDeployments": [], "failures": failures}

    async def describe_revisions(self, request: DescribeDaemonRevisions, call: Call) -> Answer:
        failures = _missing("daemonRevisionArns", request.daemon_revision_arns)
        return {"daemonRevisions": [], "failures": failures}


def _missing(member: str, arns: tuple[str, ...]) -> list[object]:
    if not 1 <= len(arns) <= _MOST_DESCRIBED:
        raise InvalidParameter(f"{member} must have between 1 and {_MOST_DESCRIBED} items.")
    if not all(arn.startswith("arn:") for arn in arns):
        raise InvalidParameter("Invalid arn syntax.")
    return [failure_view(arn, "MISSING") for arn in dict.fromkeys(arns)]


def daemon_operations(store: Store) -> tuple[Operation[Any], ...]:
    noun = Daemons(store)
    return (
        Operation(name="ListDaemons", request=ListDaemons, perform=noun.list_daemons),
        Operation(
            name="ListDaemonDeployments",
            request=ListDaemonDeployments,
            perform=noun.list_deployments,
        ),
        Operation(
            name="ListDaemonTaskDefinitions",
            request=ListDaemonTaskDefinitions,
            perform=noun.list_definitions,
        ),
        Operation(
            name="DescribeDaemonDeployments",
            request=DescribeDaemonDeployments,
            perform=noun.describe_deployments,
        ),
        Operation(
            name="DescribeDaemonRevisions",
            request=DescribeDaemonRevisions,
            perform=noun.describe_revisions,
        ),
        refusing("CreateDaemon", lambda: UnsupportedFeature(_ADVICE), _WHY),
        refusing("UpdateDaemon", DaemonNotFound, _NONE),
        refusing("DeleteDaemon", DaemonNotFound, _NONE),
        refusing("DescribeDaemon", DaemonNotFound, _NONE),
        refusing("RegisterDaemonTaskDefinition", lambda: ClientError(_ADVICE), _WHY),
        refusing("DescribeDaemonTaskDefinition", _no_definition, _NONE),
        refusing("DeleteDaemonTaskDefinition", _no_definition, _NONE),
    )


def _no_definition() -> ClientError:
    return ClientError("The specified daemon task definition wasn't found.")
