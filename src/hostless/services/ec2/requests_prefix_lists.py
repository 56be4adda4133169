"""What callers ask about prefix lists; shapes of the EC2 model."""

from dataclasses import dataclass

from hostless.services.ec2.requests import Filter
from hostless.services.ec2.requests_security_groups import TagSpecification


@dataclass(frozen=True, slots=True, kw_only=True)
class AddPrefixListEntry:
    cidr: str
    description: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovePrefixListEntry:
    cidr: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateManagedPrefixList:
    prefix_list_name: str
    max_entries: int
    address_family: str
    entries: tuple[AddPrefixListEntry, ...] = ()
    tag_specifications: tuple[TagSpecification, ...] = ()
    client_token: str | None = None
    dry_run: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModifyManagedPrefixList:
    prefix_list_id: str
    current_version: int | None = None
    prefix_list_name: str | None = None
    add_entries: tuple[AddPrefixListEntry, ...] = ()
    remove_entries: tuple[RemovePrefixListEntry, ...] = ()
    max_entries: int | None = None
    dry_run: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreManagedPrefixListVersion:
    prefix_list_id: str
    previous_version: int
    current_version: int
    dry_run: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteManagedPrefixList:
    prefix_list_id: str
    dry_run: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribePrefixLists:
    """DescribeManagedPrefixLists, too."""

    filters: tuple[Filter, ...] = ()
    prefix_list_ids: tuple[str, ...] = ()
    next_token: str | None = None
    max_results: int | None = None
    dry_run: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GetManagedPrefixListEntries:
    prefix_list_id: str
    target_version: int | None = None
    next_token: str | None = None
    max_results: int | None = None
    dry_run: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GetManagedPrefixListAssociations:
    prefix_list_id: str
    next_token: str | None = None
    max_results: int | None = None
    dry_run: bool | None = None
