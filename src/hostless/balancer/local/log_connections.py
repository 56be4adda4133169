"""Connections to TLS listeners of a network load balancer, told as an access log of AWS tells them.
Pure.

Source: "Access log entries", Network Load Balancer user guide. Instants have no fractions there.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from hostless.kit.clock import Timestamp

RAW_FIELDS = (
    *("mark", "ended", "balancer", "listener", "client", "destination", "accepted", "total"),
    *("handshake", "received", "sent", "certificate", "cipher", "tls", "protocol", "name"),
)

_NO_CIPHER = "(NONE)"
"""What OpenSSL says of a handshake that failed."""


def entry_of(words: Sequence[str]) -> tuple[Timestamp, str] | None:
    """When the connection ended, and its entry. words: of a line; None when it is not whole."""
    if len(words) != len(RAW_FIELDS):
        return None
    raw = dict(zip(RAW_FIELDS, words, strict=True))
    return int(raw["ended"]) / 1e6, " ".join(_words_of(raw))


def _words_of(raw: dict[str, str]) -> Iterator[str]:
    """The fields of an entry, in AWS's order."""
    yield "tls"
    yield "2.0"
    yield _instant(int(raw["ended"]) // 1_000_000)
    yield raw["balancer"]
    yield raw["listener"]
    yield raw["client"]
    yield raw["destination"]
    yield _milliseconds(raw["total"])
    yield _milliseconds(raw["handshake"])
    yield raw["received"]
    yield raw["sent"]
    yield "-"  # incoming_tls_alert
    yield raw["certificate"]
    yield "-"  # chosen_cert_serial: none on AWS either
    is_spoken = raw["cipher"] != _NO_CIPHER
    yield raw["cipher"] if is_spoken else "-"
    yield raw["tls"] if is_spoken else "-"
    yield "-"  # tls_named_group
    yield raw["name"]
    yield raw["protocol"]
    yield "-"  # alpn_be_protocol
    yield "-"  # alpn_client_preference_list
    yield _instant(int(raw["accepted"]))


def _milliseconds(text: str) -> str:
    return text if text.isdigit() else "-"


def _instant(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}"
