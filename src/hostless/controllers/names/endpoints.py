"""The names of an interface endpoint, and the addresses that its VPC finds under them: pure.

An endpoint has names of its own, and takes over the service's public name where private DNS is on
(PrivateLink Guide, "Access an AWS service using an interface VPC endpoint"). A public name that is
a wildcard (`*.dkr.ecr`) is not taken over: there is no zone of that kind.
"""

from collections.abc import Iterable

from hostless.domain.arns import Realm
from hostless.domain.endpoint_services import EndpointService, find_service, own_names_of
from hostless.domain.network import NetworkInterface
from hostless.domain.private_names import AnswerZone, RecordSet
from hostless.domain.vpc_endpoints import VpcEndpoint

TTL_SECONDS = 60
"""As AWS has it."""


def endpoint_zones(
    endpoint: VpcEndpoint, interfaces: Iterable[NetworkInterface]
) -> tuple[AnswerZone, ...]:
    """A zone for each name. interfaces: of the endpoint.

    One that is `pending` may have been `available` before; its names do not go while it is changed.
    """
    interfaces = tuple(interfaces)
    region = endpoint.service_name.split(".")[2]
    service = find_service(Realm(region=region), endpoint.service_name)
    if service is None or endpoint.state == "deleting" or not interfaces:
        return ()
    zones = sorted({interface.zone for interface in interfaces})
    everywhere, *by_zone = own_names_of(endpoint, service, tuple(zones))
    found = {everywhere: [interface.address for interface in interfaces]}
    for zone, name in zip(zones, by_zone, strict=True):
        found[name] = [interface.address for interface in interfaces if interface.zone == zone]
    for name in _taken_over(endpoint, service):
        found[name] = found[everywhere]
    return tuple(_zone(endpoint, name, addresses) for name, addresses in found.items())


def _taken_over(endpoint: VpcEndpoint, service: EndpointService) -> tuple[str, ...]:
    name = service.private_name
    return (name,) if name and endpoint.has_private_dns and not name.startswith("*") else ()


def _zone(endpoint: VpcEndpoint, name: str, addresses: Iterable[str]) -> AnswerZone:
    records = RecordSet(type="A", ttl_seconds=TTL_SECONDS, values=tuple(sorted(addresses)))
    return AnswerZone(
        vpc_id=endpoint.vpc_id,
        name=name,
        negative_ttl_seconds=TTL_SECONDS,
        names={name: (records,)},
    )
