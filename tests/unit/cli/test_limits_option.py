"""`--api-limits`: none, aws or a file."""

from pathlib import Path

import click
import pytest

from hostless.cli.limits_option import api_limits
from hostless.domain.api_limits import AWS_LIMITS, AWS_RATES, NO_LIMITS
from hostless.domain.quotas import AWS_QUOTAS
from hostless.kit.token_buckets import Rate


def written(folder: Path, text: str) -> str:
    path = folder / "limits.toml"
    path.write_text(text)
    return str(path)


def test_the_presets_have_names() -> None:
    assert api_limits("none") == NO_LIMITS
    assert api_limits("aws") == AWS_LIMITS


def test_a_file_lays_its_figures_over_a_preset(tmp_path: Path) -> None:
    limits = api_limits(
        written(
            tmp_path,
            'preset = "aws"\n[rates]\nservice-modify = { burst = 9, refill = 0.5 }\n'
            "[quotas]\non_demand_vcpus = 4000\n",
        )
    )
    assert limits.rates["service-modify"] == Rate(burst=9, refill=0.5)
    assert limits.rates["service-read"] == AWS_RATES["service-read"]
    assert limits.quotas.on_demand_vcpus == 4000
    assert limits.quotas.spot_vcpus == AWS_QUOTAS.spot_vcpus


def test_a_file_without_a_preset_limits_only_what_it_names(tmp_path: Path) -> None:
    limits = api_limits(written(tmp_path, "[quotas]\nclusters = 2\n"))
    assert (limits.rates, limits.quotas.clusters, limits.quotas.spot_vcpus) == ({}, 2, None)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("preset = 'azure'", "Invalid enum value 'azure'"),
        ("colour = 1", "the file knows no colour"),
        ("[rates]\nclusters = { burst = 1, refill = 1 }", r"\[rates\] knows no clusters"),
        ("[rates]\ncluster-read = { burst = 0, refill = 1 }", "cluster-read needs a burst"),
        ("[rates]\ncluster-read = { burst = 1, refill = inf }", "cluster-read needs a burst"),
        ("[rates]\ncluster-read = { burst = 1 }", "missing required field `refill`"),
        ("[rates]\ncluster-read = 5", "Expected `object`"),
        ("[quotas]\nvcpus = 1", r"\[quotas\] knows no vcpus"),
        ("[quotas]\nclusters = -1", "clusters cannot be below 0"),
        ("[quotas]\nclusters = 1.5", "Expected `int`"),
        ("[quotas", "Expected ']'"),
    ],
)
def test_a_file_that_says_something_else_is_refused(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(click.BadParameter, match=why):
        api_limits(written(tmp_path, text))


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(click.BadParameter, match="neither none, aws nor a file"):
        api_limits(str(tmp_path / "none.toml"))
    with pytest.raises(click.BadParameter):
        api_limits(str(tmp_path))
