"""The lists are those of the API model's documentation."""

import re

import botocore.session

from hostless.domain.linux_names import CAPABILITIES, TMPFS_OPTIONS


def documented(shape: str, member: str, pattern: str) -> set[str]:
    model = botocore.session.get_session().get_service_model("ecs")
    return set(re.findall(pattern, model.shape_for(shape).members[member].documentation))


def test_capabilities_are_those_of_the_model() -> None:
    for member in ("add", "drop"):
        assert documented("KernelCapabilities", member, '"([A-Z_]+)"') == CAPABILITIES


def test_options_of_a_tmpfs_are_those_of_the_model() -> None:
    assert documented("Tmpfs", "mountOptions", '"([a-z_]+)"') == TMPFS_OPTIONS
