"""Which containers may start, and what can never start any more."""

import pytest
from tests.support.tasks import definition_of, new_task

from hostless.domain.container_definitions import (
    ContainerDefinition,
    ContainerDependency,
    HealthCheck,
)
from hostless.domain.start_order import StartOrder, has_to_wait, in_start_order, start_order
from hostless.domain.tasks import Container
from hostless.kit.ids import system_ids

NOW = 1000.0
CHECK = HealthCheck(command=("CMD", "true"))


def named(name: str, *dependencies: str, start_timeout: int | None = None) -> ContainerDefinition:
    """dependencies: `name` for START, or `name:CONDITION`."""
    return ContainerDefinition(
        name=name,
        image=f"{name}-image",
        essential=False,
        start_timeout=start_timeout,
        health_check=CHECK,
        depends_on=tuple(
            ContainerDependency(
                container_name=each.partition(":")[0], condition=each.partition(":")[2] or "START"
            )
            for each in dependencies
        ),
    )


def order_of(
    *definitions: ContainerDefinition, now: float = NOW, **states: dict[str, object]
) -> StartOrder:
    """states: by name, how a container differs from one that was never begun."""
    task = new_task(definition_of(*definitions), system_ids(), 0.0)
    containers = tuple(
        Container(arn=c.arn, name=c.name, image=c.image, **states.get(c.name, {}))  # type: ignore[arg-type]
        for c in task.containers
    )
    return start_order(definitions, containers, now)


RUNS: dict[str, object] = {"status": "RUNNING", "started_at": NOW - 10}


def ended(code: int | None) -> dict[str, object]:
    return {"status": "STOPPED", "started_at": NOW - 10, "exit_code": code}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ((named("a"), named("b"), named("c")), "abc"),
        ((named("a", "c"), named("b"), named("c")), "bca"),
        ((named("a", "b"), named("b", "c"), named("c")), "cba"),
        ((named("a", "b"), named("b", "a"), named("c")), "cab"),
        ((named("a", "gone"),), "a"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_containers_start_after_what_they_depend_on(
    given: tuple[ContainerDefinition, ...], expected: str
) -> None:
    assert "".join(c.name or "" for c in in_start_order(given)) == expected


def test_containers_that_only_have_to_be_started_before_others_are_started_in_one_go() -> None:
    definitions = (named("a", "b"), named("b", "c"), named("c"))
    assert not has_to_wait(definitions)
    assert order_of(*definitions).may_run == {"a", "b", "c"}


def test_what_waits_for_more_than_a_start_keeps_what_depends_on_it_waiting() -> None:
    definitions = (named("a", "b"), named("b", "c:HEALTHY"), named("c"))
    assert has_to_wait(definitions)
    assert order_of(*definitions) == StartOrder(may_run=frozenset({"c"}))
    assert order_of(*definitions, c={**RUNS, "health": "HEALTHY"}).may_run == {"a", "b", "c"}


@pytest.mark.parametrize(
    ("condition", "state", "is_met"),
    [
        ("START", {}, True),
        ("START", RUNS, True),
        ("START", ended(3), True),
        ("COMPLETE", RUNS, False),
        ("COMPLETE", ended(0), True),
        ("COMPLETE", ended(3), True),
        ("COMPLETE", ended(None), True),
        ("SUCCESS", RUNS, False),
        ("SUCCESS", ended(0), True),
        ("HEALTHY", RUNS, False),
        ("HEALTHY", {**RUNS, "health": "UNHEALTHY"}, False),
        ("HEALTHY", {**RUNS, "health": "HEALTHY"}, True),
        ("HEALTHY", {**ended(0), "health": "HEALTHY"}, True),
    ],
)
def test_a_condition_is_met_by(condition: str, state: dict[str, object], is_met: bool) -> None:
    order = order_of(named("a", f"b:{condition}"), named("b"), b=state)
    assert ("a" in order.may_run, order.never) == (is_met, None)


@pytest.mark.parametrize(
    ("condition", "state", "sentence"),
    [
        (
            "SUCCESS",
            ended(3),
            "failed to resolve container ordering dependency "
            "[b(b-image) (STOPPED->RUNNING) - Exit: 3] for target [a(a-image) (NONE->RUNNING)] "
            "as dependency did not exit successfully.",
        ),
        (
            "SUCCESS",
            ended(None),
            "failed to resolve container ordering dependency "
            "[b(b-image) (STOPPED->RUNNING)] for target [a(a-image) (NONE->RUNNING)] "
            "as dependency did not exit successfully.",
        ),
        (
            "HEALTHY",
            ended(0),
            "failed to resolve the container ordering dependency "
            "[b(b-image) (STOPPED->RUNNING) - Exit: 0] for target [a(a-image) (NONE->RUNNING)]",
        ),
    ],
)
def test_what_cannot_come_true_any_more_is_told_in_the_agents_words(
    condition: str, state: dict[str, object], sentence: str
) -> None:
    never = order_of(named("a", f"b:{condition}"), named("b"), b=state).never
    assert never is not None
    assert never.container == "a"
    assert never.reason == f"CannotStartContainerError: dependency graph: {sentence}"


@pytest.mark.parametrize("condition", ["COMPLETE", "SUCCESS", "HEALTHY"])
def test_a_dependency_has_its_start_timeout_from_its_own_start(condition: str) -> None:
    definitions = (named("a", f"b:{condition}"), named("b", start_timeout=30))
    assert order_of(*definitions).until is None, "it has not begun"
    waits = order_of(*definitions, b=RUNS)
    assert (waits.never, waits.until) == (None, NOW + 20)
    over = order_of(*definitions, now=NOW + 20, b=RUNS)
    assert over.never is not None
    assert over.never.reason == (
        "CannotStartContainerError: dependency graph: container ordering dependency "
        "[b(b-image) (RUNNING->RUNNING)] for target [a(a-image) (NONE->RUNNING)] has timed out."
    )


def test_a_start_timeout_is_nothing_to_what_runs_or_waits_for_a_start_alone() -> None:
    late = NOW + 1000
    begun = (named("a", "b:HEALTHY"), named("b", start_timeout=2))
    assert order_of(*begun, now=late, a=RUNS, b=RUNS).never is None
    start = (named("a", "b", "c:HEALTHY"), named("b", start_timeout=2), named("c"))
    assert order_of(*start, now=late, b=RUNS, c=RUNS) == StartOrder(may_run=frozenset("bc"))


def test_a_container_without_a_definition_may_always_run() -> None:
    task = new_task(definition_of(named("a")), system_ids(), 0.0)
    proxy = Container(arn=task.containers[0].arn, name="proxy", image="p")
    assert start_order((named("a"),), (*task.containers, proxy), NOW).may_run == {"a", "proxy"}
