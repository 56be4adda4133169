"""The engine's own certificate authority: what RequestCertificate's certificates are signed by.

A public authority would want to see that the caller owns the domain, which cannot be shown here;
this one signs at once, and whoever is to trust it takes its certificate from the chain that
GetCertificate answers. It is made with the first request and lives in the store, as its key does.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from hostless.domain.certificates import Authority
from hostless.kit.clock import Timestamp
from hostless.services.acm.x509 import (
    SigningKey,
    certificate_pem,
    instant,
    key_pem,
    new_key,
    read_key,
    read_one,
)

VALID_SECONDS = 825 * 86_400
"""The longest that every client takes from an authority of one's own. Nobody renews unasked."""
_AUTHORITY_SECONDS = 30 * 365 * 86_400
_SKEW_SECONDS = 3600
"""Clocks of clients may be slow."""
_NAME = "hostless"
_LONGEST_COMMON_NAME = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """PEM, all of it. chain: of those that vouch for the body."""

    body: str
    chain: str
    private_key: str = field(repr=False)


def new_authority(number: str, now: Timestamp) -> Authority:
    """number: tells this authority's name from those of other engines."""
    key = new_key("EC_prime256v1")
    name = x509.Name(
        (
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, _NAME),
            x509.NameAttribute(NameOID.COMMON_NAME, f"{_NAME} authority {number}"),
        )
    )
    builder = (
        _builder(name, name, key, now, _AUTHORITY_SECONDS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage("key_cert_sign", "crl_sign"), critical=True)
    )
    certificate = builder.sign(key, hashes.SHA256())
    return Authority(
        certificate=certificate_pem(certificate), private_key=key_pem(key), created_at=now
    )


def issue(authority: Authority, names: Sequence[str], algorithm: str, now: Timestamp) -> Issued:
    """A server's certificate for the names, with a new key. RSA keys take their time."""
    key = new_key(algorithm)
    by = read_one(authority.certificate.encode())
    common = [name for name in names if len(name) <= _LONGEST_COMMON_NAME][:1]
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name) for name in common])
    usages = (ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH)
    builder = (
        _builder(subject, by.subject, key, now, VALID_SECONDS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage("digital_signature", "key_encipherment"), critical=True)
        .add_extension(x509.ExtendedKeyUsage(usages), critical=False)
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName(name) for name in names]),
            critical=not common,
        )
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(
                read_key(authority.private_key.encode()).public_key()
            ),
            critical=False,
        )
    )
    certificate = builder.sign(read_key(authority.private_key.encode()), hashes.SHA256())
    return Issued(
        body=certificate_pem(certificate),
        chain=authority.certificate,
        private_key=key_pem(key),
    )


def _builder(
    subject: x509.Name, issuer: x509.Name, key: SigningKey, now: Timestamp, seconds: float
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(instant(now - _SKEW_SECONDS))
        .not_valid_after(instant(now + seconds))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _usage(*allowed: str) -> x509.KeyUsage:
    every = (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    )
    return x509.KeyUsage(**{name: name in allowed for name in every})
