"""Network ACLs, prefix lists and endpoints in the world that the sweep asks, and right requests."""

from typing import Any

from tests.support.api_world import World

from hostless.store.kinds import NETWORK_ACLS, NETWORK_INTERFACES, PREFIX_LISTS, VPC_ENDPOINTS


def network_furniture(world: World) -> tuple[tuple[str, dict[str, Any]], ...]:
    """The operations that make one of each, and their members."""
    entries = [{"Cidr": "10.0.0.0/8"}]
    office = {"PrefixListName": "office", "MaxEntries": 5, "AddressFamily": "IPv4"}
    return (
        ("CreateNetworkAcl", {"VpcId": world.network.vpc.id}),
        ("CreateManagedPrefixList", {**office, "Entries": entries}),
        ("CreateVpcEndpoint", usual_network(world)["CreateVpcEndpoint"]),
    )


def usual_network(world: World) -> dict[str, dict[str, Any]]:
    """About the default network ACL, another that no subnet has, a prefix list, an endpoint."""
    acls = list(world.store.all(NETWORK_ACLS))
    default = next((acl.id for acl in acls if acl.is_default), "none")
    other = next((acl.id for acl in acls if not acl.is_default), "none")
    entry = {"Protocol": "-1", "RuleAction": "allow", "Egress": False, "CidrBlock": "10.0.0.0/8"}
    there = {"NetworkAclId": default, "RuleNumber": 100}
    office = next((each.id for each in world.store.all(PREFIX_LISTS)), "none")
    endpoint = next((each.id for each in world.store.all(VPC_ENDPOINTS)), "none")
    logs = {"VpcEndpointType": "Interface", "ServiceName": "com.amazonaws.us-east-1.logs"}
    association = world.network.acl_associations[0].id
    return {
        "CreateNetworkAclEntry": {**entry, "NetworkAclId": default, "RuleNumber": 200},
        "ReplaceNetworkAclEntry": {**entry, **there},
        "DeleteNetworkAclEntry": {**there, "Egress": False},
        "DeleteNetworkAcl": {"NetworkAclId": other},
        "ReplaceNetworkAclAssociation": {"AssociationId": association, "NetworkAclId": other},
        "CreateManagedPrefixList": {
            "PrefixListName": "new",
            "MaxEntries": 5,
            "AddressFamily": "IPv4",
        },
        "ModifyManagedPrefixList": {"PrefixListId": office, "AddEntries": [{"Cidr": "1.0.0.0/8"}]},
        "RestoreManagedPrefixListVersion": {
            "PrefixListId": office,
            "PreviousVersion": 1,
            "CurrentVersion": 1,
        },
        "DeleteManagedPrefixList": {"PrefixListId": office},
        "GetManagedPrefixListEntries": {"PrefixListId": office},
        "GetManagedPrefixListAssociations": {"PrefixListId": office},
        "CreateVpcEndpoint": {
            **logs,
            "VpcId": world.network.vpc.id,
            "SubnetIds": [world.network.subnets[0].id],
            "PrivateDnsEnabled": False,
        },
        "ModifyVpcEndpoint": {"VpcEndpointId": endpoint, "PrivateDnsEnabled": True},
        "DescribeNetworkInterfaceAttribute": {
            "NetworkInterfaceId": next((i.id for i in world.store.all(NETWORK_INTERFACES)), "none"),
            "Attribute": "description",
        },
        "DescribeSecurityGroupReferences": {"GroupId": [world.network.parts.security_group.id]},
        "DeleteVpcEndpoints": {"VpcEndpointIds": [endpoint]},
    }
