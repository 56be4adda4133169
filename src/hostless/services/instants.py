"""Instants as ISO 8601 text, for events and hostless's own API; AWS's APIs spell them otherwise."""

from datetime import UTC, datetime

from hostless.kit.clock import Timestamp


def iso_milliseconds(at: Timestamp) -> str:
    """`2020-01-23T17:57:58.103Z`."""
    return f"{datetime.fromtimestamp(at, UTC).isoformat(timespec='milliseconds')[:-6]}Z"


def iso_seconds(at: Timestamp) -> str:
    """`2020-01-23T17:57:58Z`."""
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%SZ}"


def iso_fraction(at: Timestamp) -> str:
    """`2020-01-23T17:57:58.10344Z`: as much as is known, no zeros at the end (Go's RFC3339Nano)."""
    text = f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%S.%f}".rstrip("0")
    return f"{text.rstrip('.')}Z"
