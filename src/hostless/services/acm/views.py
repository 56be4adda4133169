"""How ACM shows certificates. Private keys are in none of it: they are not in the record."""

import hashlib
from collections.abc import Sequence

from hostless.domain.arns import LoadBalancerArn
from hostless.domain.certificates import Certificate
from hostless.kit.clock import Timestamp

View = dict[str, object]
_MOST_NAMES = 100


def status_of(certificate: Certificate, now: Timestamp) -> str:
    return "EXPIRED" if certificate.facts.not_after < now else "ISSUED"


def origin_of(certificate: Certificate) -> str:
    return "CUSTOMER_PROVIDED" if certificate.type == "IMPORTED" else "AWS_MANAGED"


def certificate_view(
    certificate: Certificate, used_by: Sequence[LoadBalancerArn], now: Timestamp
) -> View:
    facts = certificate.facts
    is_imported = certificate.type == "IMPORTED"
    return {
        "CertificateArn": certificate.arn,
        "DomainName": facts.domain_name or None,
        "SubjectAlternativeNames": list(facts.names[:_MOST_NAMES]),
        "DomainValidationOptions": None if is_imported else _validations(certificate),
        "Serial": facts.serial,
        "Subject": facts.subject,
        "Issuer": facts.issuer,
        "CreatedAt": certificate.created_at,
        "IssuedAt": certificate.issued_at,
        "ImportedAt": certificate.imported_at,
        "Status": status_of(certificate, now),
        "NotBefore": facts.not_before,
        "NotAfter": facts.not_after,
        "KeyAlgorithm": facts.key_algorithm,
        "SignatureAlgorithm": facts.signature_algorithm,
        "InUseBy": list(used_by),
        "Type": certificate.type,
        "KeyUsages": [{"Name": name} for name in facts.key_usages],
        "ExtendedKeyUsages": [{"Name": name} for name in facts.extended_key_usages],
        "RenewalEligibility": "INELIGIBLE" if is_imported else "ELIGIBLE",
        "Options": {
            "CertificateTransparencyLoggingPreference": certificate.transparency_logging,
            "Export": "DISABLED",
        },
        "CertificateKeyPairOrigin": origin_of(certificate),
    }


def summary_view(certificate: Certificate, *, is_in_use: bool, now: Timestamp) -> View:
    facts = certificate.facts
    return {
        "CertificateArn": certificate.arn,
        "DomainName": facts.domain_name or None,
        "SubjectAlternativeNameSummaries": list(facts.names[:_MOST_NAMES]),
        "HasAdditionalSubjectAlternativeNames": len(facts.names) > _MOST_NAMES,
        "Status": status_of(certificate, now),
        "Type": certificate.type,
        "KeyAlgorithm": facts.key_algorithm,
        "KeyUsages": list(facts.key_usages),
        "ExtendedKeyUsages": list(facts.extended_key_usages),
        "ExportOption": "DISABLED",
        "InUse": is_in_use,
        "RenewalEligibility": "INELIGIBLE" if certificate.type == "IMPORTED" else "ELIGIBLE",
        "NotBefore": facts.not_before,
        "NotAfter": facts.not_after,
        "CreatedAt": certificate.created_at,
        "IssuedAt": certificate.issued_at,
        "ImportedAt": certificate.imported_at,
        "CertificateKeyPairOrigin": origin_of(certificate),
    }


def _validations(certificate: Certificate) -> list[View]:
    return [_validation(certificate, name) for name in certificate.facts.names]


def _validation(certificate: Certificate, name: str) -> View:
    """The record that ACM would want to see in DNS; nobody looks for it here."""
    domain = name.removeprefix("*.")
    shown: View = {
        "DomainName": name,
        "ValidationDomain": domain,
        "ValidationStatus": "SUCCESS",
        "ValidationMethod": certificate.validation_method,
    }
    if certificate.validation_method == "DNS":
        label = _label(f"name {certificate.arn} {domain}")
        shown["ResourceRecord"] = {
            "Name": f"_{label}.{domain}.",
            "Type": "CNAME",
            "Value": f"_{_label(f'value {certificate.arn} {domain}')}.acm-validations.aws.",
        }
    return shown


def _label(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]
