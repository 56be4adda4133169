"""Certificates of ACM, their private keys, and the engine's own authority.

A private key is a record of its own, so that whoever shows, logs or compares a certificate has none
in his hands; its text is left out of `repr`. Keys leave the store for a balancer's files only.
"""

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from hostless.domain.arns import CertificateArn
from hostless.domain.tags import Tag
from hostless.kit.clock import Timestamp

CertificateType: TypeAlias = Literal["IMPORTED", "AMAZON_ISSUED"]
Logging: TypeAlias = Literal["ENABLED", "DISABLED"]
"""Whether issued certificates are told to public logs."""
AUTHORITY_KEY = "own"


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateFacts:
    """What is written in a certificate. names: the domain name first, then the others, in the
    certificate's order. serial: pairs of hexadecimal digits with colons between. key_usages,
    extended_key_usages: in ACM's words."""

    domain_name: str
    names: tuple[str, ...]
    subject: str
    issuer: str
    serial: str
    key_algorithm: str
    signature_algorithm: str
    key_usages: tuple[str, ...] = ()
    extended_key_usages: tuple[str, ...] = ()
    not_before: Timestamp
    not_after: Timestamp


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """body, chain: PEM. chain: of those that vouch for it, nearest first, without the body.

    imported_at: of an imported one, the last time. validation_method: as it was asked for.
    idempotency_token: of the request for it.
    """

    arn: CertificateArn
    type: CertificateType
    body: str
    chain: str | None = None
    facts: CertificateFacts
    created_at: Timestamp
    imported_at: Timestamp | None = None
    issued_at: Timestamp | None = None
    validation_method: str | None = None
    transparency_logging: Logging = "ENABLED"
    idempotency_token: str | None = None
    tags: tuple[Tag, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateKey:
    """private_key: PEM (PKCS 8), not encrypted."""

    certificate_arn: CertificateArn
    private_key: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """Signs what RequestCertificate asks for; there is one, under AUTHORITY_KEY. Both are PEM."""

    certificate: str
    private_key: str = field(repr=False)
    created_at: Timestamp
