"""What callers say about tags and account settings; shapes of the ECS model."""

from dataclasses import dataclass

from hostless.domain.tags import Tag


@dataclass(frozen=True, slots=True, kw_only=True)
class TagResource:
    resource_arn: str
    tags: tuple[Tag, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UntagResource:
    resource_arn: str
    tag_keys: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListTagsForResource:
    resource_arn: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PutAccountSetting:
    name: str
    value: str
    principal_arn: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PutAccountSettingDefault:
    name: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteAccountSetting:
    name: str
    principal_arn: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListAccountSettings:
    name: str | None = None
    value: str | None = None
    principal_arn: str | None = None
    effective_settings: bool | None = None
    next_token: str | None = None
    max_results: int | None = None
