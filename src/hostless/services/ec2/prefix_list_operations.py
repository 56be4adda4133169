"""The rows of the table of EC2 operations that are about prefix lists."""

from typing import Any

from hostless.kit.ids import Ids
from hostless.services.ec2 import requests_prefix_lists as requests
from hostless.services.ec2.prefix_list_changes import PrefixListChanges
from hostless.services.ec2.prefix_lists import PrefixLists
from hostless.services.operation import Operation
from hostless.store.store import Store

_NO_RESOLVER = {"IpamPrefixListResolverSyncEnabled": "there is no IPAM"}


def prefix_list_operations(store: Store, ids: Ids) -> tuple[Operation[Any], ...]:
    lists, changes = PrefixLists(store), PrefixListChanges(store, ids)
    return (
        Operation(
            name="CreateManagedPrefixList",
            request=requests.CreateManagedPrefixList,
            perform=changes.create,
        ),
        Operation(
            name="ModifyManagedPrefixList",
            request=requests.ModifyManagedPrefixList,
            perform=changes.modify,
            refused=_NO_RESOLVER,
        ),
        Operation(
            name="RestoreManagedPrefixListVersion",
            request=requests.RestoreManagedPrefixListVersion,
            perform=changes.restore,
        ),
        Operation(
            name="DeleteManagedPrefixList",
            request=requests.DeleteManagedPrefixList,
            perform=changes.delete,
        ),
        Operation(
            name="DescribeManagedPrefixLists",
            request=requests.DescribePrefixLists,
            perform=lists.describe_managed,
        ),
        Operation(
            name="GetManagedPrefixListEntries",
            request=requests.GetManagedPrefixListEntries,
            perform=lists.entries,
        ),
        Operation(
            name="GetManagedPrefixListAssociations",
            request=requests.GetManagedPrefixListAssociations,
            perform=lists.associations,
        ),
        Operation(
            name="DescribePrefixLists",
            request=requests.DescribePrefixLists,
            perform=lists.describe_of_aws,
        ),
    )
