"""Cloud Map in the world that the sweep asks: what there is, and right requests about it."""

from typing import Any

from tests.support.api_world import World

from hostless.store.kinds import DISCOVERY_OPERATIONS, DISCOVERY_SERVICES, NAMESPACES


def discovery_furniture(world: World, made: int) -> tuple[str, dict[str, Any]] | None:
    """The operation that makes the next thing, and its members; None when all is there."""
    vpc = world.network.vpc.id
    dns = {"DnsRecords": [{"Type": "A", "TTL": 60}]}
    usual = usual_discovery(world)
    service = {"Name": "web", "DnsConfig": dns, "HealthCheckCustomConfig": {}}
    steps = (
        ("CreatePrivateDnsNamespace", {"Name": "test", "Vpc": vpc}),
        ("CreateService", {**usual["CreateService"], **service}),
        ("RegisterInstance", usual["RegisterInstance"]),
    )
    return steps[made] if made < len(steps) else None


def usual_discovery(world: World) -> dict[str, dict[str, Any]]:
    """Of the one namespace and the one service that are furnished."""
    store = world.store
    namespace = next((each.id for each in store.all(NAMESPACES)), "none")
    service = next(iter(store.all(DISCOVERY_SERVICES)), None)
    operation = next((each.id for each in store.all(DISCOVERY_OPERATIONS)), "none")
    service_id = {"ServiceId": "none" if service is None else service.id}
    arn = {"ResourceARN": "none" if service is None else service.arn}
    names = {"NamespaceName": "test", "ServiceName": "web"}
    change = {"Id": namespace, "Namespace": {"Description": "new"}}
    return {
        "CreateHttpNamespace": {"Name": "new"},
        "CreatePrivateDnsNamespace": {"Name": "new", "Vpc": world.network.vpc.id},
        "CreatePublicDnsNamespace": {"Name": "new.example"},
        "CreateService": {"Name": "new", "NamespaceId": namespace},
        "GetNamespace": {"Id": namespace},
        "UpdatePrivateDnsNamespace": change,
        "GetService": {"Id": service_id["ServiceId"]},
        "UpdateService": {"Id": service_id["ServiceId"], "Service": {"Description": "new"}},
        "GetServiceAttributes": service_id,
        "UpdateServiceAttributes": {**service_id, "Attributes": {"a": "b"}},
        "DeleteServiceAttributes": {**service_id, "Attributes": ["a"]},
        "RegisterInstance": {
            **service_id,
            "InstanceId": "one",
            "Attributes": {"AWS_INSTANCE_IPV4": "10.0.0.1"},
        },
        **{
            name: {**service_id, "InstanceId": "one"}
            for name in ("GetInstance", "DeregisterInstance")
        },
        "UpdateInstanceCustomHealthStatus": {**service_id, "InstanceId": "one"},
        "GetInstancesHealthStatus": {**service_id, "Instances": ["one"]},
        "ListInstances": service_id,
        "DiscoverInstances": names,
        "DiscoverInstancesRevision": names,
        "GetOperation": {"OperationId": operation},
        "TagResource": arn,
        "UntagResource": arn,
        "ListTagsForResource": arn,
    }
