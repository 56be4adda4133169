"""Reads access logs as a client of AWS would: fields by their names."""

import gzip
import shlex
from pathlib import Path

FIELDS = (
    *("type", "time", "elb", "client", "target", "request_seconds", "target_seconds"),
    *("response_seconds", "elb_status", "target_status", "received", "sent", "request"),
    *("user_agent", "cipher", "tls", "group", "trace", "domain", "certificate", "priority"),
    *("created", "actions", "redirect", "error", "targets", "target_statuses", "class"),
    *("class_reason", "connection", "transformed_host", "transformed_uri", "transform_status"),
)
TLS_FIELDS = (
    *("type", "version", "time", "elb", "listener", "client", "destination", "connection_time"),
    *("handshake_time", "received", "sent", "alert", "certificate", "serial", "cipher", "tls"),
    *("named_group", "domain", "alpn_front", "alpn_back", "alpn_client", "created"),
)
Entry = dict[str, str]


def entry_of(line: str) -> Entry:
    """Of an application balancer's log, or a network one's. Fails when there are more or fewer
    fields."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=False)
    lexer.whitespace_split, lexer.commenters, lexer.quotes = True, "", '"'
    return dict(zip(TLS_FIELDS if line.startswith("tls ") else FIELDS, lexer, strict=True))


def entries_in(bucket: Path) -> list[Entry]:
    """Of every file in a bucket, in the order of its names."""
    return [
        entry_of(line)
        for path in sorted(bucket.rglob("*.log.gz"))
        for line in gzip.decompress(path.read_bytes()).decode("ascii").splitlines()
    ]
