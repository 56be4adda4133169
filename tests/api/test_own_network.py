"""Looking at the network by the own API: what there is, and what becomes of a packet."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from tests.support.api_world import network
from tests.support.balancer_records import balancer
from tests.support.own_api import Own

from hostless.domain.arns import NetworkInterfaceId
from hostless.domain.network import NetworkInterface
from hostless.domain.tasks import Task
from hostless.store.kinds import LOAD_BALANCERS, NETWORK_INTERFACES, SECURITY_GROUP_RULES

Tasks = Callable[..., list[Task]]


@pytest.fixture
def two(own: Own, tasks: Tasks) -> tuple[Task, Task]:
    """Running tasks in two subnets, in the default group."""
    made = tasks(2)
    for number, task in enumerate(made):
        own.portal.run(have(own, interface_of(own, task, number)))
    return made[0], made[1]


def interface_of(own: Own, task: Task, number: int, **changes: Any) -> NetworkInterface:
    subnet = own.world.network.subnets[number]
    made = NetworkInterface(
        id=NetworkInterfaceId(f"eni-{number:017x}"),
        attachment_id=f"attachment-{number}",
        task_arn=task.arn,
        vpc_id=subnet.vpc_id,
        subnet_id=subnet.id,
        zone=subnet.zone,
        address=f"172.31.{16 * number}.10",
        prefix_length=20,
        gateway=f"172.31.{16 * number}.1",
        mac_address=f"0a:00:00:00:00:{number:02x}",
        private_dns_name="a.ec2.internal",
        security_groups=(own.world.network.parts.security_group.id,),
        created_at=0.0,
    )
    return replace(made, **changes)


async def have(own: Own, record: Any, kind: Any = NETWORK_INTERFACES) -> None:
    transaction = own.world.store.transaction("test")
    transaction.put(kind, record)
    await transaction.commit()


async def without_rules(own: Own) -> None:
    transaction = own.world.store.transaction("test")
    for rule in tuple(own.world.store.all(SECURITY_GROUP_RULES)):
        transaction.delete(SECURITY_GROUP_RULES, rule.id)
    await transaction.commit()


def explain(own: Own, from_: str, to: str, **more: Any) -> tuple[int, dict[str, Any]]:
    return own("GET", "network/explain", to=to, **{"from": from_, **more})


def test_all_of_the_network_is_shown(own: Own, two: tuple[Task, Task]) -> None:
    status, found = own("GET", "network")
    assert status == 200
    (vpc,) = found["vpcs"]
    assert (vpc["isDefault"], vpc["isRoutedFromHost"]) == (True, True)
    subnet = vpc["subnets"][0]
    assert (subnet["kind"], subnet["freeAddresses"]) == ("public", 4096 - 5 - 1)
    assert subnet["routes"][0]["through"] == "internet"
    assert [each["owner"] for each in vpc["interfaces"]] == [task.arn for task in two]
    (group,) = found["securityGroups"]
    assert (group["groupName"], group["members"]) == ("default", 2)
    talks = {(talk["from"], talk["to"]): talk["traffic"] for talk in found["talks"]}
    assert talks == {
        (group["groupId"], group["groupId"]): ["everything"],
        (group["groupId"], "internet"): ["everything"],
    }


def test_a_packet_between_tasks_is_explained_by_their_ids(own: Own, two: tuple[Task, Task]) -> None:
    status, found = explain(own, two[0].id[:12], two[1].arn, port=80)
    assert (status, found["passes"]) == (200, True)
    assert found["from"]["address"] == "172.31.0.10"
    assert found["from"]["groups"][0]["groupName"] == "default"
    assert found["to"]["interface"]["owner"] == two[1].arn
    own.portal.run(without_rules(own))
    _, found = explain(own, "172.31.0.10", f"eni-{1:017x}", port=80)
    assert found["passes"] is False
    assert found["from"]["groups"][0]["groupId"] in found["decidedBy"]
    assert explain(own, "host", two[0].id, protocol="icmp")[1]["passes"] is True


def test_a_service_is_its_oldest_running_task(
    own: Own, two: tuple[Task, Task], ready_to_run: Any
) -> None:
    service = ready_to_run.create_service(
        serviceName="web",
        taskDefinition="web",
        desiredCount=0,
        launchType="FARGATE",
        **network(own.world),
    )["service"]
    assert explain(own, "web", "host", port=1)[1]["message"] == "The service web has no tasks."
    for task in two:
        own.portal.run(own.world.set_task(task.arn, service_arn=service["serviceArn"]))
    older = min(two, key=lambda task: task.created_at)
    for word in ("web", "default/web"):
        _, found = explain(own, word, "host", port=1)
        assert found["from"]["interface"]["owner"] == older.arn


def test_what_is_no_task_has_interfaces_by_its_name_or_id(own: Own, two: tuple[Task, Task]) -> None:
    arn = "arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/app/front/0123"
    own.portal.run(have(own, balancer(arn=arn, name="front"), LOAD_BALANCERS))
    for number, kind, owner, word in (
        (7, "load_balancer", arn, "front"),
        (8, "vpc_endpoint", "vpce-0123", "vpce-0123"),
    ):
        made = interface_of(own, two[0], 0, kind=kind, owner=owner, task_arn=None)
        own.portal.run(have(own, replace(made, id=f"eni-{number}", address=f"172.31.0.{number}")))
        _, found = explain(own, two[1].id, word, port=80)
        assert (found["passes"], found["to"]["address"]) == (True, f"172.31.0.{number}")


def test_what_the_fabric_makes_of_it_is_told_and_whether_they_agree(
    own: Own, two: tuple[Task, Task]
) -> None:
    _, found = explain(own, two[0].id, two[1].id, port=80)
    assert found["fabric"]["isReal"] is False
    assert "passes" not in found["fabric"]
    assert found["fabric"]["why"] == "nothing is laid out"
    assert "agrees" not in found


@pytest.mark.parametrize(
    ("question", "refusal"),
    [
        ({"from_": "172.31.0.10", "to": "x" * 9, "port": 1}, "is no task's id"),
        ({"from_": "172.31.0.10", "to": "eni-1", "port": 1}, "no network interface eni-1"),
        ({"from_": "host", "to": "internet", "port": 1}, "must be in a VPC"),
        ({"from_": "172.31.0.10", "to": "172.31.0.10", "port": 1}, "to itself"),
        ({"from_": "172.31.0.10", "to": "host"}, "tcp needs a port"),
        ({"from_": "172.31.0.10", "to": "host", "port": 70000}, "port must be"),
        ({"from_": "172.31.0.10", "to": "host", "port": 7, "sourcePort": -1}, "sourcePort must"),
        ({"from_": "172.31.0.10", "to": "host", "protocol": "sctp"}, "sctp is no protocol"),
        ({"from_": "172.31.0.10", "to": "host", "protocol": "256"}, "256 is no protocol"),
        ({"from_": "172.31.0.10", "to": "host", "protocol": "-1"}, "-1 is no protocol"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(
    own: Own, two: tuple[Task, Task], question: dict[str, Any], refusal: str
) -> None:
    status, answer = explain(own, **question)
    assert status in (400, 404)
    assert refusal in answer["message"]


def test_several_that_could_be_meant_are_named(own: Own, tasks: Tasks) -> None:
    """Of 17 ids two begin alike."""
    first = Counter(task.id[0] for task in (*tasks(9), *tasks(8))).most_common(1)[0][0]
    status, answer = explain(own, first, "host", port=1)
    assert (status, f"tasks have ids that start with {first}: " in answer["message"]) == (400, True)
    assert explain(own, "", "host", port=1)[0] == 404


def test_a_task_without_an_interface_is_said_to_have_none(own: Own, tasks: Tasks) -> None:
    (task,) = tasks(1)
    status, answer = explain(own, task.id, "host", port=1)
    assert (status, "has no network interface" in answer["message"]) == (404, True)


def test_rules_are_asked_of_a_vpc_that_is_there(own: Own) -> None:
    assert own("GET", "network/rules") == (200, {"rulesets": []})
    status, answer = own("GET", "network/rules", vpc="vpc-1")
    assert (status, answer["message"]) == (404, "There is no VPC vpc-1.")
