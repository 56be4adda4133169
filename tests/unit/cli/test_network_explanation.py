"""What a person reads about a packet, and the exit code a program goes by."""

from typing import Any

import pytest

from hostless.cli.network_explanation import exit_code_of, show_explanation
from hostless.cli.outcome import DISAGREED, DROPPED

GROUPS = [{"groupId": "sg-1", "groupName": "web"}]
CALLER = {
    "kind": "interface",
    "address": "10.0.0.1",
    "interface": {"kind": "task", "owner": "arn:aws:ecs:x:y:task/default/0123456789abcdef"},
    "groups": GROUPS,
}
HOST = {"kind": "host", "address": "10.0.0.3", "groups": []}
RULES = [
    {"where": "the router", "what": "groups egress: accept", "isAnswer": False},
    {"where": "the router", "what": "groups ingress: accept", "isAnswer": False},
    {"where": "the router", "what": "groups ingress: ct state", "isAnswer": True},
]


def answer(passes: bool, real: bool | None, **more: Any) -> dict[str, Any]:
    step = {"stage": "group", "passes": passes, "text": "no rule of sg-1", "isAnswer": False}
    fabric: dict[str, Any] = {"isReal": True, "met": RULES}
    found = {
        "packet": "tcp port 80",
        "from": HOST,
        "to": CALLER,
        "passes": passes,
        "decidedBy": step["text"],
        "steps": [step],
        "fabric": fabric,
        **more,
    }
    if real is not None:
        fabric["passes"] = real
        found["agrees"] = real == passes
    else:
        fabric["why"] = "a rule is not understood"
    return found


@pytest.mark.parametrize(
    ("passes", "real", "code"),
    [
        (True, True, 0),
        (False, False, DROPPED),
        (True, False, DISAGREED),
        (False, True, DISAGREED),
        (True, None, 0),
        (False, None, DROPPED),
    ],
)
def test_the_exit_code_says_what_becomes_of_the_packet(
    passes: bool, real: bool | None, code: int
) -> None:
    assert exit_code_of(answer(passes, real)) == code


def printed(capsys: pytest.CaptureFixture[str], found: dict[str, Any], **how: bool) -> list[str]:
    show_explanation(found, with_rules=how.get("with_rules", False))
    return capsys.readouterr().out.splitlines()


def test_a_dropped_packet_is_told_with_what_dropped_it(capsys: pytest.CaptureFixture[str]) -> None:
    lines = printed(capsys, answer(False, False))
    assert lines[:3] == [
        "tcp port 80 from host (10.0.0.3) to task 01234567 (10.0.0.1) is DROPPED",
        "because no rule of sg-1",
        "sg-1 is web",
    ]
    assert "DROP      group    no rule of sg-1" in lines
    assert lines[-2:] == [
        "on this machine: is DROPPED",
        "  the router (the answer): groups ingress: ct state",
    ]


def test_a_packet_that_passes_is_told_with_the_rules_on_its_way_there(
    capsys: pytest.CaptureFixture[str],
) -> None:
    lines = printed(capsys, answer(True, True))
    assert lines[-3:] == [
        "on this machine: passes",
        "  the router: groups egress: accept",
        "  the router: groups ingress: accept",
    ]
    assert len(printed(capsys, answer(True, True), with_rules=True)) == len(lines) + 1


def test_a_disagreement_is_said_loudly(capsys: pytest.CaptureFixture[str]) -> None:
    assert "DISAGREE" in printed(capsys, answer(True, False))[-1]
    assert not any("DISAGREE" in line for line in printed(capsys, answer(True, None)))


def test_what_cannot_be_told_is_said_to_be_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert "on this machine: cannot be told: a rule is not understood" in printed(
        capsys, answer(True, None)
    )
