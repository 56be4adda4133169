"""Certificates and keys as a caller would bring them, made on the spot."""

import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

FIRST_DAY = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)


class Signed:
    """A certificate with its key; by: who signs it, itself unless told. until: its last year."""

    def __init__(
        self, name: str, *others: str, by: "Signed | None" = None, until: int = 2099
    ) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        names = [x509.DNSName(each) for each in (name, *others)]
        builder = (
            x509.CertificateBuilder()
            .subject_name(self.name)
            .issuer_name(self.name if by is None else by.name)
            .public_key(self.key.public_key())
            .serial_number(0xABC)
            .not_valid_before(FIRST_DAY)
            .not_valid_after(FIRST_DAY.replace(year=until))
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
        )
        signer = self.key if by is None else by.key
        self.certificate = builder.sign(signer, hashes.SHA256())

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def key_pem(self, passphrase: bytes | None = None) -> bytes:
        encryption: serialization.KeySerializationEncryption = serialization.NoEncryption()
        if passphrase is not None:
            encryption = serialization.BestAvailableEncryption(passphrase)
        return self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            encryption,
        )
