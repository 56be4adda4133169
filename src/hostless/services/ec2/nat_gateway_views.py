"""NAT gateways as EC2 shows them, and what they are found by."""

from collections.abc import Mapping

from hostless.domain.gateways import NatGateway, NatGatewayState
from hostless.services.ec2.describing import Described, tags_view
from hostless.services.ec2.gateway_lookup import NAT_GATEWAY_FORM

_ADDRESS_STATUS: Mapping[NatGatewayState, str] = {
    "pending": "associating",
    "failed": "failed",
    "available": "succeeded",
    "deleting": "disassociating",
    "deleted": "succeeded",
}


def nat_gateway_view(gateway: NatGateway) -> dict[str, object]:
    code, sentence = gateway.failure or (None, None)
    return {
        "NatGatewayId": gateway.id,
        "VpcId": gateway.vpc_id,
        "SubnetId": gateway.subnet_id,
        "State": gateway.state,
        "ConnectivityType": "public" if gateway.is_public else "private",
        "AvailabilityMode": "zonal",
        "NatGatewayAddresses": [_address_view(gateway)],
        "CreateTime": gateway.created_at,
        "DeleteTime": gateway.deleted_at,
        "FailureCode": code,
        "FailureMessage": sentence,
        "Tags": tags_view(gateway.tags),
    }


def _address_view(gateway: NatGateway) -> dict[str, object]:
    return {
        "AllocationId": gateway.allocation_id,
        "AssociationId": gateway.association_id,
        "NetworkInterfaceId": gateway.interface_id,
        "PrivateIp": gateway.address,
        "PublicIp": gateway.public_address,
        "IsPrimary": True,
        "Status": _ADDRESS_STATUS[gateway.state],
        "FailureMessage": gateway.failure[1] if gateway.failure else None,
    }


NAT_GATEWAYS_DESCRIBED: Described[NatGateway] = Described(
    form=NAT_GATEWAY_FORM,
    id_of=lambda gateway: gateway.id,
    tags_of=lambda gateway: gateway.tags,
    filters={
        "nat-gateway-id": lambda gateway: (gateway.id,),
        "state": lambda gateway: (gateway.state,),
        "subnet-id": lambda gateway: (gateway.subnet_id,),
        "vpc-id": lambda gateway: (gateway.vpc_id,),
    },
)
