"""A property holds for the real thing and must not hold for a mutant of it."""

from collections.abc import Callable
from typing import Any, TypeVar

from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import SearchStrategy

T = TypeVar("T")
_SETTINGS = settings(
    max_examples=150,
    database=None,
    derandomize=True,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    report_multiple_bugs=False,
)


def check(judge: Callable[[Any, T], None], subject: Any, examples: SearchStrategy[T]) -> None:
    """`judge(subject, example)` asserts what must hold; raises AssertionError when it does not."""

    @_SETTINGS
    @given(examples)
    def judged(example: T) -> None:
        judge(subject, example)

    judged()


def survives(judge: Callable[[Any, T], None], mutant: Any, examples: SearchStrategy[T]) -> bool:
    """Whether the property fails to see the mutation."""
    try:
        check(judge, mutant, examples)
    except AssertionError:
        return False
    return True
