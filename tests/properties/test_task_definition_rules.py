"""Rules about task definitions: one property each, and for each a mutant that it must catch."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import strategies as st
from tests.support.mutation import check, survives

from hostless.domain import task_definition_rules
from hostless.domain.arns import TaskDefinitionArn
from hostless.domain.container_definitions import (
    ContainerDefinition,
    ContainerDependency,
    HostEntry,
    KernelCapabilities,
    KeyValuePair,
    LinuxParameters,
    PortMapping,
    ResourceRequirement,
)
from hostless.domain.cycles import has_cycle
from hostless.domain.definition_defaults import with_defaults
from hostless.domain.fargate_sizes import ALL_SIZES, SIZES_TO_16_VCPU
from hostless.domain.network_rules import check_ports
from hostless.domain.task_definition_rules import compatibilities_of, refusal_of
from hostless.domain.task_definitions import TaskDefinition


def container(name: str = "app", **members: Any) -> ContainerDefinition:
    return ContainerDefinition(name=name, image="busybox:1", **members)


def definition(*containers: ContainerDefinition, **members: Any) -> TaskDefinition:
    sound: dict[str, Any] = {
        "cpu": "256",
        "memory": "512",
        "network_mode": "awsvpc",
        "requires_compatibilities": ("FARGATE",),
    }
    return TaskDefinition(
        arn=TaskDefinitionArn("arn"),
        family="web",
        revision=1,
        container_definitions=containers or (container(),),
        registered_at=0.0,
        registered_by="test",
        **{**sound, **members},
    )


def refused(given: TaskDefinition) -> str | None:
    return refusal_of(given, ALL_SIZES)


Rule = Callable[[TaskDefinition], str | None]
names = st.from_regex(r"\A[A-Za-z0-9_-]{1,255}\Z")


def without(part: str) -> Rule:
    """A mutant: the rules with one part of the module left out."""

    def mutant(given: TaskDefinition) -> str | None:
        kept = getattr(task_definition_rules, part)
        setattr(task_definition_rules, part, lambda *_: iter(()))
        try:
            return refusal_of(given, ALL_SIZES)
        finally:
            setattr(task_definition_rules, part, kept)

    return mutant


def judge_essential(rule: Rule, flags: list[bool | None]) -> None:
    containers = [container(f"c{n}", essential=flag) for n, flag in enumerate(flags)]
    none_is_essential = all(flag is False for flag in flags)
    assert (rule(definition(*containers)) is not None) == none_is_essential


def judge_number(rule: Rule, count: int) -> None:
    containers = [container(f"c{n}") for n in range(count)]
    made = replace(definition(), container_definitions=tuple(containers))
    assert (rule(made) is None) == (1 <= count <= 10)


def judge_names(rule: Rule, given: list[str]) -> None:
    made = definition(*(container(name) for name in given))
    assert (rule(made) is None) == (len(set(given)) == len(given))


def judge_family(rule: Rule, family: str) -> None:
    letters = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")
    sound = 1 <= len(family) <= 255 and set(family) <= letters
    assert (rule(replace(definition(), family=family)) is None) == sound


def judge_cpu_sum(rule: Rule, shares: list[int]) -> None:
    made = definition(*(container(f"c{n}", cpu=cpu) for n, cpu in enumerate(shares)))
    assert (rule(made) is None) == (sum(shares) <= 256)


def judge_memory(rule: Rule, sizes: list[tuple[int | None, int | None]]) -> None:
    made = definition(
        *(
            container(f"c{n}", memory=hard, memory_reservation=soft)
            for n, (hard, soft) in enumerate(sizes)
        )
    )
    reserved = sum((hard or 0) if soft is None else soft for hard, soft in sizes)
    fits = reserved <= 512 and all((hard or 0) <= 512 for hard, _ in sizes)
    ordered = all(hard is None or soft is None or soft <= hard for hard, soft in sizes)
    assert (rule(made) is None) == (fits and ordered)


_megabytes = st.one_of(st.none(), st.integers(6, 600))
BASIC: list[tuple[str, Callable[[Rule, Any], None], st.SearchStrategy[Any]]] = [
    (
        "_check_containers",
        judge_essential,
        st.lists(st.sampled_from((True, False, None)), min_size=1, max_size=10),
    ),
    ("_check_containers", judge_number, st.integers(0, 14)),
    (
        "_check_containers",
        judge_names,
        st.lists(names, min_size=1, max_size=4),
    ),
    ("_check_family", judge_family, st.one_of(names, st.text(max_size=260))),
    ("_check_amounts", judge_cpu_sum, st.lists(st.integers(0, 300), min_size=1, max_size=5)),
    (
        "_check_amounts",
        judge_memory,
        st.lists(st.tuples(_megabytes, _megabytes), min_size=1, max_size=4),
    ),
]


@pytest.mark.parametrize(("part", "judge", "examples"), BASIC, ids=[b[1].__name__ for b in BASIC])
def test_a_basic_rule_holds_and_its_absence_is_seen(
    part: str, judge: Callable[[Rule, Any], None], examples: st.SearchStrategy[Any]
) -> None:
    check(judge, refused, examples)
    assert not survives(judge, without(part), examples)


# Dependencies


def reachable(edges: dict[str, list[str]], start: str) -> set[str]:
    seen: set[str] = set()
    todo = list(edges[start])
    while todo:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            todo += edges.get(name, [])
    return seen


def judge_cycle(
    decides: Callable[[dict[str, list[str]]], bool], edges: dict[str, list[str]]
) -> None:
    leads_back = any(name in reachable(edges, name) for name in edges)
    assert decides(edges) == leads_back


_nodes = tuple("abc")
graphs = st.fixed_dictionaries(
    {node: st.lists(st.sampled_from(_nodes), max_size=1) for node in _nodes}
)


def only_direct_cycles(edges: dict[str, list[str]]) -> bool:
    return any(name in edges[other] for name in edges for other in edges[name])


def test_dependencies_may_not_lead_back_and_long_ways_back_are_seen() -> None:
    check(judge_cycle, has_cycle, graphs)
    assert not survives(judge_cycle, only_direct_cycles, graphs)


def judge_missing_dependency(rule: Rule, named: str) -> None:
    waiting = container(
        "one", depends_on=(ContainerDependency(container_name=named, condition="START"),)
    )
    assert (rule(definition(waiting, container("two"))) is None) == (named == "two")


def test_a_dependency_names_another_container() -> None:
    examples = st.one_of(st.just("two"), st.just("one"), names)
    check(judge_missing_dependency, refused, examples)
    assert not survives(judge_missing_dependency, without("_check_dependencies"), examples)


# Ports


def judge_ports(rule: Rule, mappings: list[tuple[int, int, str]]) -> None:
    containers = [
        container(f"c{n}", port_mappings=(mapping_of(*mapping),))
        for n, mapping in enumerate(mappings)
    ]
    taken = [
        (port, protocol) for low, size, protocol in mappings for port in range(low, low + size)
    ]
    assert (rule(definition(*containers)) is None) == (len(set(taken)) == len(taken))


def mapping_of(low: int, size: int, protocol: str) -> PortMapping:
    if size == 1:
        return PortMapping(container_port=low, protocol=protocol)
    return PortMapping(container_port_range=f"{low}-{low + size - 1}", protocol=protocol)


_mappings = st.lists(
    st.tuples(st.integers(80, 99), st.integers(1, 4), st.sampled_from(("tcp", "udp"))),
    min_size=1,
    max_size=4,
)


def only_equal_ports(given: TaskDefinition) -> str | None:
    ports = [m.container_port for c in given.container_definitions for m in c.port_mappings]
    single = [port for port in ports if port is not None]
    return "twice" if len(set(single)) < len(single) else None


def test_every_port_of_a_task_is_given_once_per_protocol() -> None:
    check(judge_ports, refused, _mappings)
    assert not survives(judge_ports, only_equal_ports, _mappings)


def test_a_host_port_is_the_containers_own() -> None:
    def judge(rule: Rule, ports: tuple[int, int]) -> None:
        mapping = PortMapping(container_port=ports[0], host_port=ports[1])
        made = definition(container(port_mappings=(mapping,)))
        assert (rule(made) is None) == (ports[1] in (0, ports[0]))

    examples = st.tuples(st.integers(1, 3), st.integers(0, 3))
    check(judge, refused, examples)
    assert not survives(judge, without("check_ports"), examples)
    assert list(check_ports(definition())) == []


# What Fargate takes away

FORBIDDEN: dict[str, dict[str, Any]] = {
    "privileged": {"privileged": True},
    "links": {"links": ("x",)},
    "hostname": {"hostname": "x"},
    "disableNetworking": {"disable_networking": True},
    "dnsServers": {"dns_servers": ("1.1.1.1",)},
    "dnsSearchDomains": {"dns_search_domains": ("x",)},
    "extraHosts": {"extra_hosts": (HostEntry(hostname="h", ip_address="1.1.1.1"),)},
    "dockerSecurityOptions": {"docker_security_options": ("x",)},
    "gpu": {"resource_requirements": (ResourceRequirement(type="GPU", value="1"),)},
    "maxSwap": {"linux_parameters": LinuxParameters(max_swap=1)},
    "swappiness": {"linux_parameters": LinuxParameters(swappiness=0)},
    "sharedMemorySize": {"linux_parameters": LinuxParameters(shared_memory_size=64)},
    "capabilities": {
        "linux_parameters": LinuxParameters(capabilities=KernelCapabilities(add=("NET_ADMIN",)))
    },
}


def judge_forbidden(rule: Rule, example: tuple[str, int, int]) -> None:
    """Wherever the member stands, and only where it stands, the definition is refused."""
    what, count, at = example
    sound = [container(f"c{n}") for n in range(count)]
    assert rule(definition(*sound)) is None
    sound[at % count] = replace(sound[at % count], **FORBIDDEN[what])
    assert rule(definition(*sound)) is not None


def only_the_first_container(given: TaskDefinition) -> str | None:
    return refused(replace(given, container_definitions=given.container_definitions[:1]))


def test_what_fargate_forbids_is_forbidden_in_every_container() -> None:
    examples = st.tuples(st.sampled_from(sorted(FORBIDDEN)), st.integers(1, 4), st.integers(0, 3))
    check(judge_forbidden, refused, examples)
    assert not survives(judge_forbidden, only_the_first_container, examples)
    assert not survives(judge_forbidden, without("fargate_refusals"), examples)


# Defaults and compatibilities


@st.composite
def sound_definitions(draw: st.DrawFn) -> TaskDefinition:
    size = draw(st.sampled_from(ALL_SIZES))
    memory = draw(st.sampled_from(size.memory_mib))
    cpu = draw(st.sampled_from((str(size.cpu_units), f"{size.cpu_units / 1024} vCPU")))
    written = draw(st.sampled_from((str(memory), f"{memory / 1024} GB")))
    port = draw(st.one_of(st.none(), st.integers(1, 65535)))
    mappings = () if port is None else (PortMapping(container_port=port),)
    pairs = draw(st.lists(st.builds(KeyValuePair, name=names, value=st.text()), max_size=3))
    return definition(
        container(port_mappings=mappings, environment=tuple(pairs)), cpu=cpu, memory=written
    )


def judge_defaults(fill: Callable[[TaskDefinition], TaskDefinition], given: TaskDefinition) -> None:
    filled = fill(given)
    assert refused(filled) is None
    assert fill(filled) == filled
    assert (filled.cpu or "").isdigit()
    assert (filled.memory or "").isdigit()
    assert all(c.essential is True and c.cpu is not None for c in filled.container_definitions)
    assert all(
        m.host_port == m.container_port and m.protocol == "tcp"
        for c in filled.container_definitions
        for m in c.port_mappings
    )
    kept = [c.environment for c in filled.container_definitions]
    assert kept == [c.environment for c in given.container_definitions]


def test_defaults_fill_in_what_is_silent_and_change_nothing_twice() -> None:
    check(judge_defaults, with_defaults, sound_definitions())
    assert not survives(judge_defaults, lambda given: given, sound_definitions())


def judge_compatible(
    of: Callable[[TaskDefinition], tuple[str, ...]], given: TaskDefinition
) -> None:
    """A definition that passes for FARGATE is compatible whether it asks for it or not."""
    silent = replace(given, requires_compatibilities=())
    assert "FARGATE" in of(silent)
    assert "FARGATE" not in of(replace(silent, network_mode="bridge"))
    assert "FARGATE" not in of(replace(silent, cpu="257"))


def test_compatibility_is_computed_and_not_believed() -> None:
    check(judge_compatible, lambda d: compatibilities_of(d, ALL_SIZES), sound_definitions())
    assert not survives(judge_compatible, lambda d: d.requires_compatibilities, sound_definitions())
    assert not survives(
        judge_compatible, lambda d: compatibilities_of(d, SIZES_TO_16_VCPU), sound_definitions()
    )
