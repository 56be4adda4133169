"""The services that a VPC endpoint can lead to, and the names under which an endpoint is found.

Listed are the services whose API this engine has, and those that stacks need an endpoint of because
Fargate speaks to them from the task's subnet: here the engine itself pulls images and carries exec
sessions, and nothing of that passes an endpoint. Gateway endpoints are ways to addresses that the
engine has none of (see `prefix_lists`). Source of names: "AWS services that integrate with AWS
PrivateLink", PrivateLink Guide.
"""

import hashlib
from dataclasses import dataclass

from hostless.domain.arns import Realm
from hostless.domain.vpc_endpoints import EndpointType, VpcEndpoint

HOSTED_ZONE = "Z7HUB22UULQXV"
"""Of the names of endpoints themselves, as in us-east-1."""
_INTERFACES = {
    "ec2": "ec2",
    "ecr.api": "api.ecr",
    "ecr.dkr": "*.dkr.ecr",
    "ecs": "ecs",
    "ecs-agent": "ecs-a",
    "ecs-telemetry": "ecs-t",
    "elasticloadbalancing": "elasticloadbalancing",
    "logs": "logs",
    "servicediscovery": "servicediscovery",
    "data-servicediscovery": "data-servicediscovery",
    "ssmmessages": "ssmmessages",
    "sts": "sts",
}
"""By the end of the service's name, how its public name starts."""
_GATEWAYS = ("dynamodb", "s3")


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointService:
    """name: such as `com.amazonaws.us-east-1.logs`.

    private_name: its public DNS name, which an endpoint takes over in its VPC; None with gateways.
    base_name: what the names of its endpoints end in.
    """

    name: str
    type: EndpointType
    base_name: str
    private_name: str | None = None

    @property
    def id(self) -> str:
        """The same in every engine."""
        return f"vpce-svc-0{hashlib.sha256(self.name.encode()).hexdigest()[:16]}"


def endpoint_services(realm: Realm) -> tuple[EndpointService, ...]:
    region = realm.region
    gateways = (
        EndpointService(
            name=f"com.amazonaws.{region}.{short}",
            type="Gateway",
            base_name=f"{short}.{region}.amazonaws.com",
        )
        for short in _GATEWAYS
    )
    interfaces = (
        EndpointService(
            name=f"com.amazonaws.{region}.{short}",
            type="Interface",
            base_name=f"{start.removeprefix('*.')}.{region}.vpce.amazonaws.com",
            private_name=f"{start}.{region}.amazonaws.com",
        )
        for short, start in _INTERFACES.items()
    )
    return tuple(sorted((*gateways, *interfaces), key=lambda service: service.name))


def find_service(realm: Realm, name: str) -> EndpointService | None:
    return next((each for each in endpoint_services(realm) if each.name == name), None)


def own_names_of(
    endpoint: VpcEndpoint, service: EndpointService, zones: tuple[str, ...]
) -> tuple[str, ...]:
    """The names that only this endpoint has: of all zones, and of each one that it is in."""
    digest = hashlib.sha256(endpoint.id.encode()).hexdigest()
    label = "".join(chr(ord("a") + int(digit, 16)) for digit in digest[:8])
    starts = [f"{endpoint.id}-{label}", *(f"{endpoint.id}-{label}-{zone}" for zone in zones)]
    return tuple(f"{start}.{service.base_name}" for start in starts)
