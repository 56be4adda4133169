"""How AWS shows load balancers."""

from hostless.domain.arns import Realm
from hostless.domain.load_balancer_rules import hosted_zone_of
from hostless.domain.load_balancers import LoadBalancer, LoadBalancerNode, SubnetMapping
from hostless.services.operation import Answer

View = dict[str, object]


def load_balancer_view(balancer: LoadBalancer, realm: Realm) -> View:
    return {
        "LoadBalancerArn": balancer.arn,
        "DNSName": balancer.dns_name,
        "CanonicalHostedZoneId": hosted_zone_of(balancer.type, realm),
        "CreatedTime": balancer.created_at,
        "LoadBalancerName": balancer.name,
        "Scheme": balancer.scheme,
        "VpcId": balancer.vpc_id,
        "State": {"Code": balancer.state, "Reason": balancer.state_reason},
        "Type": balancer.type,
        "AvailabilityZones": zones_view(balancer),
        "SecurityGroups": list(balancer.security_groups),
        "IpAddressType": balancer.ip_address_type,
    }


def zones_view(balancer: LoadBalancer) -> list[View]:
    nodes = {node.subnet_id: node for node in balancer.nodes}
    return [
        {
            "ZoneName": mapping.zone,
            "SubnetId": mapping.subnet_id,
            "LoadBalancerAddresses": _addresses(mapping, nodes.get(mapping.subnet_id)),
        }
        for mapping in sorted(balancer.subnets, key=lambda each: each.zone)
    ]


def _addresses(mapping: SubnetMapping, node: LoadBalancerNode | None) -> list[View]:
    """Only what the caller chose; other addresses are behind the DNS name."""
    if mapping.private_address is not None:
        return [{"PrivateIPv4Address": mapping.private_address}]
    if mapping.allocation_id is not None:
        public = None if node is None else node.public_address
        return [{"AllocationId": mapping.allocation_id, "IpAddress": public}]
    return []


def attributes_view(attributes: dict[str, str]) -> Answer:
    return {"Attributes": [{"Key": key, "Value": value} for key, value in attributes.items()]}
