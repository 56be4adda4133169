"""Certificates of listeners: the default one, and those chosen by the name a client asks for."""

from collections.abc import Sequence
from dataclasses import replace

from hostless.domain.arns import CertificateArn
from hostless.domain.listeners import Listener
from hostless.services.elbv2 import requests_listeners as requests
from hostless.services.elbv2.errors import (
    BadRequest,
    CertificateNotFound,
    OperationNotPermitted,
)
from hostless.services.elbv2.limits import Limits
from hostless.services.elbv2.references import need_listener, page
from hostless.services.operation import Answer, Call
from hostless.store.kinds import CERTIFICATES, LISTENERS
from hostless.store.store import Store, Transaction


class ListenerCertificates:
    def __init__(self, store: Store, limits: Limits) -> None:
        self._store = store
        self._limits = limits

    async def add(self, request: requests.ChangeListenerCertificates, _: Call) -> Answer:
        transaction = self._store.transaction("AddListenerCertificates")
        listener = _need_secure(transaction, request.listener_arn)
        added = [_need_certificate(transaction, each) for each in _asked(request.certificates)]
        self._limits.check_certificates(listener.load_balancer_arn, added)
        kept = dict.fromkeys((*listener.certificates, *added))
        transaction.put(LISTENERS, replace(listener, certificates=tuple(kept)))
        await transaction.commit()
        shown = [{"CertificateArn": arn, "IsDefault": False} for arn in dict.fromkeys(added)]
        return {"Certificates": shown}

    async def remove(self, request: requests.ChangeListenerCertificates, _: Call) -> Answer:
        """One that the listener does not have is removed already."""
        transaction = self._store.transaction("RemoveListenerCertificates")
        listener = need_listener(transaction, request.listener_arn)
        gone = {each.certificate_arn for each in _asked(request.certificates)}
        kept = tuple(arn for arn in listener.certificates if arn not in gone)
        if listener.default_certificate in gone and kept == listener.certificates:
            raise OperationNotPermitted("Default certificate cannot be removed")  # our words
        transaction.put(LISTENERS, replace(listener, certificates=kept))
        await transaction.commit()
        return {}

    async def describe(self, request: requests.DescribeListenerCertificates, _: Call) -> Answer:
        """A default certificate that was added too is shown twice, as on AWS."""
        listener = need_listener(self._store, request.listener_arn)
        every = [(arn, False) for arn in listener.certificates]
        if listener.default_certificate is not None:
            every = [(listener.default_certificate, True), *every]
        shown = page(
            every,
            lambda each: (0 if each[1] else 1, each[0]),
            f"certificates {listener.arn}",
            request.page_size,
            request.marker,
        )
        return {
            "Certificates": [
                {"CertificateArn": arn, "IsDefault": is_default} for arn, is_default in shown.items
            ],
            "NextMarker": shown.next_token,
        }


def default_certificate_of(
    transaction: Transaction, given: Sequence[requests.GivenCertificate]
) -> CertificateArn:
    """Raises BadRequest, CertificateNotFound."""
    if len(given) > 1:
        raise BadRequest("Only one certificate can be specified")  # our words
    return _need_certificate(transaction, given[0])


def _asked(given: Sequence[requests.GivenCertificate]) -> Sequence[requests.GivenCertificate]:
    if not given:
        raise BadRequest("At least one certificate must be specified")  # our words
    for each in given:
        if each.is_default:
            raise BadRequest("IsDefault cannot be set")  # our words
    return given


def _need_certificate(transaction: Transaction, given: requests.GivenCertificate) -> CertificateArn:
    arn = given.certificate_arn
    if not arn:
        raise BadRequest("A certificate ARN must be specified")  # our words
    certificate = transaction.get(CERTIFICATES, arn)
    if certificate is None:
        raise CertificateNotFound(arn)
    return certificate.arn


def _need_secure(transaction: Transaction, arn: str) -> Listener:
    listener = need_listener(transaction, arn)
    if listener.default_certificate is None:
        raise BadRequest(  # our words
            f"Certificates cannot be specified for {listener.protocol} listeners"
        )
    return listener
