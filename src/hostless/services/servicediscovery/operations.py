"""The table of Cloud Map's operations."""

from typing import Any

from hostless.kit.ids import Ids
from hostless.services.operation import Operation, ServiceApi
from hostless.services.servicediscovery import requests
from hostless.services.servicediscovery.discovering import Discovering
from hostless.services.servicediscovery.instances import Instances
from hostless.services.servicediscovery.namespaces import Namespaces
from hostless.services.servicediscovery.services import Services
from hostless.services.servicediscovery.tags import Tags
from hostless.services.servicediscovery.working import Operations
from hostless.store.store import Store

_NOBODY_CHECKS = "kept and shown; nothing here checks instances from outside"
_AT_ONCE = "an update is done with the answer, so no second one can come in its way"
_NO_PUBLIC_DNS = "kept and shown; there is no public DNS here"


def service_discovery_api(store: Store, ids: Ids) -> ServiceApi:
    operations = Operations(store, ids)
    return ServiceApi(
        name="servicediscovery",
        validation_style="InvalidInput",
        operations=(
            *_namespace_operations(Namespaces(store, ids, operations)),
            *_service_operations(Services(store, ids, operations)),
            *_instance_operations(Instances(store, operations)),
            *_discovery_operations(Discovering(store, ids)),
            *_tag_operations(Tags(store)),
            Operation(name="GetOperation", request=requests.GetOperation, perform=operations.get),
            Operation(name="ListOperations", request=requests.Listing, perform=operations.list),
        ),
    )


def _namespace_operations(noun: Namespaces) -> tuple[Operation[Any], ...]:
    updater = {"UpdaterRequestId": _AT_ONCE}
    return (
        Operation(
            name="CreateHttpNamespace",
            request=requests.CreateHttpNamespace,
            perform=noun.create_http,
        ),
        Operation(
            name="CreatePrivateDnsNamespace",
            request=requests.CreatePrivateDnsNamespace,
            perform=noun.create_private,
        ),
        Operation(
            name="CreatePublicDnsNamespace",
            request=requests.CreatePublicDnsNamespace,
            perform=noun.create_public,
            not_acted_on={"Properties": _NO_PUBLIC_DNS},
        ),
        Operation(name="DeleteNamespace", request=requests.NamedById, perform=noun.delete),
        Operation(name="GetNamespace", request=requests.NamedById, perform=noun.get),
        Operation(name="ListNamespaces", request=requests.Listing, perform=noun.list),
        Operation(
            name="UpdateHttpNamespace",
            request=requests.UpdateHttpNamespace,
            perform=noun.update_http,
            not_acted_on=updater,
        ),
        Operation(
            name="UpdatePrivateDnsNamespace",
            request=requests.UpdateDnsNamespace,
            perform=noun.update_private,
            not_acted_on=updater,
        ),
        Operation(
            name="UpdatePublicDnsNamespace",
            request=requests.UpdateDnsNamespace,
            perform=noun.update_public,
            not_acted_on={**updater, "Namespace.Properties": _NO_PUBLIC_DNS},
        ),
    )


def _service_operations(noun: Services) -> tuple[Operation[Any], ...]:
    return (
        Operation(
            name="CreateService",
            request=requests.CreateService,
            perform=noun.create,
            not_acted_on={
                "HealthCheckConfig": _NOBODY_CHECKS,
                "HealthCheckCustomConfig.FailureThreshold": "AWS takes it for 1 too",
            },
        ),
        Operation(name="DeleteService", request=requests.NamedById, perform=noun.delete),
        Operation(name="GetService", request=requests.NamedById, perform=noun.get),
        Operation(name="ListServices", request=requests.Listing, perform=noun.list),
        Operation(
            name="UpdateService",
            request=requests.UpdateService,
            perform=noun.update,
            not_acted_on={"Service.HealthCheckConfig": _NOBODY_CHECKS},
        ),
        Operation(
            name="GetServiceAttributes",
            request=requests.GetServiceAttributes,
            perform=noun.get_attributes,
        ),
        Operation(
            name="UpdateServiceAttributes",
            request=requests.UpdateServiceAttributes,
            perform=noun.update_attributes,
        ),
        Operation(
            name="DeleteServiceAttributes",
            request=requests.DeleteServiceAttributes,
            perform=noun.delete_attributes,
        ),
    )


def _instance_operations(noun: Instances) -> tuple[Operation[Any], ...]:
    return (
        Operation(
            name="RegisterInstance", request=requests.RegisterInstance, perform=noun.register
        ),
        Operation(
            name="DeregisterInstance", request=requests.NamedInstance, perform=noun.deregister
        ),
        Operation(name="GetInstance", request=requests.NamedInstance, perform=noun.get),
        Operation(name="ListInstances", request=requests.ListInstances, perform=noun.list),
        Operation(
            name="UpdateInstanceCustomHealthStatus",
            request=requests.UpdateInstanceCustomHealthStatus,
            perform=noun.set_health,
        ),
        Operation(
            name="GetInstancesHealthStatus",
            request=requests.GetInstancesHealthStatus,
            perform=noun.get_health,
        ),
    )


def _discovery_operations(noun: Discovering) -> tuple[Operation[Any], ...]:
    return (
        Operation(
            name="DiscoverInstances", request=requests.DiscoverInstances, perform=noun.discover
        ),
        Operation(
            name="DiscoverInstancesRevision",
            request=requests.DiscoverInstancesRevision,
            perform=noun.revision,
        ),
    )


def _tag_operations(noun: Tags) -> tuple[Operation[Any], ...]:
    return (
        Operation(name="TagResource", request=requests.TagResource, perform=noun.tag),
        Operation(name="UntagResource", request=requests.UntagResource, perform=noun.untag),
        Operation(
            name="ListTagsForResource",
            request=requests.ListTagsForResource,
            perform=noun.list_tags,
        ),
    )
