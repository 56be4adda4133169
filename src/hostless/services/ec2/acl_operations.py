"""The rows of the table of EC2 operations that are about network ACLs."""

from typing import Any

from hostless.domain.quotas import Quotas
from hostless.kit.ids import Ids
from hostless.services.ec2 import requests_acls as requests
from hostless.services.ec2.network_acls import NetworkAcls
from hostless.services.operation import Operation
from hostless.store.store import Store


def acl_operations(store: Store, ids: Ids, quotas: Quotas) -> tuple[Operation[Any], ...]:
    acls = NetworkAcls(store, ids, quotas)
    return (
        Operation(name="CreateNetworkAcl", request=requests.CreateNetworkAcl, perform=acls.create),
        Operation(name="DeleteNetworkAcl", request=requests.DeleteNetworkAcl, perform=acls.delete),
        Operation(
            name="DescribeNetworkAcls", request=requests.DescribeNetworkAcls, perform=acls.describe
        ),
        Operation(
            name="CreateNetworkAclEntry",
            request=requests.PutNetworkAclEntry,
            perform=acls.create_entry,
        ),
        Operation(
            name="ReplaceNetworkAclEntry",
            request=requests.PutNetworkAclEntry,
            perform=acls.replace_entry,
        ),
        Operation(
            name="DeleteNetworkAclEntry",
            request=requests.DeleteNetworkAclEntry,
            perform=acls.delete_entry,
        ),
        Operation(
            name="ReplaceNetworkAclAssociation",
            request=requests.ReplaceNetworkAclAssociation,
            perform=acls.replace_association,
        ),
    )
