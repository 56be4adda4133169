"""What Cloud Map takes for the settings of a service and the attributes of an instance: pure.

Source: Cloud Map API reference, DnsConfig, DnsRecord, CreateService, RegisterInstance. A refusal is
a sentence for the caller, None when there is nothing to refuse.
"""

from collections.abc import Callable, Iterator, Mapping
from ipaddress import IPv4Address, IPv6Address

from hostless.domain.service_discovery import (
    ALIAS,
    CNAME,
    EC2_INSTANCE,
    INIT_HEALTH,
    IPV4,
    IPV6,
    PORT,
    DiscoveryService,
    DnsConfig,
    Namespace,
    RecordType,
    host_name_of,
)

LONGEST_NAME, LONGEST_LABEL = 253, 63
MOST_CUSTOM_ATTRIBUTES, MOST_CHARACTERS = 30, 5_000
_OWN = frozenset({ALIAS, CNAME, EC2_INSTANCE, INIT_HEALTH, IPV4, IPV6, PORT})
_COMBINATIONS: frozenset[frozenset[RecordType]] = frozenset(
    frozenset(types) for types in (("A",), ("AAAA",), ("A", "AAAA"), ("SRV",), ("CNAME",))
)


def name_refusal(name: str) -> str | None:
    """Of a name that DNS is to know."""
    bare = name.removesuffix(".")
    if len(bare) > LONGEST_NAME:
        return f"The name {name} is longer than {LONGEST_NAME} characters."
    if any(not 1 <= len(label) <= LONGEST_LABEL for label in bare.split(".")):
        return f"The name {name} has a label that is empty or longer than {LONGEST_LABEL}."
    return None


def dns_refusal(config: DnsConfig) -> str | None:
    types = config.types()
    if len(types) < len(config.dns_records):
        return "DnsRecords must not name a record type twice."
    if types not in _COMBINATIONS:
        return (
            "DnsRecords must be one of these combinations: A; AAAA; A and AAAA; SRV; CNAME, "
            f"not {' and '.join(sorted(types)) or 'empty'}."
        )
    if "CNAME" in types and config.routing_policy != "WEIGHTED":
        return "The routing policy of CNAME records must be WEIGHTED."
    return None


def instance_refusal(
    instance_id: str,
    attributes: Mapping[str, str],
    service: DiscoveryService,
    namespace: Namespace,
) -> str | None:
    return next(_instance_refusals(instance_id, attributes, service, namespace), None)


def _instance_refusals(
    instance_id: str,
    attributes: Mapping[str, str],
    service: DiscoveryService,
    namespace: Namespace,
) -> Iterator[str]:
    if len(attributes.keys() - _OWN) > MOST_CUSTOM_ATTRIBUTES:
        yield f"An instance can have at most {MOST_CUSTOM_ATTRIBUTES} custom attributes."
    if sum(len(key) + len(value) for key, value in attributes.items()) > MOST_CHARACTERS:
        yield f"The attributes are longer than {MOST_CHARACTERS} characters together."
    if EC2_INSTANCE in attributes:
        yield f"The instance {attributes[EC2_INSTANCE]} does not exist."
    if ALIAS in attributes:
        yield f"The load balancer {attributes[ALIAS]} does not exist."
    if attributes.get(INIT_HEALTH, "HEALTHY") not in ("HEALTHY", "UNHEALTHY"):
        yield f"{INIT_HEALTH} must be HEALTHY or UNHEALTHY."
    for key, form, is_right in _FORMS:
        if key in attributes and not is_right(attributes[key]):
            yield f"The value {attributes[key]} of {key} is no valid {form}."
    yield from _missing(attributes, service)
    types = frozenset() if service.dns_config is None else service.dns_config.types()
    if "SRV" in types:
        refused = name_refusal(f"{instance_id}.{host_name_of(service, namespace)}")
        if refused is not None:
            yield refused


def _missing(attributes: Mapping[str, str], service: DiscoveryService) -> Iterator[str]:
    types = frozenset() if service.dns_config is None else service.dns_config.types()
    for kind, key in (("A", IPV4), ("AAAA", IPV6), ("CNAME", CNAME), ("SRV", PORT)):
        if kind in types and key not in attributes:
            yield f"The attribute {key} is required: the service has {kind} records."
    if "SRV" in types and IPV4 not in attributes and IPV6 not in attributes:
        yield f"The attribute {IPV4} or {IPV6} is required: the service has SRV records."
    if service.health_check is not None and PORT not in attributes:
        yield f"The attribute {PORT} is required: the service has a health check."


def _is_address(text: str, family: type[IPv4Address] | type[IPv6Address]) -> bool:
    try:
        family(text)
    except ValueError:
        return False
    return True


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 5 and int(text) <= 65_535


_FORMS: tuple[tuple[str, str, Callable[[str], bool]], ...] = (
    (IPV4, "IPv4 address", lambda text: _is_address(text, IPv4Address)),
    (IPV6, "IPv6 address", lambda text: "%" not in text and _is_address(text, IPv6Address)),
    (PORT, "port", _is_port),
    (CNAME, "domain name", lambda text: text.isascii() and name_refusal(text) is None),
)
