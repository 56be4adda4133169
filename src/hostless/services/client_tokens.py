"""Client tokens: what a call said when its token was first used, to tell a repeated call by."""

import hashlib

import msgspec

from hostless.domain.tasks import IdempotencyToken


def token_of(operation: str, scope: str, token: str, request: object) -> IdempotencyToken:
    """The token as it would be kept, without what it made. request: without the token itself.

    scope: within which tokens are told apart: a cluster's ARN, or a service's name.
    """
    rest = msgspec.json.encode(request, order="deterministic")
    return IdempotencyToken(
        key=f"{operation}\n{scope}\n{token}",
        fingerprint=hashlib.sha256(rest).hexdigest(),
        arns=(),
        created_at=0.0,
    )
