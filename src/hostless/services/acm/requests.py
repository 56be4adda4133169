"""Requests of Certificate Manager as the gateway hands them over: members in snake case."""

from dataclasses import dataclass, field

from hostless.domain.tags import Tag


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportCertificate:
    certificate: bytes
    private_key: bytes = field(repr=False)
    certificate_arn: str | None = None
    certificate_chain: bytes | None = None
    tags: tuple[Tag, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedCertificate:
    certificate_arn: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenDomainOption:
    domain_name: str
    validation_domain: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenOptions:
    certificate_transparency_logging_preference: str | None = None
    export: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestCertificate:
    domain_name: str
    validation_method: str = "EMAIL"
    subject_alternative_names: tuple[str, ...] = ()
    idempotency_token: str | None = None
    domain_validation_options: tuple[GivenDomainOption, ...] = ()
    options: GivenOptions = GivenOptions()
    tags: tuple[Tag, ...] = ()
    key_algorithm: str = "RSA_2048"


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateCertificateOptions:
    certificate_arn: str
    options: GivenOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class ResendValidationEmail:
    certificate_arn: str
    domain: str
    validation_domain: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenFilters:
    extended_key_usage: tuple[str, ...] = ()
    key_usage: tuple[str, ...] = ()
    key_types: tuple[str, ...] = ()
    export_option: str | None = None
    managed_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListCertificates:
    certificate_statuses: tuple[str, ...] = ()
    certificate_key_pair_origins: tuple[str, ...] = ()
    includes: GivenFilters = GivenFilters()
    next_token: str | None = None
    max_items: int = 1000
    sort_by: str | None = None
    sort_order: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeTagsOfCertificate:
    certificate_arn: str
    tags: tuple[Tag, ...]


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
