"""Sentences, and which of them are not said twice."""

from tests.support.service_facts import NOW, task_of

from hostless.controllers.service import news
from hostless.controllers.service.facts import EventMemory
from hostless.controllers.service.news import REPEATED_AFTER_SECONDS, in_full, is_new

UNPLACED = in_full("web", news.UNPLACED.message or "")
STEADY = in_full("web", news.STEADY.message or "")


def test_a_state_is_told_again_only_after_six_hours_or_when_it_came_back() -> None:
    told = EventMemory(told_at={UNPLACED: NOW}, last_message=UNPLACED)
    assert is_new(news.UNPLACED, "web", EventMemory(), NOW)
    assert not is_new(news.UNPLACED, "web", told, NOW + 60)
    assert is_new(news.UNPLACED, "web", told, NOW + REPEATED_AFTER_SECONDS)
    mended = EventMemory(told_at={UNPLACED: NOW, STEADY: NOW + 9}, steady_at=NOW + 9)
    assert is_new(news.UNPLACED, "web", mended, NOW + 60)


def test_steadiness_is_told_again_after_anything_else_was_told() -> None:
    steady = EventMemory(told_at={STEADY: NOW}, steady_at=NOW, last_message=STEADY)
    assert not is_new(news.STEADY, "web", steady, NOW + 60)
    moved = EventMemory(told_at={STEADY: NOW}, steady_at=NOW, last_message="something")
    assert is_new(news.STEADY, "web", moved, NOW + 60)


def test_a_happening_is_always_told() -> None:
    told = news.started([task_of("d")])
    memory = EventMemory(told_at={in_full("web", told.message or ""): NOW})
    assert is_new(told, "web", memory, NOW)


def test_tasks_are_named_as_ecs_names_them() -> None:
    running, pending = task_of("d"), task_of("d", "PENDING")
    message = news.started([running, pending], replaced=2).message
    assert message == (
        f"has started 2 tasks: (task {running.id}) (task {pending.id}). "
        "Amazon ECS replaced 2 tasks due to an unhealthy status."
    )
    assert [each.message for each in news.stopped([running, pending])] == [
        "stopped 1 pending tasks.",
        f"has stopped 1 running tasks: (task {running.id}).",
    ]
