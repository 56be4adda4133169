"""The rows of the table of EC2 operations that are about VPC endpoints."""

from typing import Any

from hostless.kit.ids import Ids
from hostless.services.ec2 import requests_endpoints as requests
from hostless.services.ec2.endpoint_changes import EndpointChanges
from hostless.services.ec2.vpc_endpoints import VpcEndpoints
from hostless.services.operation import Operation
from hostless.store.store import Store

_NO_OTHER_TYPES = "only Gateway and Interface endpoints are supported"
_NO_DNS_OPTIONS = "endpoints have names for IPv4 only"
_CHOSEN = "addresses are chosen by the engine; give SubnetIds"
_POLICY = "kept and shown; no policy is held against requests"


def endpoint_operations(store: Store, ids: Ids) -> tuple[Operation[Any], ...]:
    endpoints, changes = VpcEndpoints(store, ids), EndpointChanges(store, ids)
    return (
        Operation(
            name="CreateVpcEndpoint",
            request=requests.CreateVpcEndpoint,
            perform=endpoints.create,
            refused={
                "ServiceNetworkArn": _NO_OTHER_TYPES,
                "ResourceConfigurationArn": _NO_OTHER_TYPES,
                "DnsOptions": _NO_DNS_OPTIONS,
                "SubnetConfigurations": _CHOSEN,
            },
            not_acted_on={"PolicyDocument": _POLICY},
        ),
        Operation(
            name="ModifyVpcEndpoint",
            request=requests.ModifyVpcEndpoint,
            perform=changes.modify,
            refused={"DnsOptions": _NO_DNS_OPTIONS, "SubnetConfigurations": _CHOSEN},
            not_acted_on={"PolicyDocument": _POLICY},
        ),
        Operation(
            name="DeleteVpcEndpoints",
            request=requests.DeleteVpcEndpoints,
            perform=endpoints.delete,
        ),
        Operation(
            name="DescribeVpcEndpoints",
            request=requests.DescribeVpcEndpoints,
            perform=endpoints.describe,
        ),
        Operation(
            name="DescribeVpcEndpointServices",
            request=requests.DescribeVpcEndpointServices,
            perform=endpoints.describe_services,
        ),
    )
