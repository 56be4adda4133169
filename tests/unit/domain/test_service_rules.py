"""What may be said of a service: its load balancers' targets, its grace period."""

from tests.support.tasks import definition_of

from hostless.domain.container_definitions import ContainerDefinition, PortMapping
from hostless.domain.service_rules import grace_period_refusal, load_balancers_refusal
from hostless.domain.services import ServiceLoadBalancer

WEB = definition_of(
    ContainerDefinition(
        name="app", image="busybox", port_mappings=(PortMapping(container_port=80),)
    )
)


def target(name: str = "app", port: int = 80, group: str = "one") -> ServiceLoadBalancer:
    return ServiceLoadBalancer(target_group_arn=group, container_name=name, container_port=port)


def test_a_target_is_a_port_of_a_container() -> None:
    assert load_balancers_refusal((target(),), WEB) is None
    assert load_balancers_refusal((target(name="other"),), WEB) == (
        "The container other does not exist in the task definition."
    )
    assert load_balancers_refusal((target(port=81),), WEB) == (
        "The container app did not have a container port 81 defined."
    )


def test_a_service_has_at_most_five_target_groups_and_names_each_once() -> None:
    six = tuple(target(group=str(number)) for number in range(6))
    assert load_balancers_refusal(six, WEB) == "loadBalancers can have at most 5 items."
    assert load_balancers_refusal(six[:5], WEB) is None
    assert load_balancers_refusal((target(), target()), WEB) is not None


def test_any_service_may_have_a_grace_period() -> None:
    assert grace_period_refusal(None) is None
    assert grace_period_refusal(2_147_483_647) is None
    assert grace_period_refusal(-1) == "healthCheckGracePeriodSeconds must be at least 0"
    assert grace_period_refusal(2_147_483_648) is not None
