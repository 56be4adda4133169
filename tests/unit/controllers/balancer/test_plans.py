"""What a node is to serve, of the records; and which targets it sends to."""

from dataclasses import replace

from tests.support.api_world import World
from tests.support.balancing import (
    CERTIFICATE,
    balancer,
    forward,
    group,
    listener,
    plan_of,
    rule,
    target,
)
from tests.support.certificates import Signed
from tests.support.elbv2 import a_certificate, put

from hostless.controllers.balancer.plans import facts_of, is_sent_to
from hostless.controllers.balancer.plans import plan_of as plan_of_node
from hostless.domain.certificates import CertificateKey
from hostless.store.kinds import (
    CERTIFICATE_KEYS,
    CERTIFICATES,
    LISTENER_RULES,
    LISTENERS,
    TARGET_GROUPS,
    TARGETS,
)

BLUE, GREEN, OTHER = group("blue"), group("green"), group("other")
PLACE = plan_of(balancer(), ()).place
NODE = plan_of(balancer(), ()).node
"""In us-east-1a."""


async def test_a_plan_has_what_the_balancers_listeners_name_and_nothing_else() -> None:
    world = World()
    https = listener(forward(BLUE), 443, "HTTPS")
    http = listener(forward(BLUE), 80)
    for each in (https, http):
        await put(world, LISTENERS, each)
    for priority in (20, 3):
        await put(world, LISTENER_RULES, rule(http, priority, forward(GREEN)))
    for each_group in (BLUE, GREEN, OTHER):
        await put(world, TARGET_GROUPS, each_group)
        await put(world, TARGETS, target(each_group, "10.0.0.1"))
    plan = plan_of_node(facts_of(world.store, balancer()), NODE, PLACE)
    assert plan.listeners == (http, https)
    assert [each.priority for each in plan.rules[http.arn]] == [3, 20]
    assert plan.groups.keys() == {BLUE.arn, GREEN.arn}
    assert [len(found) for found in plan.targets.values()] == [1, 1]
    assert plan.certificates == {}


async def test_a_plan_has_certificates_with_their_keys() -> None:
    world = World()
    await put(world, LISTENERS, listener(forward(BLUE), 443, "HTTPS"))
    signed = Signed("shop.example.com")
    shown = replace(
        a_certificate(world, "shop.example.com"), arn=CERTIFICATE, body=signed.pem.decode()
    )
    await put(world, CERTIFICATES, shown)
    key = CertificateKey(certificate_arn=CERTIFICATE, private_key="secret")
    await put(world, CERTIFICATE_KEYS, key)
    facts = facts_of(world.store, balancer())
    assert facts.certificates[CERTIFICATE].private_key == "secret"
    assert facts.certificates[CERTIFICATE].chain == ""


async def sends(zone: str, of_group: str | None = None, **of_balancer: str) -> bool:
    """Whether the node sends to a target of the zone."""
    crossing = "load_balancing.cross_zone.enabled"
    asked = group(attributes={} if of_group is None else {crossing: of_group})
    lb = balancer(**{"type_": of_balancer.pop("type_", "application"), **of_balancer})
    world = World()
    await put(world, TARGET_GROUPS, asked)
    await put(world, LISTENERS, listener(forward(asked)))
    facts = facts_of(world.store, lb)
    return is_sent_to(target(asked, "10.0.0.1", zone=zone), facts, NODE)


async def test_targets_of_other_zones_are_sent_to_as_group_and_balancer_say() -> None:
    assert await sends("us-east-1a")
    assert await sends("us-east-1b"), "an application balancer crosses zones"
    assert not await sends("us-east-1b", "false")
    assert await sends("us-east-1a", "false")
    assert await sends("all", "false"), "an address outside the VPC is in no zone"
    assert not await sends("us-east-1b", type_="network")
    assert await sends("us-east-1b", type_="network", load_balancing__cross_zone__enabled="true")
    assert await sends("us-east-1b", "true", type_="network")
