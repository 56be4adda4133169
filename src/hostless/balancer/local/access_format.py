"""Access log lines of a proxy of Service Connect, as log formats of HAProxy. Pure.

AWS writes what its Envoy writes: the text is Envoy's default format, and members of the JSON object
are named after the operators in it (Envoy documentation, "Access logging: Default Format String").
The flags of a response are HAProxy's two letters for how a session ended, `--` when all was well.
"""

from collections.abc import Iterator

from hostless.balancer.local.words import quoted
from hostless.domain.service_connect import AppProtocol, ConnectAccessLog

_HEADERS = {"x-forwarded-for": 1024, "user-agent": 512, "x-request-id": 128, "host": 256}
"""Shown ones, and how much of each: they are gone from the request when its line is written."""
_TIME = (
    "%[var(txn.began),div(1000),utime(%Y-%m-%dT%H:%M:%S)]"
    ".%[var(txn.began),mod(1000),add(1000),regsub(^1,)]Z"
)
_SERVER = "%si:%sp"
_TEXT = '[{time}] "{request}" {status} %ts %U %B {duration} {service_time} {headers} "{server}"'
_NUMBERS = ("response_code", "bytes_received", "bytes_sent", "duration", "upstream_service_time")


def format_lines(log: ConnectAccessLog, protocol: AppProtocol) -> Iterator[str]:
    """Lines of a frontend."""
    if protocol == "tcp":
        yield "  tcp-request content set-var(txn.began) date(0,ms)"
        yield f"  log-format {quoted(_tcp_text() if log.format == 'TEXT' else _tcp_json())}"
        return
    yield "  http-request set-var(txn.began) date(0,ms)"
    fetch = "pathq" if log.includes_query_parameters else "path"
    yield f"  http-request set-var(txn.path) {fetch}"
    for name, length in _HEADERS.items():
        yield f"  http-request capture req.hdr({name}) len {length}"
    yield f"  log-format {quoted(_http_text() if log.format == 'TEXT' else _http_json())}"


def _http_text() -> str:
    return _TEXT.format(
        time=_TIME,
        request="%HM %[var(txn.path)] %HV",
        status="%ST",
        duration="%Ta",
        service_time="%Tr",
        headers=" ".join(f'"%[{each}]"' for each in _captures()),
        server=_SERVER,
    )


def _tcp_text() -> str:
    return _TEXT.format(
        time=_TIME,
        request="- - -",
        status="0",
        duration="%Tt",
        service_time="-",
        headers=" ".join('"-"' for _ in _HEADERS),
        server=_SERVER,
    )


def _http_json() -> str:
    forwarded, agent, request_id, host = (f"%[{each},json(utf8s)]" for each in _captures())
    return _json(
        {
            "start_time": _TIME,
            "method": "%HM",
            "path": "%[var(txn.path),json(utf8s)]",
            "protocol": "%HV",
            "response_code": "%ST",
            "response_flags": "%ts",
            "bytes_received": "%U",
            "bytes_sent": "%B",
            "duration": "%Ta",
            "upstream_service_time": "%Tr",
            "x_forwarded_for": forwarded,
            "user_agent": agent,
            "x_request_id": request_id,
            "authority": host,
            "upstream_host": _SERVER,
        }
    )


def _tcp_json() -> str:
    return _json(
        {
            "start_time": _TIME,
            "response_flags": "%ts",
            "bytes_received": "%U",
            "bytes_sent": "%B",
            "duration": "%Tt",
            "upstream_host": _SERVER,
        }
    )


def _json(members: dict[str, str]) -> str:
    spoken = (
        f'"{name}":{value}' if name in _NUMBERS else f'"{name}":"{value}"'
        for name, value in members.items()
    )
    return f"{{{','.join(spoken)}}}"


def _captures() -> Iterator[str]:
    return (f"capture.req.hdr({number})" for number in range(len(_HEADERS)))
