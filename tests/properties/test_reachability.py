"""What is said to decide about a packet does: without it, something else decides or nothing does.

Each property is shown to notice an explanation that is wrong.
"""

from collections.abc import Callable
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.network_sights import (
    CALLER,
    HOME,
    OPEN,
    OTHER,
    POOL,
    SERVER,
    STRANGER,
    TO_INTERNET,
    Small,
    end,
    entry,
    without_rule,
)
from tests.support.security_groups import RandomRules, policies

from hostless.domain.network_acls import NetworkAclEntry
from hostless.domain.probes import Explanation, Step
from hostless.domain.traffic import Traffic

PORTS = (80, 443, 8080)
CIDRS = ("0.0.0.0/0", HOME.vpc.cidr_block, f"{CALLER.address}/32", OTHER.vpc.cidr_block, POOL)
SOURCE_PORT = 40000
Explain = Callable[[Small, Traffic], Explanation]


def explained(small: Small, traffic: Traffic, *, to: int = 1) -> Explanation:
    target = (CALLER, SERVER, STRANGER)[to]
    return small.explained(end(CALLER), end(target), traffic, SOURCE_PORT)


@st.composite
def smalls(draw: st.DrawFn) -> Small:
    random = Random(draw(st.integers(0, 10_000)))
    rules = RandomRules(random, range(1, 5), PORTS, CIDRS).some(draw(st.integers(0, 25)))
    acls = {place: (*OPEN, *draw(st.lists(entries(), max_size=4))) for place in (0, 1, 2)}
    small = Small(policies=policies(HOME.vpc.id, rules, 1, 2, 4), acls=acls)
    if draw(st.booleans()):
        small = replace(small, ways={**small.ways, draw(st.sampled_from((0, 2))): ()})
    return small


@st.composite
def entries(draw: st.DrawFn) -> NetworkAclEntry:
    port = draw(st.sampled_from((*PORTS, SOURCE_PORT)))
    which: dict[str, str | int] = {"cidr_ipv4": draw(st.sampled_from(CIDRS))}
    if draw(st.booleans()):
        which |= {"protocol": "6", "from_port": port, "to_port": port}
    return entry(
        draw(st.integers(1, 200)),
        is_egress=draw(st.booleans()),
        allows=draw(st.booleans()),
        **which,
    )


TRAFFIC = st.one_of(
    st.builds(Traffic, protocol=st.sampled_from((6, 17)), port=st.sampled_from(PORTS)),
    st.just(Traffic(protocol=1)),
)


def without_what_decided(small: Small, step: Step) -> Small | None:
    """The same without the rule or entry; None when it was the lack of one."""
    if step.stage == "group" and step.decided_by is not None:
        return without_rule(small, [step.decided_by])
    if step.stage == "acl" and step.decided_by and not step.decided_by.endswith("*"):
        place, number = step.decided_by.removeprefix("acl-").split()
        kept = tuple(e for e in small.acls[int(place)] if e.number != int(number))
        return replace(small, acls={**small.acls, int(place): kept})
    return None


def check_what_decides(small: Small, traffic: Traffic, explain: Explain) -> None:
    """Each rule or entry that is named, taken away, leaves its step to another, or changes it."""
    before = explain(small, traffic)
    for place, step in enumerate(before.steps):
        changed = without_what_decided(small, step)
        if changed is None:
            continue
        after = explain(changed, traffic)
        now = after.steps[place]
        assert (now.decided_by, now.passes) != (step.decided_by, step.passes)


def check_verdict(small: Small, traffic: Traffic, explain: Explain) -> None:
    """A packet passes when every step lets it, and then each step names what does."""
    found = explain(small, traffic)
    assert found.passes is all(step.passes for step in found.steps)
    assert found.decisive.passes is found.passes
    for step in found.steps:
        if step.stage == "group":
            assert step.passes is (step.decided_by is not None)


def check_more_rules_never_drop(small: Small, traffic: Traffic, explain: Explain) -> None:
    """Rules of groups only ever let more pass."""
    found = explain(small, traffic)
    if not found.passes:
        for policy in small.policies.values():
            for each in policy.rules:
                assert not explain(without_rule(small, [each.id]), traffic).passes


CHECKS = (check_what_decides, check_verdict, check_more_rules_never_drop)


@given(small=smalls(), traffic=TRAFFIC, to=st.sampled_from((1, 2)))
def test_what_is_said_to_decide_does(small: Small, traffic: Traffic, to: int) -> None:
    for check in CHECKS:
        check(small, traffic, lambda s, t: explained(s, t, to=to))


def names_the_first_rule(small: Small, traffic: Traffic) -> Explanation:
    """Whatever it is about."""
    found = explained(small, traffic)
    rules = [r.id for policy in small.policies.values() for r in policy.rules]
    steps = [
        replace(step, decided_by=rules[0]) if step.stage == "group" and rules else step
        for step in found.steps
    ]
    return replace(found, steps=tuple(steps))


def takes_one_rule_for_a_veto(small: Small, traffic: Traffic) -> Explanation:
    found = explained(small, traffic)
    has_many = sum(len(policy.rules) for policy in small.policies.values()) > 1
    steps = [replace(s, passes=s.passes and not has_many) for s in found.steps]
    return replace(found, steps=tuple(steps))


WEB_PASSES = Small(
    policies=policies(
        HOME.vpc.id,
        [
            each
            for seed in range(40)
            for each in RandomRules(Random(seed), range(1, 3), PORTS, CIDRS[:1]).some(2)
        ],
    ),
    ways={0: (TO_INTERNET,), 1: (TO_INTERNET,), 2: (TO_INTERNET,)},
    acls={0: OPEN, 1: OPEN, 2: OPEN},
)


def leaves_only(small: Small, count: int) -> Small:
    kept = {r.id for p in small.policies.values() for r in p.rules[:count]}
    gone = [r.id for p in small.policies.values() for r in p.rules if r.id not in kept]
    return without_rule(small, gone)


@pytest.mark.parametrize("wrong", [names_the_first_rule, takes_one_rule_for_a_veto])
def test_a_wrong_explanation_is_noticed(wrong: Explain) -> None:
    with pytest.raises(AssertionError):
        check_many(wrong)


def check_many(explain: Explain) -> None:
    for count in range(1, 30):
        for check in CHECKS:
            check(leaves_only(WEB_PASSES, count), Traffic(protocol=6, port=80), explain)


def test_a_right_explanation_is_not_complained_about() -> None:
    check_many(explained)
