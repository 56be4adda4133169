"""Services of Cloud Map that were made for a service go when no deployment has their names."""

from dataclasses import replace
from typing import Any

from tests.support.service_facts import NOW, SERVICE, facts_with, rollout_of, settled, task_of

from hostless.controllers.service.decide import decide
from hostless.controllers.service.facts import ServiceFacts
from hostless.domain.arns import DiscoveryServiceId
from hostless.domain.new_service import Rollout
from hostless.domain.service_connect import ConnectResource, ServiceConnectConfiguration

OLD, NEW = DiscoveryServiceId("srv-old"), DiscoveryServiceId("srv-new")


def named(*ids: DiscoveryServiceId, at: float, others: Any = ()) -> Rollout:
    resources = tuple(
        ConnectResource(discovery_name=id_, discovery_service_id=id_, arn=id_) for id_ in ids
    )
    connect = ServiceConnectConfiguration(enabled=True, resources=resources)
    return rollout_of(others=others, at=at, service_connect=connect)


FIRST = named(OLD, at=NOW - 500)
SECOND = named(NEW, at=NOW - 100, others=[FIRST.deployment])


def facts(*tasks: Any, **more: Any) -> ServiceFacts:
    found = facts_with(FIRST, SECOND, tasks=tasks, **more)
    return replace(found, discovery_services=(OLD, NEW))


def dropped(now: ServiceFacts) -> tuple[DiscoveryServiceId, ...]:
    return decide(now).forgotten.discovery_services


def test_a_name_stays_while_its_deployment_may_be_gone_back_to() -> None:
    assert dropped(facts(task_of(FIRST.deployment.id), task_of(SECOND.deployment.id))) == ()


def test_a_name_stays_while_tasks_of_its_deployment_are_on_their_way_out() -> None:
    new = [task_of(SECOND.deployment.id) for _ in range(2)]
    leaving = task_of(FIRST.deployment.id, "STOPPING")
    assert dropped(settled(facts(*new, leaving))) == ()


def test_a_name_that_no_deployment_has_any_more_goes() -> None:
    new = [task_of(SECOND.deployment.id) for _ in range(2)]
    assert dropped(settled(facts(*new))) == (OLD,)


def test_all_names_go_with_the_last_task_of_a_deleted_service() -> None:
    draining = replace(SERVICE, status="DRAINING", desired_count=0)
    assert dropped(facts(task_of(SECOND.deployment.id), service=draining)) == ()
    assert dropped(facts(service=draining)) == (OLD, NEW)
