"""Who may talk to whom by groups is who reaches whom by packets, where only groups decide."""

from collections.abc import Callable
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.network_sights import CALLER, HOME, SERVER, Small, at, end
from tests.support.security_groups import RandomRules, policies

from hostless.domain.group_talk import Talk, talks_of
from hostless.domain.network_sight import NetworkSight
from hostless.domain.traffic import NAMES, Traffic

PORTS = (80, 443, 8080)
CIDRS = ("0.0.0.0/0", HOME.vpc.cidr_block, f"{CALLER.address}/32", "192.168.0.0/16")
MEMBERS = (CALLER, SERVER, at(HOME, 2, 0, 3))
"""One of each group: what a rule says of some it says of all."""
Talks = Callable[[NetworkSight], tuple[Talk, ...]]


def small(seed: int, count: int) -> Small:
    rules = RandomRules(Random(seed), range(1, 4), PORTS, CIDRS).some(count)
    return Small(policies=policies(HOME.vpc.id, rules, 1, 2, 3), interfaces=MEMBERS)


def covers(told: str, traffic: Traffic) -> bool:
    if told == "everything":
        return True
    name, _, ports = told.partition(" ")
    if name != NAMES[traffic.protocol]:
        return False
    if traffic.port is None:
        return ports in ("", "8", "8/0")
    low, _, high = ports.partition("-")
    return not ports or int(low) <= traffic.port <= int(high or low)


def check(small: Small, traffic: Traffic, talks: Talks) -> None:
    said = {(t.source, t.target): t for t in talks(small.sight)}
    for caller in MEMBERS:
        for called in MEMBERS:
            if caller is called:
                continue
            talk = said.get((caller.security_groups[0], called.security_groups[0]))
            may = talk is not None and any(covers(each, traffic) for each in talk.traffic)
            assert may is small.explained(end(caller), end(called), traffic).passes
            assert talk is None or not talk.is_partial


TRAFFIC = st.one_of(
    st.builds(Traffic, protocol=st.sampled_from((6, 17)), port=st.sampled_from((*PORTS, 81))),
    st.just(Traffic(protocol=1)),
)


def of_home(sight: NetworkSight) -> tuple[Talk, ...]:
    return talks_of(sight, HOME.vpc.id)


@given(seed=st.integers(0, 10_000), count=st.integers(0, 40), traffic=TRAFFIC)
def test_groups_may_say_what_packets_reach(seed: int, count: int, traffic: Traffic) -> None:
    check(small(seed, count), traffic, of_home)


def one_sided(sight: NetworkSight) -> tuple[Talk, ...]:
    """Whoever may be talked to by somebody may be talked to by all."""
    talks = of_home(sight)
    heard = {talk.target: talk for talk in talks}
    return (
        *talks,
        *(
            Talk(source=group, target=target, traffic=talk.traffic, is_partial=False)
            for group in sight.policies
            for target, talk in heard.items()
        ),
    )


def nothing(sight: NetworkSight) -> tuple[Talk, ...]:
    return ()


@pytest.mark.parametrize("wrong", [one_sided, nothing])
def test_a_wrong_account_is_noticed(wrong: Talks) -> None:
    with pytest.raises(AssertionError):
        check_many(wrong)


def check_many(talks: Talks) -> None:
    for seed in range(20):
        check(small(seed, 12), Traffic(protocol=6, port=80), talks)
