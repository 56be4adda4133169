"""Services as records, for tests of what only looks at them."""

from typing import Any

from tests.support.api_world import EPOCH, World

from hostless.domain.arns import SecurityGroupId, ServiceRevisionArn
from hostless.domain.clusters import CapacityProviderStrategyItem
from hostless.domain.deployments import ServiceRevision
from hostless.domain.services import Service
from hostless.domain.tasks import Placement
from hostless.store.kinds import SERVICE_REVISIONS, SERVICES


async def put_service(
    world: World, name: str, *, providers: tuple[str, ...] = (), **changes: Any
) -> Service:
    """A service of the cluster `default`. providers: of its revision's strategy."""
    cluster_arn = world.realm.cluster_arn("default")
    arn = world.realm.service_arn("default", name)
    revision = ServiceRevision(
        arn=ServiceRevisionArn(f"{arn}/1"),
        service_arn=arn,
        cluster_arn=cluster_arn,
        definition_arn=world.realm.task_definition_arn("web", 1),
        capacity_provider_strategy=tuple(
            CapacityProviderStrategyItem(capacity_provider=provider) for provider in providers
        ),
        placement=Placement(
            subnets=(world.network.subnets[0].id,), security_groups=(SecurityGroupId("sg-1"),)
        ),
        created_at=EPOCH,
    )
    service = Service(
        arn=arn,
        cluster_arn=cluster_arn,
        name=name,
        revision_arn=revision.arn,
        created_at=EPOCH,
        **{"desired_count": 1, **changes},
    )
    transaction = world.store.transaction("test")
    transaction.put(SERVICE_REVISIONS, revision)
    transaction.put(SERVICES, service)
    await transaction.commit()
    return service
