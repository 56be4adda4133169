"""Calls of EC2 that are made twice with one client token make one thing.

Source: "Ensuring idempotency in Amazon EC2 API requests", Developer Guide. A token outlives what it
made: the same call then makes it anew.
"""

from dataclasses import replace
from typing import Protocol, TypeVar

from hostless.domain.tasks import IdempotencyToken
from hostless.services.client_tokens import token_of
from hostless.services.ec2.errors import BadParameter, TokenMismatch
from hostless.services.operation import Call
from hostless.store.kinds import TOKENS, Kind
from hostless.store.store import Store, Transaction

LONGEST_TOKEN = 64
R = TypeVar("R")


class Repeatable(Protocol):
    """A request that may carry a client token; a frozen record."""

    @property
    def client_token(self) -> str | None: ...


def find_made(store: Store, kind: Kind[R], operation: str, request: Repeatable) -> R | None:
    """What the same call made before, if it is there still. Raises TokenMismatch, BadParameter."""
    token = _token(operation, request)
    used = None if token is None else store.get(TOKENS, token.key)
    if token is None or used is None:
        return None
    if used.fingerprint != token.fingerprint:
        raise TokenMismatch
    return store.get(kind, used.arns[0])


def remember(
    transaction: Transaction, operation: str, request: Repeatable, made: str, call: Call
) -> None:
    """made: the id of what the call makes."""
    token = _token(operation, request)
    if token is not None:
        transaction.put(TOKENS, replace(token, arns=(made,), created_at=call.now))


def _token(operation: str, request: Repeatable) -> IdempotencyToken | None:
    given = request.client_token
    if not given:
        return None
    if len(given) > LONGEST_TOKEN:
        # our words
        raise BadParameter(f"A client token can have at most {LONGEST_TOKEN} characters")
    rest = replace(request, client_token=None)  # type: ignore[type-var]
    return token_of(operation, "ec2", given, rest)
