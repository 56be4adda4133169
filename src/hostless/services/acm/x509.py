"""X.509 certificates as callers bring them: read, checked, described in ACM's words.

Sentences are ACM's own, except where a comment says "our words". None of them quotes a key.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID as Extended
from cryptography.x509.oid import NameOID
from cryptography.x509.oid import SignatureAlgorithmOID as Signature

from hostless.domain.certificates import CertificateFacts
from hostless.kit.clock import Timestamp
from hostless.services.acm.errors import BadCertificate

_BEGIN = b"-----BEGIN CERTIFICATE-----"
_RSA_BITS = (1024, 2048, 3072, 4096)
_CURVES = {"secp256r1": "prime256v1", "secp384r1": "secp384r1", "secp521r1": "secp521r1"}
_USAGES = {
    "digital_signature": "DIGITAL_SIGNATURE",
    "content_commitment": "NON_REPUDIATION",
    "key_encipherment": "KEY_ENCIPHERMENT",
    "data_encipherment": "DATA_ENCIPHERMENT",
    "key_agreement": "KEY_AGREEMENT",
    "key_cert_sign": "CERTIFICATE_SIGNING",
    "crl_sign": "CRL_SIGNING",
}
_EXTENDED = {
    Extended.SERVER_AUTH: "TLS_WEB_SERVER_AUTHENTICATION",
    Extended.CLIENT_AUTH: "TLS_WEB_CLIENT_AUTHENTICATION",
    Extended.CODE_SIGNING: "CODE_SIGNING",
    Extended.EMAIL_PROTECTION: "EMAIL_PROTECTION",
    Extended.TIME_STAMPING: "TIME_STAMPING",
    Extended.OCSP_SIGNING: "OCSP_SIGNING",
    Extended.ANY_EXTENDED_KEY_USAGE: "ANY",
}
_SIGNATURES = {
    Signature.RSA_WITH_SHA1: "SHA1WITHRSA",
    Signature.RSA_WITH_SHA256: "SHA256WITHRSA",
    Signature.RSA_WITH_SHA384: "SHA384WITHRSA",
    Signature.RSA_WITH_SHA512: "SHA512WITHRSA",
    Signature.ECDSA_WITH_SHA256: "SHA256WITHECDSA",
    Signature.ECDSA_WITH_SHA384: "SHA384WITHECDSA",
    Signature.ECDSA_WITH_SHA512: "SHA512WITHECDSA",
}
SigningKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


def read_one(pem: bytes) -> x509.Certificate:
    """Raises BadCertificate."""
    if pem.count(_BEGIN) > 1:
        raise BadCertificate(
            "The certificate field contains more than one certificate. You can specify only one "
            "certificate in this field."
        )
    return _read(pem, "certificate")[0]


def read_chain(pem: bytes) -> list[x509.Certificate]:
    """Raises BadCertificate."""
    return _read(pem, "certificate chain")


def _read(pem: bytes, what: str) -> list[x509.Certificate]:
    try:
        found = x509.load_pem_x509_certificates(pem)
        for each in found:
            each.public_key()
            each.subject.rfc4514_string()
            list(each.extensions)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise BadCertificate(
            f"Unable to parse {what}. Please ensure the {what} is in PEM format."
        ) from error
    return found


def read_key(pem: bytes) -> SigningKey:
    """Raises BadCertificate; what was given is in no error."""
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except TypeError:
        raise BadCertificate(
            "The private key is encrypted. Specify a private key without a passphrase."  # our words
        ) from None
    except (ValueError, UnsupportedAlgorithm):
        raise BadCertificate(
            "The private key is not in PEM format or is not supported."  # our words
        ) from None
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise BadCertificate("The private key is not supported.")
    algorithm_of(key.public_key())
    return key


def check_fits(certificate: x509.Certificate, key: SigningKey) -> None:
    """Raises BadCertificate."""
    if certificate.public_key() != key.public_key():
        raise BadCertificate("The private key does not match the certificate.")  # our words


def check_valid(certificate: x509.Certificate, now: Timestamp) -> None:
    """Raises BadCertificate."""
    if certificate.not_valid_after_utc.timestamp() < now:
        raise BadCertificate("The certificate has expired.")  # our words
    if certificate.not_valid_before_utc.timestamp() > now:
        raise BadCertificate("The certificate is not yet valid.")  # our words


def check_chain(certificate: x509.Certificate, chain: Sequence[x509.Certificate]) -> None:
    """Each is vouched for by the next; without a chain, by itself. Raises BadCertificate."""
    if not chain and not _is_issued_by(certificate, certificate):
        raise BadCertificate(
            "Provided certificate is not a valid self signed. Please provide either a valid "
            "self-signed certificate or certificate chain."
        )
    for one, by in zip((certificate, *chain), chain, strict=False):
        if not _is_issued_by(one, by):
            raise BadCertificate("Could not validate the certificate with the certificate chain.")


def _is_issued_by(one: x509.Certificate, by: x509.Certificate) -> bool:
    try:
        one.verify_directly_issued_by(by)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def facts_of(certificate: x509.Certificate) -> CertificateFacts:
    """Raises BadCertificate for a kind of key that ACM does not take."""
    others = tuple(_alternative_names(certificate))
    common = _first(certificate.subject, NameOID.COMMON_NAME)
    name = common or (others[0] if others else "")
    serial = f"{certificate.serial_number:x}"
    serial = serial if len(serial) % 2 == 0 else f"0{serial}"
    return CertificateFacts(
        domain_name=name,
        names=tuple(dict.fromkeys(each for each in (name, *others) if each)),
        subject=certificate.subject.rfc4514_string(),
        issuer=_first(certificate.issuer, NameOID.ORGANIZATION_NAME)
        or _first(certificate.issuer, NameOID.COMMON_NAME)
        or certificate.issuer.rfc4514_string(),
        serial=":".join(serial[at : at + 2] for at in range(0, len(serial), 2)),
        key_algorithm=algorithm_of(certificate.public_key()),
        signature_algorithm=_signature_algorithm(certificate),
        key_usages=tuple(_usages(certificate)),
        extended_key_usages=tuple(_extended_usages(certificate)),
        not_before=certificate.not_valid_before_utc.timestamp(),
        not_after=certificate.not_valid_after_utc.timestamp(),
    )


def algorithm_of(key: object) -> str:
    """`RSA_2048`, `EC_prime256v1`. Raises BadCertificate for what ACM does not take."""
    if isinstance(key, rsa.RSAPublicKey) and key.key_size in _RSA_BITS:
        return f"RSA_{key.key_size}"
    if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name in _CURVES:
        return f"EC_{_CURVES[key.curve.name]}"
    raise BadCertificate("The private key is not supported.")


def new_key(algorithm: str) -> SigningKey:
    """Takes its time (RSA): not for the event loop's thread."""
    if algorithm.startswith("RSA_"):
        bits = int(algorithm.removeprefix("RSA_"))
        return rsa.generate_private_key(public_exponent=65_537, key_size=bits)
    curves: dict[str, ec.EllipticCurve] = {
        "EC_prime256v1": ec.SECP256R1(),
        "EC_secp384r1": ec.SECP384R1(),
        "EC_secp521r1": ec.SECP521R1(),
    }
    return ec.generate_private_key(curves[algorithm])


def certificate_pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def key_pem(key: SigningKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


def instant(at: Timestamp) -> datetime:
    return datetime.fromtimestamp(int(at), UTC)


def _first(name: x509.Name, oid: x509.ObjectIdentifier) -> str:
    found = name.get_attributes_for_oid(oid)
    return str(found[0].value) if found else ""


def _alternative_names(certificate: x509.Certificate) -> Iterator[str]:
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return
    yield from extension.value.get_values_for_type(x509.DNSName)


def _usages(certificate: x509.Certificate) -> Iterator[str]:
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return
    yield from (name for attribute, name in _USAGES.items() if getattr(usage, attribute))


def _extended_usages(certificate: x509.Certificate) -> Iterator[str]:
    try:
        usages = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return
    yield from (_EXTENDED.get(usage, "CUSTOM") for usage in usages)


def _signature_algorithm(certificate: x509.Certificate) -> str:
    """`SHA256WITHRSA` and so on; another kind by its number."""
    oid = certificate.signature_algorithm_oid
    return _SIGNATURES.get(oid, oid.dotted_string)
