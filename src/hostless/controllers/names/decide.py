"""What a private namespace's names resolve to, from its records: pure.

Sources: Cloud Map API reference (DnsConfig, DnsRecord); Amazon Route 53 Developer Guide, "How
Amazon Route 53 chooses records when health checking is configured": when no record is healthy, all
are taken to be.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hostless.domain.network import Vpc
from hostless.domain.private_names import MOST_ANSWERS, AnswerZone, RecordSet
from hostless.domain.service_discovery import (
    CNAME,
    IPV4,
    IPV6,
    PORT,
    DiscoveryInstance,
    DiscoveryService,
    DnsConfig,
    DnsRecord,
    Namespace,
    host_name_of,
)

_ATTRIBUTES = {"A": IPV4, "AAAA": IPV6, "CNAME": CNAME}
SRV_PRIORITY_AND_WEIGHT = "1 1"
"""Cloud Map's, for every instance (DnsRecord)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceFacts:
    service: DiscoveryService
    instances: tuple[DiscoveryInstance, ...]


def zone_of(
    namespace: Namespace, vpc: Vpc | None, services: Iterable[ServiceFacts]
) -> AnswerZone | None:
    """None for a namespace that DNS does not know here: only private ones are resolved.

    vpc: the namespace's, if it is still there. It has to have both of its DNS attributes (Amazon
    Route 53 Developer Guide, "Considerations when working with a private hosted zone").
    """
    if namespace.type != "DNS_PRIVATE" or vpc is None:
        return None
    if not (vpc.has_dns_support and vpc.has_dns_hostnames):
        return None
    zone = _plain(namespace.name)
    names: dict[str, tuple[RecordSet, ...]] = {zone: ()}
    for facts in services:
        config = facts.service.dns_config
        if config is not None:
            for name, records in _names_of(namespace, facts, config):
                names[name] = (*names.get(name, ()), *records)
    for name in tuple(names):
        for parent in _between(name, zone):
            names.setdefault(parent, ())
    return AnswerZone(
        vpc_id=vpc.id,
        name=zone,
        negative_ttl_seconds=namespace.soa_ttl_seconds or 0,
        names=names,
    )


def _names_of(
    namespace: Namespace, facts: ServiceFacts, config: DnsConfig
) -> Iterable[tuple[str, tuple[RecordSet, ...]]]:
    """A service whose instances are gone has no name either, as Route 53 has no records then."""
    host = _plain(host_name_of(facts.service, namespace))
    most = 1 if config.routing_policy == "WEIGHTED" else MOST_ANSWERS
    answering = _answering(facts)
    for record in config.dns_records:
        if record.type == "SRV":
            values = tuple(_srv(instance, host) for instance in answering)
            yield from _instance_names(facts.instances, record, host)
        else:
            key = _ATTRIBUTES[record.type]
            values = _values(answering, key)
        if values:
            found = RecordSet(
                type=record.type, ttl_seconds=record.ttl, values=values, most_answers=most
            )
            yield host, (found,)


def _answering(facts: ServiceFacts) -> tuple[DiscoveryInstance, ...]:
    healthy = tuple(each for each in facts.instances if each.custom_health == "HEALTHY")
    return healthy if healthy and facts.service.has_custom_health else facts.instances


def _instance_names(
    instances: Sequence[DiscoveryInstance], record: DnsRecord, host: str
) -> Iterable[tuple[str, tuple[RecordSet, ...]]]:
    """The addresses of what SRV records point at."""
    for instance in instances:
        found = []
        for kind, key in (("A", IPV4), ("AAAA", IPV6)):
            values = _values((instance,), key)
            if values and kind == "A":
                found.append(RecordSet(type="A", ttl_seconds=record.ttl, values=values))
            elif values:
                found.append(RecordSet(type="AAAA", ttl_seconds=record.ttl, values=values))
        yield _plain(f"{instance.id}.{host}"), tuple(found)


def _srv(instance: DiscoveryInstance, host: str) -> str:
    target = _plain(f"{instance.id}.{host}")
    return f"{SRV_PRIORITY_AND_WEIGHT} {instance.attributes.get(PORT, '0')} {target}"


def _values(instances: Iterable[DiscoveryInstance], key: str) -> tuple[str, ...]:
    """Each once: instances may share an address."""
    given = (each.attributes.get(key) for each in instances)
    return tuple(dict.fromkeys(value for value in given if value))


def _between(name: str, zone: str) -> Iterable[str]:
    """The names above it up to the zone's own; they exist, though they have no records."""
    parent = name.partition(".")[2]
    while parent.endswith("." + zone):
        yield parent
        parent = parent.partition(".")[2]


def _plain(name: str) -> str:
    return name.lower().removesuffix(".")
