"""What callers ask about volumes and snapshots of EBS; shapes of the EC2 model."""

from dataclasses import dataclass

from hostless.services.ec2.requests import Filter
from hostless.services.ec2.requests_security_groups import TagSpecification


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribeVolumes:
    filters: tuple[Filter, ...] = ()
    volume_ids: tuple[str, ...] = ()
    include_managed_resources: bool | None = None
    next_token: str | None = None
    max_results: int | None = None
    dry_run: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteVolume:
    volume_id: str
    dry_run: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateSnapshot:
    volume_id: str
    description: str | None = None
    tag_specifications: tuple[TagSpecification, ...] = ()
    dry_run: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribeSnapshots:
    filters: tuple[Filter, ...] = ()
    snapshot_ids: tuple[str, ...] = ()
    owner_ids: tuple[str, ...] = ()
    restorable_by_user_ids: tuple[str, ...] = ()
    next_token: str | None = None
    max_results: int | None = None
    dry_run: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteSnapshot:
    snapshot_id: str
    dry_run: bool | None = None
