"""Certificates: imported, requested, renewed, shown, deleted.

A private key goes into the store, as a record of its own, and nowhere else: no answer has one.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import cast

from hostless.domain.arns import CertificateArn, LoadBalancerArn
from hostless.domain.certificates import (
    AUTHORITY_KEY,
    Authority,
    Certificate,
    CertificateFacts,
    CertificateKey,
    Logging,
)
from hostless.domain.tags import Tag
from hostless.kit.ids import Ids
from hostless.services.acm import requests
from hostless.services.acm.authority import Issued, issue, new_authority
from hostless.services.acm.errors import (
    BadCertificate,
    CertificateInUse,
    InvalidDomainOptions,
    InvalidState,
)
from hostless.services.acm.references import need_certificate
from hostless.services.acm.tags import checked_tags
from hostless.services.acm.views import certificate_view
from hostless.services.acm.x509 import (
    certificate_pem,
    check_chain,
    check_fits,
    check_valid,
    facts_of,
    key_pem,
    read_chain,
    read_key,
    read_one,
)
from hostless.services.operation import Answer, Call
from hostless.store.kinds import AUTHORITIES, CERTIFICATE_KEYS, CERTIFICATES, LISTENERS
from hostless.store.store import Store, Transaction

_TOKEN_SECONDS = 3600.0
"""How long the same request with the same token means the same certificate."""


class Certificates:
    def __init__(self, store: Store, ids: Ids) -> None:
        self._store = store
        self._ids = ids

    async def import_(self, request: requests.ImportCertificate, call: Call) -> Answer:
        """Into the certificate that is named, or a new one."""
        body, key = read_one(request.certificate), read_key(request.private_key)
        chain = read_chain(request.certificate_chain) if request.certificate_chain else []
        check_fits(body, key)
        check_valid(body, call.now)
        check_chain(body, chain)
        transaction = self._store.transaction("ImportCertificate")
        certificate = Certificate(
            arn=self._new_arn(call),
            type="IMPORTED",
            body=certificate_pem(body),
            chain="".join(map(certificate_pem, chain)) or None,
            facts=facts_of(body),
            created_at=call.now,
            imported_at=call.now,
            tags=checked_tags(request.tags),
        )
        if request.certificate_arn is not None:
            before = need_certificate(transaction, request.certificate_arn)
            certificate = _imported_again(before, certificate)
        _put(transaction, certificate, key_pem(key))
        await transaction.commit()
        return {"CertificateArn": certificate.arn}

    async def request(self, request: requests.RequestCertificate, call: Call) -> Answer:
        """It is issued at once, by the engine's own authority."""
        names = tuple(dict.fromkeys((request.domain_name, *request.subject_alternative_names)))
        _check_request(request, names)
        _check_export(request.options)
        tags = checked_tags(request.tags)
        found = self._find_repeated(request, names, call)
        if found is None:
            issued = await self._issue(names, request.key_algorithm, call)
            found = self._find_repeated(request, names, call)  # of a call that was quicker
            found = found or await self._put_issued(request, issued, names, tags, call)
        return {"CertificateArn": found.arn}

    async def _put_issued(
        self,
        request: requests.RequestCertificate,
        issued: Issued,
        names: tuple[str, ...],
        tags: tuple[Tag, ...],
        call: Call,
    ) -> Certificate:
        certificate = Certificate(
            arn=self._new_arn(call),
            type="AMAZON_ISSUED",
            body=issued.body,
            chain=issued.chain,
            facts=_facts_of_issued(issued, names),
            created_at=call.now,
            issued_at=call.now,
            validation_method=request.validation_method,
            transparency_logging=_logging_of(request.options, "ENABLED"),
            idempotency_token=request.idempotency_token,
            tags=tags,
        )
        transaction = self._store.transaction("RequestCertificate")
        _put(transaction, certificate, issued.private_key)
        await transaction.commit()
        return certificate

    async def renew(self, request: requests.NamedCertificate, call: Call) -> Answer:
        """A new certificate with a new key under the same ARN; listeners get it by themselves."""
        certificate = need_certificate(self._store, request.certificate_arn)
        if certificate.type == "IMPORTED":
            raise BadCertificate(
                f"Certificate {certificate.arn} is imported and cannot be renewed."  # our words
            )
        facts = certificate.facts
        issued = await self._issue(facts.names, facts.key_algorithm, call)
        transaction = self._store.transaction("RenewCertificate")
        before = need_certificate(transaction, certificate.arn)
        after = replace(
            before,
            body=issued.body,
            chain=issued.chain,
            facts=_facts_of_issued(issued, facts.names),
            issued_at=call.now,
        )
        _put(transaction, after, issued.private_key)
        await transaction.commit()
        return None

    async def describe(self, request: requests.NamedCertificate, call: Call) -> Answer:
        certificate = need_certificate(self._store, request.certificate_arn)
        used_by = users_of(self._store, certificate.arn)
        return {"Certificate": certificate_view(certificate, used_by, call.now)}

    async def get(self, request: requests.NamedCertificate, _: Call) -> Answer:
        certificate = need_certificate(self._store, request.certificate_arn)
        return {"Certificate": certificate.body, "CertificateChain": certificate.chain}

    async def delete(self, request: requests.NamedCertificate, call: Call) -> Answer:
        transaction = self._store.transaction("DeleteCertificate")
        certificate = need_certificate(transaction, request.certificate_arn)
        if users_of(self._store, certificate.arn):
            raise CertificateInUse(
                f"Certificate {certificate.arn} in account {call.realm.account_id} is in use."
            )
        transaction.delete(CERTIFICATES, certificate.arn)
        transaction.delete(CERTIFICATE_KEYS, certificate.arn)
        await transaction.commit()
        return None

    async def update_options(self, request: requests.UpdateCertificateOptions, _: Call) -> Answer:
        transaction = self._store.transaction("UpdateCertificateOptions")
        certificate = need_certificate(transaction, request.certificate_arn)
        if certificate.type == "IMPORTED":
            raise InvalidState(
                f"The options of imported certificate {certificate.arn} cannot be updated."
            )  # our words
        _check_export(request.options)
        after = _logging_of(request.options, certificate.transparency_logging)
        transaction.put(CERTIFICATES, replace(certificate, transparency_logging=after))
        await transaction.commit()
        return None

    async def resend_email(self, request: requests.ResendValidationEmail, _: Call) -> Answer:
        certificate = need_certificate(self._store, request.certificate_arn)
        raise InvalidState(  # our words
            f"Certificate {certificate.arn} is not waiting for the validation of a domain."
        )

    async def _issue(self, names: Sequence[str], algorithm: str, call: Call) -> Issued:
        authority = await self._authority(call)
        return await asyncio.to_thread(issue, authority, names, algorithm, call.now)

    async def _authority(self, call: Call) -> Authority:
        """The one there is; the first request makes it."""
        transaction = self._store.transaction("the first RequestCertificate")
        found = transaction.get(AUTHORITIES, AUTHORITY_KEY)
        if found is not None:
            return found
        made = new_authority(self._ids.hex(8), call.now)
        transaction.put(AUTHORITIES, made)
        await transaction.commit()
        return made

    def _find_repeated(
        self, request: requests.RequestCertificate, names: tuple[str, ...], call: Call
    ) -> Certificate | None:
        if request.idempotency_token is None:
            return None
        for certificate in self._store.all(CERTIFICATES):
            is_young = call.now - certificate.created_at < _TOKEN_SECONDS
            is_same = certificate.idempotency_token == request.idempotency_token
            if is_young and is_same and certificate.facts.names == names:
                return certificate
        return None

    def _new_arn(self, call: Call) -> CertificateArn:
        return CertificateArn(call.realm.arn("acm", f"certificate/{self._ids.uuid()}"))


def _facts_of_issued(issued: Issued, names: tuple[str, ...]) -> CertificateFacts:
    """A name that is too long for the subject is the domain name all the same."""
    facts = facts_of(read_one(issued.body.encode()))
    return replace(facts, domain_name=names[0], names=names)


def _logging_of(options: requests.GivenOptions, before: Logging) -> Logging:
    asked = options.certificate_transparency_logging_preference
    return before if asked is None else cast(Logging, asked)


def _check_export(options: requests.GivenOptions) -> None:
    if options.export == "ENABLED":
        raise BadCertificate("Exportable certificates are not supported here.")  # our words


def users_of(store: Store, arn: CertificateArn) -> tuple[LoadBalancerArn, ...]:
    listeners = store.find(LISTENERS, "certificate", arn)
    return tuple(dict.fromkeys(listener.load_balancer_arn for listener in listeners))


def _put(transaction: Transaction, certificate: Certificate, private_key: str) -> None:
    key = CertificateKey(certificate_arn=certificate.arn, private_key=private_key)
    transaction.put(CERTIFICATES, certificate)
    transaction.put(CERTIFICATE_KEYS, key)


def _imported_again(before: Certificate, new: Certificate) -> Certificate:
    if before.type != "IMPORTED":
        raise BadCertificate(
            f"Certificate {before.arn} is not imported and cannot be imported again."  # our words
        )
    if new.tags:
        raise BadCertificate("Tagging is not permitted on re-import.")
    return replace(new, arn=before.arn, created_at=before.created_at, tags=before.tags)


def _check_request(request: requests.RequestCertificate, names: tuple[str, ...]) -> None:
    if request.validation_method not in ("DNS", "EMAIL"):
        raise InvalidDomainOptions(
            f"Validation method {request.validation_method} is not supported."  # our words
        )
    for option in request.domain_validation_options:
        is_parent = f".{option.domain_name}".endswith(f".{option.validation_domain}")
        if option.domain_name not in names or not is_parent:
            raise InvalidDomainOptions(
                f"The validation domain {option.validation_domain} does not fit the domain "
                f"{option.domain_name}."  # our words
            )
