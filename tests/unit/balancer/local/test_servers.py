"""Which servers there are, and what brings them to what is wanted."""

from dataclasses import replace
from typing import Any

import pytest
from tests.support.balancing import balancer, forward, group, listener, plan_of, target

from hostless.balancer.local.servers import (
    PresentServer,
    commands_between,
    draining_servers,
    present_servers,
    seen_targets,
    sorted_targets,
    wanted_servers,
)
from hostless.balancer.local.words import group_name_of, open_name_of, server_name_of
from hostless.balancer.seam import NodePlan
from hostless.domain.target_groups import RecordedHealth, Target

BLUE = group("blue")
NAME = group_name_of(BLUE.arn)
HEALTHY = RecordedHealth(state="healthy", since=0.0)
STATE = """1
# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight
3 group-1 1 t1 10.0.0.5 2 0 1
3 group-1 2 t2 10.0.0.6 0 5 1

"""


def plan(*targets: Target) -> NodePlan:
    return plan_of(balancer(), [listener(forward(BLUE))], groups=[BLUE], targets={"blue": targets})


def present(backend: str, of: Target, *, is_in_maintenance: bool = False) -> PresentServer:
    return PresentServer(
        backend=backend, name=server_name_of(of), is_in_maintenance=is_in_maintenance
    )


def commands(of: NodePlan, *there: PresentServer) -> list[str]:
    wanted = wanted_servers(of, sorted_targets(of, there))
    return list(commands_between(there, wanted, draining_servers(of, wanted)))


def test_the_list_of_servers_is_read() -> None:
    assert present_servers(STATE) == (
        PresentServer(backend="group-1", name="t1", is_in_maintenance=False),
        PresentServer(backend="group-1", name="t2", is_in_maintenance=True),
    )


def test_a_new_target_is_on_trial_until_it_was_healthy_or_is_there_already() -> None:
    new = target(BLUE, "10.0.0.5")
    known = target(BLUE, "10.0.0.6", health=HEALTHY)
    there = target(BLUE, "10.0.0.7", health=RecordedHealth(state="unhealthy", since=0.0))
    gone = target(BLUE, "10.0.0.8", drains_since=1.0)
    found = sorted_targets(plan(new, known, there, gone), [present(NAME, there)])[BLUE.arn]
    assert found.new == (new,)
    assert found.tried == (known, there)


def test_servers_that_are_missing_are_added_checked_and_used() -> None:
    one = target(BLUE, "10.0.0.5", health=HEALTHY)
    name = server_name_of(one)
    added = commands(plan(one))
    assert added[0].startswith(f"add server {NAME}/{name} 10.0.0.5:8080 check")
    assert added[1:3] == [
        f"enable health {NAME}/{name}",
        f"set server {NAME}/{name} state ready",
    ]
    assert added[3] == f"add server open-{NAME}/{name} 10.0.0.5:8080"
    assert added[4:] == [f"set server open-{NAME}/{name} state ready"]


def test_nothing_is_said_when_all_is_as_it_should_be() -> None:
    one = target(BLUE, "10.0.0.5", health=HEALTHY)
    assert commands(plan(one), present(NAME, one), present(f"open-{NAME}", one)) == []
    gone = replace(one, drains_since=1.0)
    there = [present(each, one, is_in_maintenance=True) for each in (NAME, f"open-{NAME}")]
    assert commands(plan(gone), *there) == []


def test_a_target_that_drains_goes_into_maintenance_and_may_come_back() -> None:
    one = target(BLUE, "10.0.0.5", health=HEALTHY)
    name = server_name_of(one)
    there = [present(NAME, one), present(f"open-{NAME}", one)]
    assert commands(plan(replace(one, drains_since=1.0)), *there) == [
        f"set server {NAME}/{name} state maint",
        f"set server open-{NAME}/{name} state maint",
    ]
    away = [replace(each, is_in_maintenance=True) for each in there]
    assert commands(plan(one), *away) == [
        f"set server {NAME}/{name} state ready",
        f"set server open-{NAME}/{name} state ready",
    ]


def test_a_server_that_is_not_wanted_ends_with_its_connections() -> None:
    one = target(BLUE, "10.0.0.5")
    path = f"{NAME}/{server_name_of(one)}"
    ending = [
        f"set server {path} state maint",
        f"shutdown sessions server {path}",
        f"del server {path}",
    ]
    assert commands(plan(), present(NAME, one)) == ending
    assert commands(plan(), present(NAME, one, is_in_maintenance=True)) == [
        f"set server {path} state drain",
        *ending,
    ]


def statistics(*rows: dict[str, Any]) -> str:
    columns = ("pxname", "svname", "scur", "status", "check_status", "check_code")
    lines = [",".join(str(row.get(column, "")) for column in columns) for row in rows]
    return "# " + "\n".join((",".join(columns), *lines)) + "\n"


def seen_as(backend: str, **row: Any) -> Any:
    one = target(BLUE, "10.0.0.5")
    said = statistics({"pxname": backend, "svname": server_name_of(one), **row})
    return seen_targets(plan(one), said).get(one.key)


def test_a_server_that_is_up_is_healthy_with_what_it_is_doing() -> None:
    seen = seen_as(NAME, scur=3, status="UP", check_status="L7OK")
    assert (seen.state, seen.active, seen.reason) == ("healthy", 3, None)


@pytest.mark.parametrize(
    ("row", "reason", "description"),
    [
        ({"check_status": "L4TOUT"}, "Target.Timeout", "Request timed out"),
        ({"check_status": "* L7TOUT"}, "Target.Timeout", "Request timed out"),
        (
            {"check_status": "L7STS", "check_code": 503},
            "Target.ResponseCodeMismatch",
            "Health checks failed with these codes: [503]",
        ),
        ({"check_status": "L4CON"}, "Target.FailedHealthChecks", "Health checks failed"),
        ({"check_status": "L7RSP"}, "Target.FailedHealthChecks", "Health checks failed"),
    ],
)
def test_a_server_that_is_down_says_why_in_awss_words(
    row: dict[str, Any], reason: str, description: str
) -> None:
    for backend, status in ((NAME, "DOWN"), (NAME, "DOWN 1/2"), (f"trial-{NAME}", "DOWN")):
        seen = seen_as(backend, status=status, **row)
        assert (seen.state, seen.reason, seen.description) == ("unhealthy", reason, description)


def test_a_target_on_trial_is_initial_until_it_was_looked_at() -> None:
    for status in ("", "INI", "* INI"):
        seen = seen_as(f"trial-{NAME}", status="UP", check_status=status)
        assert (seen.state, seen.reason) == ("initial", "Elb.RegistrationInProgress")
    assert seen_as(f"trial-{NAME}", status="UP", check_status="L7OK").state == "healthy"


def test_a_target_that_no_server_stands_for_is_not_seen() -> None:
    assert seen_as("another", status="UP") is None


def test_a_target_that_was_asked_while_none_was_healthy_ends_what_is_under_way() -> None:
    leaving = target(BLUE, "10.0.0.5", drains_since=1.0)
    there = present(open_name_of(NAME), leaving)
    assert sorted_targets(plan(leaving), [there])[BLUE.arn].tried == (leaving,)
    path = there.path
    said = commands(plan(leaving), there)
    assert f"set server {path} state maint" in said
    assert not any(word in line for line in said for word in ("del server", "shutdown"))


def test_what_a_target_is_doing_counts_wherever_it_was_asked() -> None:
    one = target(BLUE, "10.0.0.5", drains_since=1.0)
    name = server_name_of(one)
    said = (
        "# pxname,svname,scur,status,check_status,check_code\n"
        f"{NAME},{name},1,MAINT,,\n{open_name_of(NAME)},{name},2,MAINT,,\n"
    )
    assert seen_targets(plan(one), said)[one.key].active == 3
