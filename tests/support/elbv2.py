"""What tests make through Elastic Load Balancing's API, and what a controller would have done."""

from dataclasses import replace
from typing import Any

from tests.support.api_world import EPOCH, World

from hostless.domain.arns import CertificateArn
from hostless.domain.certificates import Certificate, CertificateFacts
from hostless.domain.target_groups import RecordedHealth
from hostless.store.kinds import LOAD_BALANCERS, TARGETS, Kind, R


def subnet_ids(world: World) -> list[str]:
    return [subnet.id for subnet in world.network.subnets]


def new_balancer(elbv2: Any, world: World, **changes: Any) -> str:
    """Its ARN; `web` on all subnets unless told otherwise."""
    members = {"Name": "web", "Subnets": subnet_ids(world), **changes}
    return str(elbv2.create_load_balancer(**members)["LoadBalancers"][0]["LoadBalancerArn"])


def new_group(elbv2: Any, world: World, **changes: Any) -> str:
    """Its ARN; HTTP to port 80 of addresses unless told otherwise."""
    members = {
        "Name": "pages",
        "Protocol": "HTTP",
        "Port": 80,
        "VpcId": world.network.vpc.id,
        "TargetType": "ip",
        **changes,
    }
    return str(elbv2.create_target_group(**members)["TargetGroups"][0]["TargetGroupArn"])


def forward_to(group: str) -> list[dict[str, Any]]:
    return [{"Type": "forward", "TargetGroupArn": group}]


def new_listener(elbv2: Any, balancer: str, group: str, **changes: Any) -> str:
    """Its ARN; HTTP on port 80 unless told otherwise."""
    members = {
        "LoadBalancerArn": balancer,
        "Protocol": "HTTP",
        "Port": 80,
        "DefaultActions": forward_to(group),
        **changes,
    }
    return str(elbv2.create_listener(**members)["Listeners"][0]["ListenerArn"])


async def made_active(world: World, arn: str) -> None:
    """What the balancer's controller does when all is there."""
    await world.store.update(LOAD_BALANCERS, arn, lambda b: replace(b, state="active"), "test")


async def put(world: World, kind: Kind[R], record: R) -> None:
    """Beside the API."""
    transaction = world.store.transaction("test")
    transaction.put(kind, record)
    await transaction.commit()


async def taken_away(world: World, kind: Kind[Any], key: str) -> None:
    transaction = world.store.transaction("test")
    transaction.delete(kind, key)
    await transaction.commit()


async def told_health(world: World, key: str, health: RecordedHealth) -> None:
    await world.store.update(TARGETS, key, lambda t: replace(t, health=health), "test")


def a_certificate(world: World, name: str) -> Certificate:
    """A record of one that nobody signed."""
    facts = CertificateFacts(
        domain_name=name,
        names=(name,),
        subject=f"CN={name}",
        issuer=f"CN={name}",
        serial="01",
        key_algorithm="EC-prime256v1",
        signature_algorithm="SHA256WITHECDSA",
        not_before=0.0,
        not_after=EPOCH * 2,
    )
    return Certificate(
        arn=CertificateArn(world.realm.arn("acm", f"certificate/{world.ids.uuid()}")),
        type="IMPORTED",
        body="",
        facts=facts,
        created_at=EPOCH,
    )
