"""The table of STS operations."""

import base64
import hashlib
from dataclasses import dataclass

from hostless.services.operation import Answer, Call, Operation, ServiceApi


@dataclass(frozen=True, slots=True, kw_only=True)
class GetCallerIdentity:
    """Says nothing."""


async def get_caller_identity(request: GetCallerIdentity, call: Call) -> Answer:
    """Who signed the request."""
    return {
        "Account": call.realm.account_id,
        "Arn": call.principal_arn,
        "UserId": _user_id(call),
    }


def _user_id(call: Call) -> str:
    """The account's number for its root, else an id in IAM's form that stays the same."""
    if call.principal_arn.endswith(":root"):
        return call.realm.account_id
    digest = base64.b32encode(hashlib.sha256(call.principal_arn.encode()).digest()).decode()
    return f"AIDA{digest[:17]}"


def sts_api() -> ServiceApi:
    return ServiceApi(
        name="sts",
        validation_style="ValidationException",
        operations=(
            Operation(
                name="GetCallerIdentity", request=GetCallerIdentity, perform=get_caller_identity
            ),
        ),
    )
