"""What services of a voyage are made of: images and how they behave, bounds, where tasks may go."""

from typing import Any

from hostless.compute.simulated.behaviour import Behaviour

HEALTHY_AFTER = 40.0
ZONES = ("us-east-1a", "us-east-1b", "us-east-1c")
GOOD = ("good", "slow", "stubborn")
"""Images whose tasks get to RUNNING and stay."""
BAD = ("unpullable", "unstartable", "short", "unhealthy")
"""Images whose tasks never do what they should."""
BEHAVIOURS = (
    Behaviour(image="good", pull_seconds=(0.5, 3.0), start_seconds=0.2, stop_seconds=0.5),
    Behaviour(image="slow", pull_seconds=(30.0, 300.0), start_seconds=(0.0, 20.0)),
    Behaviour(image="stubborn", pull_seconds=1.0, ignores_stop_signal=True),
    Behaviour(image="unpullable", pull_seconds=2.0, pull_failure="CannotPullContainerError: no"),
    Behaviour(image="unstartable", start_failure="CannotStartContainerError: no"),
    Behaviour(image="short", pull_seconds=1.0, exit_after_seconds=(0.0, 4.0), exit_code=1),
    Behaviour(image="unhealthy", pull_seconds=1.0, unhealthy_after_seconds=0.0),
    Behaviour(
        image="flaky",
        pull_seconds=(1.0, 10.0),
        pull_failure="CannotPullContainerError: timeout",
        pull_failure_probability=0.3,
        crash_probability=0.4,
        crash_within_seconds=300.0,
    ),
    Behaviour(image="sickly", pull_seconds=1.0, unhealthy_after_seconds=(20.0, 400.0)),
    Behaviour(image="doomed", pull_seconds=1.0, host_lost_after_seconds=(0.0, 200.0)),
)
IMAGES = (*GOOD, *GOOD, *BAD, "flaky", "sickly", "doomed")
BOUNDS = ((100, 200), (100, 150), (50, 200), (50, 100), (0, 100), (0, 200), (100, 125))
"""Minimum healthy and maximum percent, as a deployment can get on with them."""
STRATEGIES: tuple[list[dict[str, Any]], ...] = (
    [],
    [],
    [{"capacity_provider": "FARGATE_SPOT", "weight": 1}],
    [
        {"capacity_provider": "FARGATE", "base": 2, "weight": 1},
        {"capacity_provider": "FARGATE_SPOT", "weight": 2},
    ],
)
