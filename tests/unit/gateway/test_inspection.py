"""What of a request is refused and what changes nothing, at any depth."""

from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from hostless.gateway.inspection import UNKNOWN_HERE, Inspection, is_given
from hostless.protocols.catalogue import ServiceDescription

SHAPE = ServiceDescription("ecs").model.operation_model("RegisterTaskDefinition").input_shape


@dataclass(frozen=True, slots=True, kw_only=True)
class Logging:
    log_driver: str
    options: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    name: str
    log_configuration: Logging | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    family: str
    container_definitions: tuple[Container, ...] = ()


def inspection(**marks: Mapping[str, str]) -> Inspection:
    refused = marks.get("refused", {})
    return Inspection(SHAPE, Register, refused, marks.get("idle", {}))


def containers(**members: object) -> dict[str, object]:
    return {"family": "f", "container_definitions": [{"name": "a"}, {"name": "b", **members}]}


def test_what_the_records_hold_is_no_finding() -> None:
    logging = {"log_driver": "awslogs", "options": {"a": "b"}}
    found = inspection().findings(containers(log_configuration=logging))
    assert (found.refused, found.idle) == ({}, {})


def test_what_the_records_lack_is_idle_at_any_depth() -> None:
    secrets = {"log_driver": "x", "secret_options": [{"name": "n", "value_from": "v"}]}
    given = containers(image="i", log_configuration=secrets) | {"cpu": "256"}
    assert inspection().findings(given).idle == {
        "containerDefinitions.image": UNKNOWN_HERE,
        "containerDefinitions.logConfiguration.secretOptions": UNKNOWN_HERE,
        "cpu": UNKNOWN_HERE,
    }


def test_marks_are_found_inside_lists() -> None:
    path = "containerDefinitions.logConfiguration.options"
    found = inspection(refused={path: "no"}).findings(
        containers(log_configuration={"log_driver": "x", "options": {"a": "b"}})
    )
    assert found.refused == {path: "no"}


def test_a_single_key_of_a_map_can_have_a_mark() -> None:
    path = "containerDefinitions.logConfiguration.options.max-buffer-size"
    marked = inspection(idle={path: "no"})

    def found(**options: str) -> Mapping[str, str]:
        return marked.findings(
            containers(log_configuration={"log_driver": "x", "options": options})
        ).idle

    assert found(**{"max-buffer-size": "25m", "mode": "blocking"}) == {path: "no"}
    assert found(mode="blocking") == {}


def test_a_member_with_a_mark_hides_what_is_inside_it() -> None:
    marked = inspection(idle={"containerDefinitions.linuxParameters": "later"})
    found = marked.findings(containers(linux_parameters={"max_swap": 1}))
    assert found.idle == {"containerDefinitions.linuxParameters": "later"}


@pytest.mark.parametrize("value", [None, False, [], {}, ()])
def test_null_false_and_emptiness_say_nothing(value: object) -> None:
    assert not is_given(value)


@pytest.mark.parametrize("value", [0, "", True, [0], {"a": 1}])
def test_everything_else_says_something(value: object) -> None:
    assert is_given(value)
