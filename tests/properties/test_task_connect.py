"""What proxies are told, for drawn services: nothing of theirs listens where something else does.

What must hold: a name has one address; every listening port is one listener's, and nobody's in the
task or among its names; and who is listed first makes no difference.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st
from tests.support.mutation import check, survives
from tests.unit.domain.test_task_connect import NAMESPACE, member, port

from hostless.domain.service_connect import ClientAlias, ConnectService, TaskConnect
from hostless.domain.task_connect import FIRST_LISTEN_PORT, Membership, task_connect
from hostless.kit.ids import Ids

NEAR = st.integers(FIRST_LISTEN_PORT, FIRST_LISTEN_PORT + 6)
"""Ports that proxies would take."""
DNS_NAMES = st.sampled_from(["a", "b", "c.d", None])


@st.composite
def members(draw: Any) -> list[Membership]:
    """Services whose discovery names, and pairs of DNS name and port, differ."""
    names = draw(st.lists(st.tuples(DNS_NAMES, NEAR), max_size=5, unique=True))
    found = []
    for number, (dns_name, at) in enumerate(names):
        service = ConnectService(
            port_name="http",
            discovery_name=f"s{number}",
            client_aliases=(ClientAlias(port=at, dns_name=dns_name),),
            ingress_port_override=draw(st.none() | st.integers(15_010, 15_012)),
        )
        found.append(member([port(draw(NEAR), "http")], service))
    return found


Settle = Callable[[Membership, Sequence[Membership]], TaskConnect]


def real(own: Membership, drawn: Sequence[Membership]) -> TaskConnect:
    return task_connect(own, NAMESPACE, drawn, Ids(random.Random(1)))


def careless(own: Membership, drawn: Sequence[Membership]) -> TaskConnect:
    """Takes ports in their order, whoever listens there."""
    connect = real(own, drawn)
    ports = range(FIRST_LISTEN_PORT, FIRST_LISTEN_PORT + len(connect.upstreams))
    upstreams = (
        replace(each, listen_port=at) for each, at in zip(connect.upstreams, ports, strict=True)
    )
    return replace(connect, upstreams=tuple(upstreams))


def judge(settle: Settle, example: tuple[list[Membership], int, random.Random]) -> None:
    drawn, number, shuffle = example
    own = [*drawn, member([port(15_001)])][number % (len(drawn) + 1)]
    connect = settle(own, drawn)
    listening = [each.listen_port for each in (*connect.ingresses, *connect.upstreams)]
    assert len(set(listening)) == len(listening)
    mappings = (m for c in own.definition.container_definitions for m in c.port_mappings)
    taken = {m.container_port for m in mappings} | {each.port for each in connect.upstreams}
    own_choices = {s.ingress_port_override for s in own.configuration.services}
    assert not ({*listening} - own_choices) & taken
    addresses = {(each.dns_name, each.address) for each in connect.upstreams}
    assert len(addresses) == len({name for name, _ in addresses}) == len({a for _, a in addresses})
    shuffled = shuffle.sample(drawn, len(drawn))
    assert settle(own, shuffled) == connect


def test_what_proxies_listen_on_is_nobody_elses() -> None:
    examples = st.tuples(members(), st.integers(0, 5), st.randoms(use_true_random=False))
    check(judge, real, examples)
    assert not survives(judge, careless, examples)
