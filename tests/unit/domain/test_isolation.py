"""Which isolation level a task is given."""

from dataclasses import replace

import pytest
from tests.support.tasks import definition_of

from hostless.domain.arns import Realm
from hostless.domain.clusters import Cluster
from hostless.domain.container_definitions import ContainerDefinition, SystemControl
from hostless.domain.isolation import (
    ISOLATION_TAG,
    IsolationChoice,
    choice_refusal,
    isolation_asked,
    isolation_given,
)
from hostless.domain.tags import Tag
from hostless.domain.tasks import IsolationLevel

MAIN = ContainerDefinition(name="main", image="busybox")
PLAIN = definition_of(MAIN)
BOTH: tuple[IsolationLevel, ...] = ("container", "gvisor")


def chosen(value: str) -> tuple[Tag, ...]:
    return (Tag(key="team", value="a"), Tag(key=ISOLATION_TAG, value=value))


def cluster(*tags: Tag) -> Cluster:
    return Cluster(arn=Realm().cluster_arn("c"), name="c", tags=tags, created_at=0.0)


def test_the_tasks_own_tag_comes_before_its_clusters_and_that_before_the_engines_setting() -> None:
    sandboxed = cluster(*chosen("gvisor"))
    assert isolation_asked((chosen("container"),), sandboxed, "auto") == "container"
    assert isolation_asked(((), chosen("auto")), sandboxed, "container") == "auto"
    assert isolation_asked(((), ()), sandboxed, "container") == "gvisor"
    assert isolation_asked(((),), cluster(), "container") == "container"


def test_a_tag_that_is_no_choice_is_refused_and_never_gone_by() -> None:
    refusal = choice_refusal(chosen("vm"))
    assert refusal is not None
    assert "hostless:isolation is auto, container or gvisor" in refusal
    assert choice_refusal((*chosen("gvisor"), Tag(key="other", value="vm"))) is None
    assert isolation_asked((chosen("vm"),), cluster(), "auto") == "auto"


@pytest.mark.parametrize(
    ("asked", "offered", "given"),
    [
        ("auto", BOTH, "gvisor"),
        ("auto", ("container",), "container"),
        ("container", BOTH, "container"),
        ("gvisor", BOTH, "gvisor"),
        ("gvisor", ("container",), "gvisor"),
        ("gvisor", ("simulated",), "simulated"),
        ("auto", ("simulated",), "simulated"),
    ],
)
def test_auto_takes_what_works_and_a_name_is_kept_to(
    asked: IsolationChoice, offered: tuple[IsolationLevel, ...], given: IsolationLevel
) -> None:
    assert isolation_given(asked, offered, PLAIN, has_proxy=False) == given


def test_what_gvisor_refuses_gets_a_container_unless_gvisor_was_asked_for() -> None:
    control = SystemControl(namespace="net.core.somaxconn", value="1024")
    terminal = replace(MAIN, pseudo_terminal=True)
    tuned = replace(MAIN, name="tuned", system_controls=(control,))
    for definition in (definition_of(terminal), definition_of(MAIN, tuned)):
        assert isolation_given("auto", BOTH, definition, has_proxy=False) == "container"
        assert isolation_given("gvisor", BOTH, definition, has_proxy=False) == "gvisor"
    assert isolation_given("auto", BOTH, PLAIN, has_proxy=True) == "container"
