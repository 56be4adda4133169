"""What callers ask about VPCs and what is in them; shapes of the EC2 model."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """values: any of them matches; `*` and `?` stand for others, a backslash before them not."""

    name: str | None = None
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribeVpcs:
    filters: tuple[Filter, ...] = ()
    vpc_ids: tuple[str, ...] = ()
    next_token: str | None = None
    max_results: int | None = None
    dry_run: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribeSubnets:
    filters: tuple[Filter, ...] = ()
    subnet_ids: tuple[str, ...] = ()
    next_token: str | None = None
    max_results: int | None = None
    dry_run: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribeSecurityGroups:
    filters: tuple[Filter, ...] = ()
    group_ids: tuple[str, ...] = ()
    group_names: tuple[str, ...] = ()
    next_token: str | None = None
    max_results: int | None = None
    dry_run: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribeNetworkInterfaces:
    """include_managed_resources: none is ever hidden."""

    filters: tuple[Filter, ...] = ()
    network_interface_ids: tuple[str, ...] = ()
    next_token: str | None = None
    max_results: int | None = None
    include_managed_resources: bool | None = None
    dry_run: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribeNetworkInterfaceAttribute:
    network_interface_id: str
    attribute: str | None = None
    dry_run: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModifyNetworkInterfaceAttribute:
    network_interface_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribeAvailabilityZones:
    filters: tuple[Filter, ...] = ()
    zone_names: tuple[str, ...] = ()
    zone_ids: tuple[str, ...] = ()
    dry_run: bool | None = None
