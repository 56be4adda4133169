"""Network ACLs, prefix lists and endpoints in the world that the sweep asks, and right requests."""

from typing import Any

from tests.support.api_world import World

from hostless.store.kinds import NETWORK_ACLS


def network_furniture(world: World) -> tuple[tuple[str, dict[str, Any]], ...]:
    """The operations that make one of each, and their members."""
    return (("CreateNetworkAcl", {"VpcId": world.network.vpc.id}),)


def usual_network(world: World) -> dict[str, dict[str, Any]]:
    """About the default network ACL, and another that no subnet has."""
    acls = list(world.store.all(NETWORK_ACLS))
    default = next((acl.id for acl in acls if acl.is_default), "none")
    other = next((acl.id for acl in acls if not acl.is_default), "none")
    entry = {"Protocol": "-1", "RuleAction": "allow", "Egress": False, "CidrBlock": "10.0.0.0/8"}
    there = {"NetworkAclId": default, "RuleNumber": 100}
    association = world.network.acl_associations[0].id
    return {
        "CreateNetworkAclEntry": {**entry, "NetworkAclId": default, "RuleNumber": 200},
        "ReplaceNetworkAclEntry": {**entry, **there},
        "DeleteNetworkAclEntry": {**there, "Egress": False},
        "DeleteNetworkAcl": {"NetworkAclId": other},
        "ReplaceNetworkAclAssociation": {"AssociationId": association, "NetworkAclId": other},
    }
