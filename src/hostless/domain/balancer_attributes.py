"""Attributes of load balancers, listeners and target groups: AWS's names, defaults and ranges.

Source: the ELB model, shapes LoadBalancerAttribute, ListenerAttribute, TargetGroupAttribute. A
record keeps only what was set; `attributes_of` adds the rest. An attribute that nothing here can
act on is `fixed`: it may be said, and is refused when it is to become something else.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from hostless.domain.listeners import Listener
from hostless.domain.load_balancers import LoadBalancer
from hostless.domain.target_groups import TargetGroup

_BOOLEAN = ("true", "false")
_ZONES = ("true", "false", "use_load_balancer_configuration")
_WEEK_SECONDS = 604_800
_PERCENT = re.compile(r"off|[1-9]|[1-9][0-9]|100")
_BUCKET = re.compile(r"([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])?")
_COUNT = re.compile(r"off|[1-9][0-9]{0,4}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """is_right: whether a text may be the value. fixed: it can only be the default here."""

    key: str
    default: str
    is_right: Callable[[str], bool]
    fixed: bool = False


def attributes_of(of: LoadBalancer | Listener | TargetGroup) -> dict[str, str]:
    """Every attribute that the thing has, in AWS's order, set or not."""
    defaults = {known.key: known.default for known in _known(of)}
    return {**defaults, **of.attributes}


def attribute_refusal(
    of: LoadBalancer | Listener | TargetGroup, changes: Mapping[str, str]
) -> str | None:
    """What is wrong first with changes to attributes that the thing has; our words."""
    return next(_refusals(of, changes), None)


def future_balancer_refusal(attributes: Mapping[str, str]) -> str | None:
    """What is wrong first with attributes, of those that every balancer has, of one to be made."""
    return next(_value_refusals(_OF_ANY_BALANCER, attributes), None)


def _refusals(
    of: LoadBalancer | Listener | TargetGroup, changes: Mapping[str, str]
) -> Iterator[str]:
    yield from _value_refusals(_known(of), changes)
    after = {**attributes_of(of), **changes}
    yield from _joint_refusals(after)


def _value_refusals(attributes: Sequence[Attribute], changes: Mapping[str, str]) -> Iterator[str]:
    known = {each.key: each for each in attributes}
    for key, value in changes.items():
        attribute = known[key]
        if not attribute.is_right(value):
            yield f"Attribute value '{value}' is not valid for the attribute '{key}'"
        elif attribute.fixed and value != attribute.default:
            yield f"The attribute '{key}' can only be '{attribute.default}' here"


def _joint_refusals(after: Mapping[str, str]) -> Iterator[str]:
    if after.get("access_logs.s3.enabled") == "true" and not after["access_logs.s3.bucket"]:
        yield "The value of 'access_logs.s3.bucket' cannot be empty"
    cookie = after.get("stickiness.app_cookie.cookie_name", "")
    is_by_application = after.get("stickiness.type") == "app_cookie"
    if after.get("stickiness.enabled") == "true" and is_by_application and not cookie:
        yield "The value of 'stickiness.app_cookie.cookie_name' cannot be empty"
    if cookie.upper().startswith("AWSALB"):
        yield f"The cookie name '{cookie}' is reserved for use by the load balancer"
    algorithm = after.get("load_balancing.algorithm.type")
    slow = after.get("slow_start.duration_seconds", "0")
    if slow != "0" and algorithm != "round_robin":
        yield f"Slow start cannot be used with the algorithm '{algorithm}'"


def _known(of: LoadBalancer | Listener | TargetGroup) -> tuple[Attribute, ...]:
    if isinstance(of, LoadBalancer):
        specific = _OF_APPLICATION if of.type == "application" else _OF_NETWORK
        return (*_OF_ANY_BALANCER, _denies_gateway(of), *specific)
    if isinstance(of, Listener):
        return {"HTTP": _OF_HTTP, "HTTPS": _OF_HTTPS, "TCP": _OF_TCP}.get(of.protocol, ())
    if of.protocol in ("HTTP", "HTTPS"):
        return (*_OF_ANY_GROUP, *_OF_APPLICATION_GROUP)
    return (*_OF_ANY_GROUP, *_OF_NETWORK_GROUP, _preserves_client(of))


def _one_of(key: str, default: str, *others: str, fixed: bool = False) -> Attribute:
    choices = (default, *others)
    return Attribute(key=key, default=default, is_right=choices.__contains__, fixed=fixed)


def _flag(key: str, *, default: bool = False, fixed: bool = False) -> Attribute:
    first, other = _BOOLEAN if default else tuple(reversed(_BOOLEAN))
    return _one_of(key, first, other, fixed=fixed)


def _seconds(
    key: str, default: int, least: int, most: int, *also: int, fixed: bool = False
) -> Attribute:
    def is_right(text: str) -> bool:
        return text.isascii() and text.isdigit() and len(text) <= 6 and is_within(int(text))

    def is_within(number: int) -> bool:
        return least <= number <= most or number in also

    return Attribute(key=key, default=str(default), is_right=is_right, fixed=fixed)


def _text(key: str, *, fixed: bool = False) -> Attribute:
    return Attribute(key=key, default="", is_right=_is_plain, fixed=fixed)


def _pattern(key: str, default: str, pattern: re.Pattern[str], *, fixed: bool = False) -> Attribute:
    return Attribute(
        key=key,
        default=default,
        is_right=lambda text: pattern.fullmatch(text) is not None,
        fixed=fixed,
    )


def _is_plain(text: str) -> bool:
    """Nothing that could end a line of a configuration file or of a header."""
    return len(text) <= 1024 and text.isprintable()


def _is_prefix(text: str) -> bool:
    """Of the names of objects, such that each part can be a folder. Sources: "Organizing objects
    using prefixes", and "Enable access logs": `AWSLogs` is not in it."""
    parts = text.strip("/").split("/")
    are_folders = text == "" or not {"", ".", ".."} & set(parts)
    return _is_plain(text) and are_folders and "AWSLogs" not in text and len(text) <= 512


def _denies_gateway(of: LoadBalancer) -> Attribute:
    is_internal = of.scheme == "internal"
    return _flag("ipv6.deny_all_igw_traffic", default=is_internal, fixed=True)


def _preserves_client(of: TargetGroup) -> Attribute:
    """Source: "Client IP preservation", NLB user guide."""
    return _flag("preserve_client_ip.enabled", default=of.target_type == "instance", fixed=True)


_OF_ANY_BALANCER = (
    _flag("access_logs.s3.enabled"),
    _pattern("access_logs.s3.bucket", "", _BUCKET),
    Attribute(key="access_logs.s3.prefix", default="", is_right=_is_prefix),
    _flag("deletion_protection.enabled"),
    _flag("zonal_shift.config.enabled", fixed=True),
)
_OF_APPLICATION = (
    _flag("load_balancing.cross_zone.enabled", default=True, fixed=True),
    _seconds("idle_timeout.timeout_seconds", 60, 1, 4000),
    _seconds("client_keep_alive.seconds", 3600, 60, _WEEK_SECONDS),
    _flag("connection_logs.s3.enabled", fixed=True),
    _text("connection_logs.s3.bucket", fixed=True),
    _text("connection_logs.s3.prefix", fixed=True),
    _flag("health_check_logs.s3.enabled", fixed=True),
    _text("health_check_logs.s3.bucket", fixed=True),
    _text("health_check_logs.s3.prefix", fixed=True),
    _one_of("routing.http.desync_mitigation_mode", "defensive", "monitor", "strictest", fixed=True),
    _flag("routing.http.drop_invalid_header_fields.enabled"),
    _flag("routing.http.preserve_host_header.enabled"),
    _flag("routing.http.x_amzn_tls_version_and_cipher_suite.enabled"),
    _flag("routing.http.xff_client_port.enabled"),
    _one_of("routing.http.xff_header_processing.mode", "append", "preserve", "remove"),
    _flag("routing.http2.enabled", default=True),
    _flag("waf.fail_open.enabled", fixed=True),
)
_OF_NETWORK = (
    _flag("load_balancing.cross_zone.enabled"),
    _one_of(
        "dns_record.client_routing_policy",
        "any_availability_zone",
        "partial_availability_zone_affinity",
        "availability_zone_affinity",
        fixed=True,
    ),
    _one_of("secondary_ips.auto_assigned.per_subnet", "0", *"1234567", fixed=True),
)
_RESPONSE_HEADERS = (
    "strict_transport_security",
    "access_control_allow_origin",
    "access_control_allow_methods",
    "access_control_allow_headers",
    "access_control_allow_credentials",
    "access_control_expose_headers",
    "access_control_max_age",
    "content_security_policy",
    "x_content_type_options",
    "x_frame_options",
)
_OF_HTTP = (
    _flag("routing.http.response.server.enabled", default=True),
    *(_text(f"routing.http.response.{name}.header_value") for name in _RESPONSE_HEADERS),
)
_OF_HTTPS = (
    *_OF_HTTP,
    _text("routing.http.request.x_amzn_tls_version.header_name"),
    _text("routing.http.request.x_amzn_tls_cipher_suite.header_name"),
    *(
        _text(f"routing.http.request.x_amzn_mtls_clientcert{part}.header_name", fixed=True)
        for part in ("", "_serial_number", "_issuer", "_subject", "_validity", "_leaf")
    ),
)
_OF_TCP = (_seconds("tcp.idle_timeout.seconds", 350, 60, 6000),)
_HEALTH = "target_group_health"
_OF_ANY_GROUP = (
    _seconds("deregistration_delay.timeout_seconds", 300, 0, 3600),
    _flag("stickiness.enabled"),
    _one_of("load_balancing.cross_zone.enabled", _ZONES[2], *_ZONES[:2]),
    *(
        _pattern(f"{_HEALTH}.{what}.minimum_healthy_targets.{unit}", default, right, fixed=True)
        for what in ("dns_failover", "unhealthy_state_routing")
        for unit, default, right in (("count", "1", _COUNT), ("percentage", "off", _PERCENT))
    ),
)
_OF_APPLICATION_GROUP = (
    _one_of("stickiness.type", "lb_cookie", "app_cookie"),
    _seconds("stickiness.lb_cookie.duration_seconds", 86_400, 1, _WEEK_SECONDS),
    _pattern("stickiness.app_cookie.cookie_name", "", re.compile(r"[!#-'*+\-.0-9A-Z^-z|~]{0,64}")),
    _seconds("stickiness.app_cookie.duration_seconds", 86_400, 1, _WEEK_SECONDS),
    _seconds("slow_start.duration_seconds", 0, 30, 900, 0),
    _one_of(
        "load_balancing.algorithm.type",
        "round_robin",
        "least_outstanding_requests",
        "weighted_random",
    ),
    _one_of("load_balancing.algorithm.anomaly_mitigation", "off", "on", fixed=True),
)
_OF_NETWORK_GROUP = (
    _one_of("stickiness.type", "source_ip"),
    _flag("deregistration_delay.connection_termination.enabled", fixed=True),
    _flag("proxy_protocol_v2.enabled"),
    _flag("target_health_state.unhealthy.connection_termination.enabled", default=True, fixed=True),
    _seconds("target_health_state.unhealthy.draining_interval_seconds", 0, 0, 360_000, fixed=True),
)
