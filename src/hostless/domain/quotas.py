"""Service quotas: how much of a thing an account may have at once, and what is said beyond that.

None means that there is no quota, which is the default everywhere. AWS's figures: "Amazon ECS
service quotas", "AWS Fargate service quotas" and "Elastic Load Balancing endpoints and quotas",
General Reference, and "Amazon VPC quotas", User Guide; vCPU quotas are those of a new account,
which AWS raises with use.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from hostless.domain.capacity import Holding
from hostless.domain.capacity_strategy import SPOT

VCPU_UNITS = 1024
VCPU_LIMIT = "You’ve reached the limit on the number of vCPUs you can run concurrently"
"""RunTask's failure, and the reason in a service's event that a task could not be placed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quotas:
    """on_demand_vcpus, spot_vcpus: of all tasks that have not stopped.

    tasks_per_service: the greatest desired count. service_starts_per_minute: tasks that one
    service starts in a minute. vpcs: of the region, the default one included.
    network_acl_entries: of one direction and address family.
    certificates_per_load_balancer: default ones do not count.
    """

    clusters: int | None = None
    services_per_cluster: int | None = None
    tasks_per_service: int | None = None
    service_starts_per_minute: int | None = None
    on_demand_vcpus: int | None = None
    spot_vcpus: int | None = None
    vpcs: int | None = None
    subnets_per_vpc: int | None = None
    route_tables_per_vpc: int | None = None
    routes_per_table: int | None = None
    internet_gateways: int | None = None
    egress_only_gateways: int | None = None
    nat_gateways_per_zone: int | None = None
    elastic_addresses: int | None = None
    network_acls_per_vpc: int | None = None
    network_acl_entries: int | None = None
    application_load_balancers: int | None = None
    network_load_balancers: int | None = None
    listeners_per_load_balancer: int | None = None
    rules_per_load_balancer: int | None = None
    certificates_per_load_balancer: int | None = None
    target_groups: int | None = None
    target_groups_per_load_balancer: int | None = None
    targets_per_target_group: int | None = None


AWS_QUOTAS = Quotas(
    clusters=10_000,
    services_per_cluster=5_000,
    tasks_per_service=5_000,
    service_starts_per_minute=500,
    on_demand_vcpus=6,
    spot_vcpus=6,
    vpcs=5,
    subnets_per_vpc=200,
    route_tables_per_vpc=200,
    routes_per_table=500,
    internet_gateways=5,
    egress_only_gateways=5,
    nat_gateways_per_zone=5,
    elastic_addresses=5,
    network_acls_per_vpc=200,
    network_acl_entries=20,
    application_load_balancers=50,
    network_load_balancers=50,
    listeners_per_load_balancer=50,
    rules_per_load_balancer=100,
    certificates_per_load_balancer=25,
    target_groups=3_000,
    target_groups_per_load_balancer=100,
    targets_per_target_group=1_000,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class VcpusLeft:
    """cpu units that may still be promised, by how they are paid for. None: no quota."""

    on_demand: int | None = None
    spot: int | None = None

    @property
    def is_limited(self) -> bool:
        return self != VcpusLeft()

    def fits(self, provider: str | None, cpu_units: int) -> int | None:
        """How many tasks of a size fit; None: any number. provider: None for the launch type."""
        left = self._of(provider)
        return None if left is None else max(0, left) // cpu_units

    def minus(self, provider: str | None, cpu_units: int) -> "VcpusLeft":
        on_demand, spot = self.on_demand, self.spot
        if provider == SPOT:
            return VcpusLeft(on_demand=on_demand, spot=None if spot is None else spot - cpu_units)
        left = None if on_demand is None else on_demand - cpu_units
        return VcpusLeft(on_demand=left, spot=spot)

    def _of(self, provider: str | None) -> int | None:
        return self.spot if provider == SPOT else self.on_demand


def vcpus_left(quotas: Quotas, holdings: Iterable[Holding]) -> VcpusLeft:
    """What the quotas leave beside all tasks that have not stopped."""
    used = {True: 0, False: 0}
    for held in holdings:
        used[held.is_spot] += held.cpu_units * held.tasks
    return VcpusLeft(
        on_demand=_left(quotas.on_demand_vcpus, used[False]),
        spot=_left(quotas.spot_vcpus, used[True]),
    )


def _left(vcpus: int | None, used_units: int) -> int | None:
    return None if vcpus is None else vcpus * VCPU_UNITS - used_units


def is_reached(quota: int | None, existing: int) -> bool:
    """Whether there cannot be one more."""
    return quota is not None and existing >= quota


def clusters_refusal(quotas: Quotas, existing: int) -> str | None:
    """Why one more cluster cannot be made. existing: active ones."""
    if not is_reached(quotas.clusters, existing):
        return None
    return f"An account can have at most {quotas.clusters} clusters."


def services_refusal(quotas: Quotas, existing: int) -> str | None:
    """Why a cluster cannot have one more service. existing: its services that are not INACTIVE."""
    if not is_reached(quotas.services_per_cluster, existing):
        return None
    return f"A cluster can have at most {quotas.services_per_cluster} services."


def desired_count_refusal(quotas: Quotas, desired: int) -> str | None:
    """Why a service cannot have so many tasks."""
    if quotas.tasks_per_service is None or desired <= quotas.tasks_per_service:
        return None
    return f"A service can have at most {quotas.tasks_per_service} tasks."
