"""Clients of load balancers, plans that they ask, and certificates that they trust."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.support.balancing import (
    CERTIFICATE,
    CHECK,
    balancer,
    certificate_files,
    group,
    plan_of,
    target,
)
from tests.support.networks import in_namespace, sh
from tests.support.street import HEALTHY, TARGET, Street

from hostless.balancer.seam import NodePlan
from hostless.domain.arns import CertificateArn
from hostless.domain.target_groups import Target, TargetGroup

OTHER = CertificateArn("arn:aws:acm:us-east-1:000000000000:certificate/2")
CERTIFICATES = {
    CERTIFICATE: certificate_files("one.example"),
    OTHER: certificate_files("two.example"),
}
BLUE, GREEN = group("blue"), group("green")
CONNECTS = replace(CHECK, protocol="TCP", path=None, codes=None)
TCP = group("tcp", protocol="TCP", protocol_version=None, health_check=CONNECTS)


def plan(
    street: Street, listeners: list[Any], targets: dict[str, list[Target]], **more: Any
) -> NodePlan:
    groups = more.pop("groups", [BLUE, GREEN])
    of = more.pop("of", balancer())
    return plan_of(
        of,
        listeners,
        groups=groups,
        targets=targets,
        place=street.place,
        certificates=CERTIFICATES,
        **more,
    )


def known(of: TargetGroup, port: int) -> Target:
    return target(of, TARGET, port, health=HEALTHY)


async def run(street: Street, command: str) -> str:
    return await in_namespace(street.node, sh, command)


async def curl(street: Street, words: str) -> str:
    return await run(street, f"curl --silent --show-error --max-time 10 {words}")


async def status(street: Street, words: str) -> int:
    return int(await curl(street, f"--output /dev/null --write-out '%{{http_code}}' {words}"))


def certificate_path(street: Street, arn: CertificateArn = CERTIFICATE) -> Path:
    path = street.root / f"{arn[-1]}.pem"
    path.write_text(CERTIFICATES[arn].certificate)
    return path
