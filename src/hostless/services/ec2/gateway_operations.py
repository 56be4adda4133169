"""The rows of the table of EC2 operations that are about gateways of every kind."""

from typing import Any

from hostless.domain.quotas import Quotas
from hostless.kit.ids import Ids
from hostless.services.ec2 import requests_gateways as requests
from hostless.services.ec2.errors_gateways import OneAddressOnly
from hostless.services.ec2.internet_gateways import EgressOnlyGateways, InternetGateways
from hostless.services.ec2.nat_gateways import NatGateways
from hostless.services.operation import Operation
from hostless.services.refusing import refusing
from hostless.store.store import Store

_NO_REGIONAL = "there are no regional NAT gateways here, only zonal ones"
_ONE_ADDRESS = "a NAT gateway has one address here"
_SECOND_ADDRESSES = (
    *("AssociateNatGatewayAddress", "DisassociateNatGatewayAddress"),
    *("AssignPrivateNatGatewayAddress", "UnassignPrivateNatGatewayAddress"),
)


def gateway_operations(store: Store, ids: Ids, quotas: Quotas) -> tuple[Operation[Any], ...]:
    return (
        *_internet_gateways(InternetGateways(store, ids, quotas)),
        *_egress_only_gateways(EgressOnlyGateways(store, ids, quotas)),
        *_nat_gateways(NatGateways(store, ids, quotas)),
    )


def _internet_gateways(gateways: InternetGateways) -> tuple[Operation[Any], ...]:
    return (
        Operation(
            name="CreateInternetGateway",
            request=requests.CreateInternetGateway,
            perform=gateways.create,
        ),
        Operation(
            name="AttachInternetGateway",
            request=requests.InternetGatewayAttachment,
            perform=gateways.attach,
        ),
        Operation(
            name="DetachInternetGateway",
            request=requests.InternetGatewayAttachment,
            perform=gateways.detach,
        ),
        Operation(
            name="DeleteInternetGateway",
            request=requests.DeleteInternetGateway,
            perform=gateways.delete,
        ),
        Operation(
            name="DescribeInternetGateways",
            request=requests.DescribeInternetGateways,
            perform=gateways.describe,
        ),
    )


def _egress_only_gateways(gateways: EgressOnlyGateways) -> tuple[Operation[Any], ...]:
    return (
        Operation(
            name="CreateEgressOnlyInternetGateway",
            request=requests.CreateEgressOnlyInternetGateway,
            perform=gateways.create,
        ),
        Operation(
            name="DeleteEgressOnlyInternetGateway",
            request=requests.DeleteEgressOnlyInternetGateway,
            perform=gateways.delete,
        ),
        Operation(
            name="DescribeEgressOnlyInternetGateways",
            request=requests.DescribeEgressOnlyInternetGateways,
            perform=gateways.describe,
        ),
    )


def _nat_gateways(gateways: NatGateways) -> tuple[Operation[Any], ...]:
    return (
        Operation(
            name="CreateNatGateway",
            request=requests.CreateNatGateway,
            perform=gateways.create,
            refused={
                "VpcId": _NO_REGIONAL,
                "AvailabilityZoneAddresses": _NO_REGIONAL,
                "SecondaryAllocationIds": _ONE_ADDRESS,
                "SecondaryPrivateIpAddresses": _ONE_ADDRESS,
                "SecondaryPrivateIpAddressCount": _ONE_ADDRESS,
            },
            refused_by_rule={"AvailabilityMode": "`regional`: " + _NO_REGIONAL},
        ),
        Operation(
            name="DeleteNatGateway", request=requests.DeleteNatGateway, perform=gateways.delete
        ),
        Operation(
            name="DescribeNatGateways",
            request=requests.DescribeNatGateways,
            perform=gateways.describe,
        ),
        *(refusing(name, OneAddressOnly, _ONE_ADDRESS) for name in _SECOND_ADDRESSES),
    )
