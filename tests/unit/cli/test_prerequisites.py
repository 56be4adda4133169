"""What commands that run something need to be there."""

import pytest
from tests.support.fake_api import FakeApi

from hostless.cli.outcome import CommandFailed
from hostless.cli.prerequisites import MOST_SUBNETS, default_subnets


def api_with(count: int) -> FakeApi:
    api = FakeApi()
    subnets = [{"SubnetId": f"subnet-{number}"} for number in range(count)]
    api.answers["describe_subnets"] = {"Subnets": subnets}
    return api


def test_no_more_default_subnets_are_named_than_a_request_may_have() -> None:
    assert default_subnets(api_with(1)) == ["subnet-0"]
    assert len(default_subnets(api_with(20))) == MOST_SUBNETS


def test_without_default_subnets_it_is_said_how_to_get_some() -> None:
    with pytest.raises(CommandFailed) as failure:
        default_subnets(api_with(0))
    assert "no default subnet" in failure.value.message
    assert "create-default-vpc" in failure.value.advice
