"""ListCertificates: which ones, in what order."""

from hostless.domain.certificates import Certificate
from hostless.kit.clock import Timestamp
from hostless.services.acm import requests
from hostless.services.acm.certificates import users_of
from hostless.services.acm.errors import BadCertificate, InvalidArgs
from hostless.services.acm.views import origin_of, status_of, summary_view
from hostless.services.operation import Answer, Call
from hostless.services.paging import BadToken, page_of
from hostless.store.kinds import CERTIFICATES
from hostless.store.store import Store

_USUAL_KEYS = ("RSA_1024", "RSA_2048")
"""Certificates with other keys are listed only when their kind is named (ACM reference)."""


class Listing:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def list(self, request: requests.ListCertificates, call: Call) -> Answer:
        if (request.sort_by is None) != (request.sort_order is None):
            raise BadCertificate("SortBy and SortOrder must be specified together.")  # our words
        chosen = [
            certificate
            for certificate in self._store.all(CERTIFICATES)
            if _is_asked_for(certificate, request, call.now)
        ]
        plain = (request.certificate_statuses, request.certificate_key_pair_origins)
        try:
            shown = page_of(
                chosen,
                lambda each: (int(each.created_at * 1000), each.arn),
                f"certificates {plain} {request.includes} {request.sort_order}",
                size=request.max_items,
                token=request.next_token,
                descending=request.sort_order == "DESCENDING",
            )
        except BadToken as error:
            raise InvalidArgs("The next token is not valid.") from error  # our words
        views = [
            summary_view(each, is_in_use=bool(users_of(self._store, each.arn)), now=call.now)
            for each in shown.items
        ]
        return {"CertificateSummaryList": views, "NextToken": shown.next_token}


def _is_asked_for(
    certificate: Certificate, request: requests.ListCertificates, now: Timestamp
) -> bool:
    facts, includes = certificate.facts, request.includes
    return (
        _is_among(status_of(certificate, now), request.certificate_statuses)
        and _is_among(origin_of(certificate), request.certificate_key_pair_origins)
        and facts.key_algorithm in (includes.key_types or _USUAL_KEYS)
        and _has_some(facts.key_usages, includes.key_usage)
        and _has_some(facts.extended_key_usages, includes.extended_key_usage)
        and includes.export_option in (None, "DISABLED")
        and includes.managed_by is None
    )


def _is_among(value: str, asked: tuple[str, ...]) -> bool:
    return not asked or value in asked


def _has_some(values: tuple[str, ...], asked: tuple[str, ...]) -> bool:
    """`NONE` and `ANY` are asked for as such."""
    if not asked or (not values and "NONE" in asked):
        return True
    return any(value in asked for value in values)
