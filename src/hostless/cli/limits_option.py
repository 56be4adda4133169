"""The flag `--api-limits`: AWS's figures, none, or those of a TOML file.

Only reading is here; what the names mean is in `hostless.domain.api_limits` and `quotas`.
"""

import dataclasses
import tomllib
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import click
import msgspec

from hostless.domain.api_limits import AWS_LIMITS, BUCKETS, NO_LIMITS, ApiLimits
from hostless.domain.quotas import Quotas
from hostless.kit.token_buckets import Rate

_PRESETS = {"none": NO_LIMITS, "aws": AWS_LIMITS}


@dataclass(frozen=True, slots=True, kw_only=True)
class _LimitsFile:
    """preset: what the rest is laid over. quotas: by the names of Quotas."""

    preset: Literal["none", "aws"] = "none"
    rates: dict[str, Rate] = field(default_factory=dict)
    quotas: dict[str, int] = field(default_factory=dict)


def api_limits(text: str) -> ApiLimits:
    """What `none`, `aws` or a file says. Raises click.BadParameter."""
    preset = _PRESETS.get(text)
    if preset is not None:
        return preset
    try:
        said = tomllib.loads(Path(text).read_text())
        _refuse_unknown(said, _names_of(_LimitsFile), "the file")
        return _limits_of(msgspec.convert(said, _LimitsFile))
    except FileNotFoundError as error:
        raise click.BadParameter(f"{text!r} is neither none, aws nor a file") from error
    except (OSError, ValueError, msgspec.ValidationError) as error:
        raise click.BadParameter(f"{text}: {error}") from error


def _limits_of(said: _LimitsFile) -> ApiLimits:
    """Raises ValueError."""
    _refuse_unknown(said.rates, BUCKETS, "[rates]")
    _refuse_unknown(said.quotas, _names_of(Quotas), "[quotas]")
    for bucket, rate in said.rates.items():
        if rate.burst < 1 or not 0 < rate.refill < float("inf"):
            raise ValueError(f"{bucket} needs a burst of at least 1 and a refill above 0")
    for quota, most in said.quotas.items():
        if most < 0:
            raise ValueError(f"{quota} cannot be below 0")
    base = _PRESETS[said.preset]
    return ApiLimits(
        rates={**base.rates, **said.rates}, quotas=dataclasses.replace(base.quotas, **said.quotas)
    )


def _refuse_unknown(given: Iterable[str], known: Collection[str], where: str) -> None:
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise ValueError(f"{where} knows no {', '.join(unknown)}, but {', '.join(known)}")


def _names_of(record: type) -> tuple[str, ...]:
    return tuple(each.name for each in dataclasses.fields(record))
