"""Certificates that other services have made for what they make themselves, in their transaction.

An elliptic key takes no time worth mentioning, so that nothing has to be awaited.
"""

from hostless.domain.arns import CertificateArn
from hostless.domain.certificates import AUTHORITY_KEY, Authority, Certificate, CertificateKey
from hostless.domain.tags import Tag
from hostless.kit.ids import Ids
from hostless.services.acm.authority import issue, new_authority
from hostless.services.acm.x509 import facts_of, read_one
from hostless.services.operation import Call
from hostless.store.kinds import AUTHORITIES, CERTIFICATE_KEYS, CERTIFICATES
from hostless.store.store import Transaction

_ALGORITHM = "EC_prime256v1"


class ManagedCertificates:
    def __init__(self, ids: Ids) -> None:
        self._ids = ids

    def put(
        self, transaction: Transaction, name: str, tags: tuple[Tag, ...], call: Call
    ) -> CertificateArn:
        """Issued by the engine's own authority, for one name; written when the caller commits."""
        issued = issue(self._authority(transaction, call), (name,), _ALGORITHM, call.now)
        certificate = Certificate(
            arn=CertificateArn(call.realm.arn("acm", f"certificate/{self._ids.uuid()}")),
            type="AMAZON_ISSUED",
            body=issued.body,
            chain=issued.chain,
            facts=facts_of(read_one(issued.body.encode())),
            created_at=call.now,
            issued_at=call.now,
            validation_method="DNS",
            tags=tags,
        )
        key = CertificateKey(certificate_arn=certificate.arn, private_key=issued.private_key)
        transaction.put(CERTIFICATES, certificate)
        transaction.put(CERTIFICATE_KEYS, key)
        return certificate.arn

    def _authority(self, transaction: Transaction, call: Call) -> Authority:
        found = transaction.get(AUTHORITIES, AUTHORITY_KEY)
        if found is not None:
            return found
        made = new_authority(self._ids.hex(8), call.now)
        transaction.put(AUTHORITIES, made)
        return made
