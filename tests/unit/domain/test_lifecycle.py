"""Unit tests of the table of allowed moves and of the drawing made from it."""

from pathlib import Path

import pytest

from hostless.domain.lifecycle import (
    MEANINGS,
    MOVES,
    IllegalMove,
    check_move,
    drawing,
    is_allowed,
)

DOCUMENT = Path(__file__).parents[3] / "docs" / "task-life-cycle.md"


def test_every_state_leads_to_the_end() -> None:
    for status in MOVES:
        reached, frontier = set(), {status}
        while frontier:
            reached |= frontier
            frontier = {after for at in frontier for after in MOVES[at]} - reached
        assert "STOPPED" in reached


def test_no_move_leads_back() -> None:
    order = list(MOVES)
    for before, afters in MOVES.items():
        assert all(order.index(after) > order.index(before) for after in afters)


def test_a_stopped_task_moves_no_more() -> None:
    assert not MOVES["STOPPED"]


def test_an_illegal_move_raises_with_the_story() -> None:
    with pytest.raises(IllegalMove, match=r"RUNNING may not become PENDING; so far: it ran"):
        check_move("RUNNING", "PENDING", "it ran")
    check_move("RUNNING", "DEACTIVATING")


def test_staying_is_allowed() -> None:
    assert all(is_allowed(status, status) for status in MOVES)


def test_every_state_has_a_meaning() -> None:
    assert MEANINGS.keys() == MOVES.keys()


def test_the_drawing_in_the_documentation_is_the_table() -> None:
    assert f"```mermaid\n{drawing()}\n```" in DOCUMENT.read_text(), (
        "docs/task-life-cycle.md is stale: put hostless.domain.lifecycle.drawing() there"
    )
