"""Whether a container that ended is restarted."""

import pytest

from hostless.domain.container_definitions import ContainerDefinition, ContainerRestartPolicy
from hostless.domain.restart_rules import is_restarted

POLICY = ContainerRestartPolicy(enabled=True, ignored_exit_codes=(0, 7), restart_attempt_period=60)
DEFAULT = ContainerRestartPolicy(enabled=True)
OFF = ContainerRestartPolicy(enabled=False)


@pytest.mark.parametrize(
    ("policy", "exit_code", "ran_seconds", "expected"),
    [
        (None, 1, 1000.0, False),
        (OFF, 1, 1000.0, False),
        (POLICY, 1, 60.0, True),
        (POLICY, 137, 60.0, True),
        (POLICY, 1, 59.9, False),
        (POLICY, 0, 1000.0, False),
        (POLICY, 7, 1000.0, False),
        (POLICY, None, 1000.0, False),
        (DEFAULT, 0, 300.0, True),
        (DEFAULT, 0, 299.0, False),
    ],
)
def test_a_container_is_restarted_if_it_ran_long_enough_and_its_code_is_not_ignored(
    policy: ContainerRestartPolicy | None,
    exit_code: int | None,
    ran_seconds: float,
    expected: bool,
) -> None:
    definition = ContainerDefinition(name="main", restart_policy=policy)
    assert is_restarted(definition, exit_code=exit_code, ran_seconds=ran_seconds) is expected
