"""What a task of a service is registered as."""

from dataclasses import replace
from random import Random

from tests.support.tasks import definition_of, new_task

from hostless.controllers.names.registrations import registrations_of
from hostless.domain.arns import DiscoveryServiceId, NamespaceId
from hostless.domain.service_discovery import DiscoveryService
from hostless.domain.services import ServiceRegistry
from hostless.kit.ids import Ids

REGISTRY = ServiceRegistry(registry_arn="arn:aws:servicediscovery:us-east-1:0:service/srv-1")
SERVICE = DiscoveryService(
    id=DiscoveryServiceId("srv-1"),
    arn=REGISTRY.registry_arn,
    name="web",
    namespace_id=NamespaceId("ns-1"),
    type="DNS_HTTP",
    created_at=0.0,
)


def attributes_of(address: str | None, ipv6_address: str | None) -> list[tuple[str, ...]]:
    """The addresses of IPv4 and IPv6 of each registration."""
    task = new_task(definition_of(), Ids(Random(0)), 0.0)
    attachment = replace(task.attachment, address=address, ipv6_address=ipv6_address)
    task = replace(task, status="RUNNING", attachment=attachment)
    made = registrations_of(task, [(REGISTRY, SERVICE)], 1.0)
    kinds = ("AWS_INSTANCE_IPV4", "AWS_INSTANCE_IPV6")
    return [tuple(each.attributes[k] for k in kinds if k in each.attributes) for each in made]


def test_a_task_is_registered_with_every_address_that_it_has() -> None:
    assert attributes_of("10.0.0.9", None) == [("10.0.0.9",)]
    assert attributes_of("10.0.0.9", "2001:db8::9") == [("10.0.0.9", "2001:db8::9")]
    assert attributes_of(None, None) == []
