"""How callers name certificates: by ARN."""

from collections.abc import Callable

from hostless.domain.certificates import Certificate
from hostless.services.acm.errors import CertificateNotFound
from hostless.store.kinds import CERTIFICATES, Kind
from hostless.store.store import Store, Transaction


def need_certificate(reads: Store | Transaction, arn: str) -> Certificate:
    """Raises CertificateNotFound."""
    get: Callable[[Kind[Certificate], str], Certificate | None] = reads.get
    found = get(CERTIFICATES, arn)
    if found is None:
        raise CertificateNotFound(arn)
    return found
