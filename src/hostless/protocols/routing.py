"""Which operation of which service a request is for: by target prefix, signing name or path.

Never by guessing: a host name is not looked at (clients prefix it as they like), and a path only
within the service that the signature names.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.model import OperationModel

from hostless.domain.errors import ApiError
from hostless.protocols.catalogue import ServiceDescription
from hostless.protocols.faults import UnknownOperation, UnknownService
from hostless.protocols.form_parsing import FormTree, form_tree
from hostless.protocols.messages import WireRequest
from hostless.protocols.paths import PathTable
from hostless.protocols.protocol import WireProtocol
from hostless.protocols.query_protocol import QueryProtocol
from hostless.protocols.rest_protocol import RestProtocol
from hostless.protocols.structured_protocol import StructuredProtocol

_FORM = "application/x-www-form-urlencoded"


class SpokenService:
    """A service with the protocols that it speaks, each made when first spoken."""

    def __init__(self, description: ServiceDescription) -> None:
        self.description = description
        self._protocols: dict[str, WireProtocol] = {}
        self._paths: PathTable | None = None

    @property
    def name(self) -> str:
        return self.description.name

    def speaks(self, protocol: str) -> bool:
        return protocol in self.description.protocols

    def protocol(self, name: str) -> WireProtocol:
        """One of the service's protocols by botocore's name."""
        if name not in self._protocols:
            self._protocols[name] = _make_protocol(self.description, name)
        return self._protocols[name]

    @property
    def paths(self) -> PathTable:
        if self._paths is None:
            self._paths = PathTable(self.description.model)
        return self._paths


def _make_protocol(service: ServiceDescription, name: str) -> WireProtocol:
    match name:
        case "json" | "smithy-rpc-v2-cbor":
            return StructuredProtocol(service, cbor=name != "json")
        case "query" | "ec2":
            return QueryProtocol(service, ec2=name == "ec2")
        case "rest-json" | "rest-xml":
            return RestProtocol(service, xml=name == "rest-xml")
    raise ValueError(f"no protocol {name!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """found: what was read on the way (a form's tree, a path's labels)."""

    service: SpokenService
    protocol: WireProtocol
    operation: OperationModel
    found: Mapping[str, Any] = field(default_factory=dict)


class NoRoute(Exception):
    """A request that leads nowhere: what to answer, and how, as far as that can be told.

    protocol: None when not even the service is known; `protocol_name` is botocore's name anyway.
    """

    def __init__(self, error: ApiError, protocol: WireProtocol | None, protocol_name: str) -> None:
        super().__init__(error.message)
        self.error = error
        self.protocol = protocol
        self.protocol_name = protocol_name


class Router:
    """The services that are offered, by the names that requests use for them."""

    def __init__(self, descriptions: Iterable[ServiceDescription]) -> None:
        self._services = tuple(SpokenService(description) for description in descriptions)
        self._by_target: dict[str, SpokenService] = {}
        self._by_signing_name: dict[str, list[SpokenService]] = {}
        for service in self._services:
            prefix = service.description.target_prefix
            if prefix is not None:
                self._by_target[prefix] = service
            self._by_signing_name.setdefault(service.description.signing_name, []).append(service)

    @property
    def services(self) -> tuple[SpokenService, ...]:
        return self._services

    def resolve(self, request: WireRequest, signing_name: str | None) -> Route:
        """signing_name: the service in the signature's scope, or None. Raises NoRoute."""
        target = request.headers.get("x-amz-target")
        if target is not None:
            return self._by_target_header(target, signing_name)
        if request.headers.get("smithy-protocol") == "rpc-v2-cbor":
            return self._by_cbor_path(request.path, signing_name)
        form = _form_of(request)
        if form is not None:
            return self._by_form(form, signing_name)
        return self._by_path(request, signing_name)

    def _by_target_header(self, target: str, signing_name: str | None) -> Route:
        prefix, _, name = target.rpartition(".")
        service = self._by_target.get(prefix)
        if service is None or not service.speaks("json"):
            raise NoRoute(self._unknown_service(signing_name or prefix), None, "json")
        return _route(service, "json", name)

    def _by_cbor_path(self, path: str, signing_name: str | None) -> Route:
        parts = path.split("/")
        is_rpc = len(parts) == 5 and parts[1] == "service" and parts[3] == "operation"
        service = self._by_target.get(parts[2]) if is_rpc else None
        if service is None or not service.speaks("smithy-rpc-v2-cbor"):
            raise NoRoute(self._unknown_service(signing_name or path), None, "smithy-rpc-v2-cbor")
        return _route(service, "smithy-rpc-v2-cbor", parts[4])

    def _by_form(self, form: FormTree, signing_name: str | None) -> Route:
        version, action = form.get("Version"), form.get("Action")
        candidates = [
            (service, protocol)
            for service in self._by_signing_name.get(signing_name or "", ())
            for protocol in service.description.protocols
            if protocol in ("query", "ec2")
        ]
        exact = [pair for pair in candidates if pair[0].description.api_version == version]
        chosen = (exact or candidates)[:1]
        if not chosen:
            raise NoRoute(self._unknown_service(signing_name), None, "query")
        service, protocol = chosen[0]
        if len(candidates) > 1 and not exact:
            error = UnknownOperation(
                f"Could not find operation {_text(action)} for version {_text(version)}",
                code="InvalidAction",
            )
            raise NoRoute(error, service.protocol(protocol), protocol)
        return _route(service, protocol, _text(action), form)

    def _by_path(self, request: WireRequest, signing_name: str | None) -> Route:
        candidates = self._by_signing_name.get(signing_name or "", ())
        spoken = [
            (service, protocol)
            for service in candidates
            for protocol in service.description.protocols
            if protocol.startswith("rest-")
        ]
        for service, protocol in spoken:
            match = service.paths.find(request)
            if match is not None:
                return _route(service, protocol, match.operation_name, match.labels)
        if spoken:
            service, protocol = spoken[0]
            error = UnknownOperation(
                f"{service.name} has no operation at {request.method} {request.path}", status=404
            )
            raise NoRoute(error, service.protocol(protocol), protocol)
        if candidates:
            service = candidates[0]
            protocol = service.description.protocols[0]
            error = UnknownOperation(
                f"{request.method} {request.path} names no operation of {service.name}"
            )
            raise NoRoute(error, service.protocol(protocol), protocol)
        raise NoRoute(self._unknown_service(signing_name), None, _likely_protocol(signing_name))

    def _unknown_service(self, name: str | None) -> UnknownService:
        offered = ", ".join(sorted(service.name for service in self._services))
        if name is None:
            sentence = "The request is not signed, so it names no service."
        else:
            sentence = f"hostless does not offer the service {name[:100]!r}."
        return UnknownService(f"{sentence} It offers: {offered}.")


def _route(
    service: SpokenService, protocol: str, name: str, found: Mapping[str, Any] | None = None
) -> Route:
    spoken = service.protocol(protocol)
    operation = service.description.find_operation(name)
    if operation is None:
        raise NoRoute(_no_operation(service.name, protocol, name), spoken, protocol)
    return Route(service=service, protocol=spoken, operation=operation, found=found or {})


def _no_operation(service: str, protocol: str, name: str) -> UnknownOperation:
    shown = name[:100]
    if protocol == "ec2":
        return UnknownOperation(
            f"The action '{shown}' is not valid for this web service.", code="InvalidAction"
        )
    if protocol == "query":
        return UnknownOperation(
            f"Could not find operation {shown} for {service}", code="InvalidAction"
        )
    return UnknownOperation(f"Unknown operation: {service} has no operation {shown!r}.")


def _form_of(request: WireRequest) -> FormTree | None:
    if request.headers.get("content-type", "").startswith(_FORM):
        return form_tree(request.body.decode("latin-1"))
    if request.method == "GET" and "Action=" in request.query:
        return form_tree(request.query)
    return None


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _likely_protocol(signing_name: str | None) -> str:
    return "rest-xml" if signing_name in ("s3", "s3express", "route53", "cloudfront") else "json"
