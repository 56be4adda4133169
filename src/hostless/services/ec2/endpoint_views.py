"""VPC endpoints and the services that they lead to, as EC2 shows them, and what they are found by.

Sources: the EC2 model and reference of DescribeVpcEndpoints and DescribeVpcEndpointServices.
"""

from hostless.domain.arns import Realm
from hostless.domain.endpoint_services import (
    HOSTED_ZONE,
    EndpointService,
    find_service,
    own_names_of,
)
from hostless.domain.vpc_endpoints import VpcEndpoint
from hostless.domain.zones import zone_id
from hostless.services.ec2.describing import Described, IdForm, tags_view
from hostless.store.kinds import NETWORK_INTERFACES, SECURITY_GROUPS
from hostless.store.store import Store

ENDPOINT_FORM = IdForm(noun="VpcEndpointId", spoken="Vpc Endpoint Id", prefix="vpce-")
_OWNER = "amazon"


def endpoint_view(endpoint: VpcEndpoint, store: Store, realm: Realm) -> dict[str, object]:
    groups = [
        {"GroupId": id_, "GroupName": None if found is None else found.name}
        for id_ in endpoint.security_groups
        for found in (store.get(SECURITY_GROUPS, id_),)
    ]
    shown = {
        "VpcEndpointId": endpoint.id,
        "VpcEndpointType": endpoint.type,
        "VpcId": endpoint.vpc_id,
        "ServiceName": endpoint.service_name,
        "ServiceRegion": realm.region,
        "State": endpoint.state,
        "PolicyDocument": endpoint.policy,
        "RouteTableIds": list(endpoint.route_table_ids),
        "SubnetIds": list(endpoint.subnet_ids),
        "Groups": groups,
        "PrivateDnsEnabled": endpoint.has_private_dns,
        "RequesterManaged": False,
        "NetworkInterfaceIds": list(endpoint.interface_ids),
        "DnsEntries": _dns_entries(endpoint, store, realm),
        "CreationTimestamp": endpoint.created_at,
        "Tags": tags_view(endpoint.tags),
        "OwnerId": realm.account_id,
    }
    if endpoint.type == "Interface":
        shown |= {"IpAddressType": "ipv4", "DnsOptions": {"DnsRecordIpType": "ipv4"}}
    return shown


def _dns_entries(endpoint: VpcEndpoint, store: Store, realm: Realm) -> list[dict[str, str]]:
    service = find_service(realm, endpoint.service_name)
    if service is None or endpoint.type != "Interface":
        return []
    found = (store.get(NETWORK_INTERFACES, id_) for id_ in endpoint.interface_ids)
    zones = tuple(sorted(each.zone for each in found if each is not None))
    names = list(own_names_of(endpoint, service, zones))
    if endpoint.has_private_dns and service.private_name is not None:
        names.append(service.private_name)
    return [{"DnsName": name, "HostedZoneId": HOSTED_ZONE} for name in names]


def described_endpoints(realm: Realm) -> Described[VpcEndpoint]:
    return Described(
        form=ENDPOINT_FORM,
        id_of=lambda each: each.id,
        tags_of=lambda each: each.tags,
        filters={
            "ip-address-type": lambda e: ("ipv4",) if e.type == "Interface" else (),
            "service-name": lambda e: (e.service_name,),
            "service-region": lambda e: (realm.region,),
            "vpc-endpoint-id": lambda e: (e.id,),
            "vpc-endpoint-state": lambda e: (e.state,),
            "vpc-endpoint-type": lambda e: (e.type,),
            "vpc-id": lambda e: (e.vpc_id,),
        },
    )


def service_view(service: EndpointService, realm: Realm) -> dict[str, object]:
    private = service.private_name
    return {
        "ServiceName": service.name,
        "ServiceId": service.id,
        "ServiceType": [{"ServiceType": service.type}],
        "ServiceRegion": realm.region,
        "AvailabilityZones": list(realm.zones()),
        "AvailabilityZoneIds": [zone_id(zone, realm) for zone in realm.zones()],
        "Owner": _OWNER,
        "BaseEndpointDnsNames": [service.base_name],
        "PrivateDnsName": private,
        "PrivateDnsNames": None if private is None else [{"PrivateDnsName": private}],
        "PrivateDnsNameVerificationState": None if private is None else "verified",
        "VpcEndpointPolicySupported": True,
        "AcceptanceRequired": False,
        "ManagesVpcEndpoints": False,
        "SupportedIpAddressTypes": ["ipv4"],
        "Tags": [],
    }


def described_services(realm: Realm) -> Described[EndpointService]:
    return Described(
        form=IdForm(noun="ServiceName", spoken="Vpc Endpoint Service", prefix=""),
        id_of=lambda service: service.name,
        tags_of=lambda service: (),
        filters={
            "owner": lambda service: (_OWNER,),
            "service-name": lambda service: (service.name,),
            "service-region": lambda service: (realm.region,),
            "service-type": lambda service: (service.type,),
            "supported-ip-address-types": lambda service: ("ipv4",),
        },
    )
