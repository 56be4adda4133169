"""Rules of nftables held against a packet; that the kernel does the same is proven with packets."""

from dataclasses import replace
from typing import Any

import pytest
from tests.support.rule_listings import (
    ACCEPT,
    DROP,
    PORT,
    SOURCE,
    TARGET,
    Rule,
    chain,
    elements,
    match,
    to,
)

from hostless.network.local.ruleset_evaluation import Passing, Tables, passing
from hostless.network.local.ruleset_values import Flow, Packet, UnknownExpression

WEB = Packet(source="10.0.0.1", target="10.0.0.2", protocol=6, source_port=40000, target_port=80)
ANSWER = Packet(source="10.0.0.2", target="10.0.0.1", protocol=6, source_port=80, target_port=40000)
FLOW = Flow(packet=WEB, original=WEB, reply=ANSWER, iifname="eni1", oifname="host0")


def forwarded(*listing: list[dict[str, Any]], flow: Flow = FLOW) -> Passing:
    return passing(Tables([item for part in listing for item in part]), "forward", flow)


def lets_pass(*rules: Rule, flow: Flow = FLOW, sets: list[dict[str, Any]] | None = None) -> bool:
    """A chain that drops what no rule accepts."""
    return forwarded(
        sets or [], chain("f", *rules, hook="forward", policy="drop"), flow=flow
    ).passes


@pytest.mark.parametrize(
    ("expression", "fits"),
    [
        (match(TARGET, "10.0.0.2"), True),
        (match(TARGET, "10.0.0.3"), False),
        (match(TARGET, {"prefix": {"addr": "10.0.0.0", "len": 8}}), True),
        (match(TARGET, {"prefix": {"addr": "11.0.0.0", "len": 8}}, "!="), True),
        (match(TARGET, {"range": ["10.0.0.2", "10.0.0.9"]}), True),
        (match(TARGET, {"set": ["10.0.0.9", {"range": ["10.0.0.1", "10.0.0.3"]}]}), True),
        (match(PORT, {"range": [79, 81]}), True),
        (match(PORT, 81), False),
        (match({"payload": {"protocol": "udp", "field": "dport"}}, 81, "!="), False),
        (match({"payload": {"protocol": "th", "field": "sport"}}, 40000), True),
        (match({"payload": {"protocol": "ip6", "field": "saddr"}}, "::1", "!="), False),
        (match({"meta": {"key": "l4proto"}}, {"set": [6, 17]}), True),
        (match({"meta": {"key": "nfproto"}}, 2), True),
        (match({"meta": {"key": "iifname"}}, "eni*"), True),
        (match({"meta": {"key": "oifname"}}, "host0", "!="), False),
        (match({"ct": {"key": "state"}}, [2, 4], "in"), False),
        (match({"ct": {"key": "state"}}, 8, "in"), True),
        (match({"ct": {"key": "direction"}}, 0), True),
        (match({"ct": {"key": "ip daddr", "dir": "reply"}}, "10.0.0.1"), True),
        (match({"&": [{"meta": {"key": "mark"}}, 255]}, 0), True),
        (match({"concat": [SOURCE, PORT]}, "@pairs"), True),
    ],
)
def test_an_expression_fits_a_packet_or_not(expression: dict[str, Any], fits: bool) -> None:
    pairs = elements("set", "pairs", {"concat": ["10.0.0.1", {"range": [80, 90]}]})
    assert lets_pass([expression, ACCEPT], sets=pairs) is fits


@pytest.mark.parametrize(
    ("flags", "right", "fits"),
    [
        (["saddr"], True, True),
        (["daddr"], True, False),
        (["saddr", "iif"], True, True),
        (["saddr", "iif"], False, False),
    ],
)
def test_whether_routes_lead_to_an_address_is_asked_of_them(
    flags: list[str], right: bool, fits: bool
) -> None:
    flow = replace(FLOW, leads_to=lambda address: {WEB.source: "eni1"}.get(address, ""))
    asked = match({"fib": {"result": "oif", "flags": flags}}, right)
    assert lets_pass([asked, ACCEPT], flow=flow) is fits
    by_name = match({"fib": {"result": "oifname", "flags": flags}}, "eni1")
    assert lets_pass([by_name, ACCEPT], flow=flow) is (flags[0] == "saddr")


def test_a_rule_needs_all_of_its_expressions_and_the_first_rule_that_fits_decides() -> None:
    assert not lets_pass([match(TARGET, "10.0.0.2"), match(PORT, 81), ACCEPT])
    assert lets_pass([match(PORT, 80), ACCEPT], [DROP])
    assert not lets_pass([DROP], [ACCEPT])


def test_a_packet_has_to_pass_every_chain_of_the_hook_in_order() -> None:
    opens = chain("a", [ACCEPT], hook="forward", priority=-5)
    closes = chain("b", [DROP], hook="forward", priority=0)
    found = forwarded(closes, opens)
    assert not found.passes
    assert [(met.chain, met.verb) for met in found.met] == [("a", "accept"), ("b", "drop")]
    assert forwarded(opens, chain("c", [DROP], hook="input")).passes


def test_a_policy_that_drops_is_said_to_have_dropped() -> None:
    found = forwarded(chain("f", hook="forward", policy="drop"))
    assert [(met.handle, met.verb) for met in found.met] == [(None, "policy drop")]


@pytest.mark.parametrize(("verb", "passes"), [("jump", True), ("goto", False)])
def test_after_a_jump_it_goes_on_and_after_a_goto_it_does_not(verb: str, passes: bool) -> None:
    base = chain("f", [to("sub", verb)], [ACCEPT], hook="forward", policy="drop")
    assert forwarded(base, chain("sub", [match(PORT, 81), ACCEPT])).passes is passes
    assert forwarded(base, chain("sub", [ACCEPT])).passes
    returning = chain("sub", [{"return": None}], [DROP])
    assert forwarded(base, returning).passes is passes


def test_a_verdict_map_sends_on_and_what_it_does_not_hold_goes_by() -> None:
    sets = elements("map", "m", [{"elem": {"val": "10.0.0.1", "comment": "eni"}}, to("sub")])
    by_map = chain("f", [{"vmap": {"key": SOURCE, "data": "@m"}}], hook="forward", policy="drop")
    assert forwarded(sets, by_map, chain("sub", [ACCEPT])).passes
    other = replace(FLOW, packet=replace(WEB, source="10.0.0.9"))
    assert not forwarded(sets, by_map, chain("sub", [ACCEPT]), flow=other).passes


def test_marks_are_set_and_seen_by_later_rules() -> None:
    mark = {"meta": {"key": "mark"}}
    setting = [{"mangle": {"key": mark, "value": {"|": [mark, 4]}}}]
    assert lets_pass(setting, [match(mark, 4), ACCEPT])
    ct_mark = {"ct": {"key": "mark"}}
    found = forwarded(
        chain("f", [{"mangle": {"key": ct_mark, "value": 2}}, ACCEPT], hook="forward")
    )
    assert found.flow.ct_mark == 2


def test_addresses_are_translated_by_maps_and_the_answers_is_known() -> None:
    sets = elements("map", "public_of", ["10.0.0.1", "198.18.0.9"])
    nat = {"snat": {"family": "ip", "addr": {"map": {"key": SOURCE, "data": "@public_of"}}}}
    tables = Tables([*sets, *chain("n", [nat], hook="postrouting", priority=100, kind="nat")])
    found = passing(tables, "postrouting", FLOW)
    assert found.flow.packet.source == "198.18.0.9"
    assert found.flow.reply.target == "198.18.0.9"
    known = passing(tables, "postrouting", FLOW, lambda packet: packet)
    assert known.flow.packet == WEB
    nobody = replace(FLOW, packet=replace(WEB, source="10.0.0.7"))
    assert passing(tables, "postrouting", nobody).flow.packet.source == "10.0.0.7"


@pytest.mark.parametrize(
    "rule",
    [
        [{"quota": {"val": 1}}, ACCEPT],
        [match({"meta": {"key": "skuid"}}, 0), ACCEPT],
        [match({"osf": {"key": "name"}}, "Linux"), ACCEPT],
        [match(TARGET, {"strange": 1}), ACCEPT],
        [match({"fib": {"result": "type", "flags": ["daddr"]}}, 2), ACCEPT],
        [match({"fib": {"result": "oif", "flags": ["saddr"]}}, 7), ACCEPT],
        [{"queue": {"num": 1}}],
        [{"snat": {"addr": "1.2.3.4", "port": 5, "flags": "random"}}],
        [{"snat": {"addr": "1.2.3.4", "port": {"range": [1, 2]}}}],
    ],
)
def test_what_is_not_understood_is_refused_and_never_guessed(rule: Rule) -> None:
    with pytest.raises(UnknownExpression):
        lets_pass(rule)


def test_what_the_packet_does_not_meet_need_not_be_understood() -> None:
    assert lets_pass([match(PORT, 81), {"queue": {"num": 1}}], [ACCEPT])


def test_chains_before_connection_tracking_know_no_connections() -> None:
    early = chain(
        "raw", [match({"ct": {"key": "state"}}, 8, "in"), DROP], hook="prerouting", priority=-300
    )
    with pytest.raises(UnknownExpression):
        passing(Tables(early), "prerouting", FLOW)
