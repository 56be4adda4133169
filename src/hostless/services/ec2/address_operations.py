"""The rows of the table of EC2 operations that are about elastic addresses."""

from typing import Any

from hostless.domain.quotas import Quotas
from hostless.kit.ids import Ids
from hostless.services.ec2 import requests_addresses as requests
from hostless.services.ec2.elastic_addresses import ElasticAddresses
from hostless.services.operation import Operation
from hostless.store.store import Store

_MANAGED = "what can have an address is managed by Fargate or another service, as AWS has it too"


def address_operations(store: Store, ids: Ids, quotas: Quotas) -> tuple[Operation[Any], ...]:
    addresses = ElasticAddresses(store, ids, quotas)
    return (
        Operation(
            name="AllocateAddress",
            request=requests.AllocateAddress,
            perform=addresses.allocate,
            refused={
                "CustomerOwnedIpv4Pool": "there are no pools of addresses that somebody brought",
                "IpamPoolId": "there is no IPAM here",
            },
            refused_by_rule={"PublicIpv4Pool": "there is one pool, `amazon`"},
        ),
        Operation(
            name="ReleaseAddress", request=requests.ReleaseAddress, perform=addresses.release
        ),
        Operation(
            name="DescribeAddresses",
            request=requests.DescribeAddresses,
            perform=addresses.describe,
        ),
        Operation(
            name="DescribeAddressesAttribute",
            request=requests.DescribeAddressesAttribute,
            perform=addresses.describe_attribute,
        ),
        Operation(
            name="AssociateAddress",
            request=requests.AssociateAddress,
            perform=addresses.associate,
            always_refused=_MANAGED,
        ),
        Operation(
            name="DisassociateAddress",
            request=requests.DisassociateAddress,
            perform=addresses.disassociate,
            always_refused=_MANAGED,
        ),
    )
