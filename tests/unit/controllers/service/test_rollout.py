"""How many tasks start and stop, by the numbers."""

from typing import Any

import pytest

from hostless.controllers.service.rollout import Moves, Standing, bounds_of, moves_of
from hostless.domain.services import DeploymentConfiguration

PLENTY = 1000


def standing(desired: int, percents: tuple[int, int] = (100, 200), **counts: Any) -> Standing:
    configuration = DeploymentConfiguration(
        minimum_healthy_percent=percents[0], maximum_percent=percents[1]
    )
    given = {"startable": PLENTY, "placeable": PLENTY, **counts}
    return Standing(bounds=bounds_of(desired, configuration), **given)


@pytest.mark.parametrize(
    ("desired", "percents", "floor", "ceiling"),
    [(4, (100, 200), 4, 8), (3, (50, 125), 2, 3), (1, (0, 100), 0, 1), (0, (100, 200), 0, 0)],
)
def test_the_floor_rounds_up_and_the_ceiling_down(
    desired: int, percents: tuple[int, int], floor: int, ceiling: int
) -> None:
    bounds = standing(desired, percents).bounds
    assert (bounds.floor, bounds.ceiling) == (floor, ceiling)


def test_new_tasks_come_before_old_ones_go_where_there_is_room() -> None:
    assert moves_of(standing(4, other_healthy=4)) == Moves(start=4)


def test_an_old_task_goes_for_every_new_one_that_is_healthy() -> None:
    moves = moves_of(standing(4, healthy=3, starting=1, other_healthy=4))
    assert moves == Moves(stop_others=3)


def test_old_tasks_go_first_where_there_is_no_room_and_the_floor_allows_it() -> None:
    moves = moves_of(standing(4, (50, 100), other_healthy=4))
    assert (moves.start, moves.stop_others) == (0, 2)


def test_old_tasks_go_first_where_the_machine_is_full() -> None:
    moves = moves_of(standing(4, (50, 200), other_healthy=4, placeable=1))
    assert (moves.start, moves.stop_others, moves.unplaced) == (1, 2, 3)


def test_old_tasks_stay_while_new_ones_are_only_held_back() -> None:
    assert moves_of(standing(4, (0, 200), other_healthy=4, startable=0)) == Moves()


def test_what_was_asked_to_stop_still_counts_against_the_ceiling() -> None:
    assert moves_of(standing(2, (0, 100), stopping=2)).start == 0
    assert moves_of(standing(2, (0, 100), stopping=1)).start == 1


def test_nothing_can_move_between_a_floor_and_a_ceiling_that_are_the_same() -> None:
    moves = moves_of(standing(1, (100, 100), other_healthy=1))
    assert moves == Moves(is_stuck=True)


def test_unhealthy_tasks_are_replaced_before_they_are_stopped() -> None:
    assert moves_of(standing(2, healthy=1, unhealthy=1)) == Moves(start=1)
    assert moves_of(standing(2, healthy=1, waiting=1, unhealthy=1)) == Moves()
    assert moves_of(standing(2, healthy=2, unhealthy=1)) == Moves(stop_unhealthy=1)


def test_unhealthy_tasks_go_one_by_one_where_there_is_no_room_for_others() -> None:
    moves = moves_of(standing(3, (100, 100), healthy=1, unhealthy=2))
    assert moves == Moves(stop_unhealthy=1)
    moves = moves_of(standing(3, (100, 100), healthy=1, unhealthy=1, stopping=1))
    assert moves == Moves()


def test_scaling_in_stops_what_is_too_much() -> None:
    assert moves_of(standing(2, healthy=5)) == Moves(stop_good=3)


def test_a_deployment_that_was_given_up_only_shrinks() -> None:
    failed = {"is_given_up": True, "other_healthy": 3}
    assert moves_of(standing(3, **failed)) == Moves()
    assert moves_of(standing(2, **failed)) == Moves(stop_others=1)
    assert moves_of(standing(3, starting=1, **failed)) == Moves(stop_good=1)


def test_one_task_too_many_is_wanted_while_zones_are_made_even() -> None:
    assert moves_of(standing(3, healthy=3, is_rebalancing=True)) == Moves(start=1)
    assert moves_of(standing(3, healthy=3, starting=1, is_rebalancing=True)) == Moves()
    assert moves_of(standing(3, healthy=4)) == Moves(stop_good=1)


def test_zones_that_cannot_be_made_even_are_no_shortage() -> None:
    full = standing(3, (100, 100), healthy=3, is_rebalancing=True)
    assert moves_of(full) == Moves()
    assert moves_of(standing(3, healthy=3, is_rebalancing=True, placeable=0)) == Moves()


def test_lost_old_tasks_are_made_up_for_before_failing_new_ones_are_tried() -> None:
    moves = moves_of(standing(3, (100, 134), other_healthy=2, fallback_startable=9))
    assert (moves.start_fallback, moves.start) == (1, 1)
    moves = moves_of(
        standing(3, other_healthy=2, other_starting=1, fallback_starting=1, fallback_startable=9)
    )
    assert (moves.start_fallback, moves.stop_idle_others) == (0, False)


def test_old_unhealthy_tasks_too_many_go_though_the_new_version_was_given_up() -> None:
    assert moves_of(standing(0, other_unhealthy=1, is_given_up=True)).stop_idle_others
    all_there_is = standing(2, other_healthy=1, other_unhealthy=1, is_given_up=True)
    assert moves_of(all_there_is) == Moves()


def test_nothing_is_stuck_while_an_old_task_is_being_made_up_for() -> None:
    counts = {"fallback_starting": 1, "other_starting": 1}
    assert moves_of(standing(1, (100, 125), **counts)) == Moves()
    assert moves_of(standing(1, (100, 125), other_healthy=1)) == Moves(is_stuck=True)
