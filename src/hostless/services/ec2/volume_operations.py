"""The rows of the table of EC2 operations that are about volumes of EBS and their snapshots."""

from typing import Any

from hostless.kit.ids import Ids
from hostless.services.ec2 import requests_volumes as requests
from hostless.services.ec2.block_volumes import BlockSnapshots, BlockVolumes
from hostless.services.operation import Operation
from hostless.store.store import Store


def volume_operations(store: Store, ids: Ids) -> tuple[Operation[Any], ...]:
    volumes, snapshots = BlockVolumes(store), BlockSnapshots(store, ids)
    return (
        Operation(
            name="DescribeVolumes",
            request=requests.DescribeVolumes,
            perform=volumes.describe,
            not_acted_on={"IncludeManagedResources": "every volume is shown, whoever made it"},
        ),
        Operation(name="DeleteVolume", request=requests.DeleteVolume, perform=volumes.delete),
        Operation(
            name="CreateSnapshot",
            request=requests.CreateSnapshot,
            perform=snapshots.create,
            refused={
                "OutpostArn": "there are no Outposts here",
                "Location": "there are no Local Zones here",
            },
        ),
        Operation(
            name="DescribeSnapshots",
            request=requests.DescribeSnapshots,
            perform=snapshots.describe,
        ),
        Operation(name="DeleteSnapshot", request=requests.DeleteSnapshot, perform=snapshots.delete),
    )
