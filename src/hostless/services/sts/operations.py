"""The table of STS operations."""

from dataclasses import dataclass

from hostless.services.operation import Answer, Call, Operation, ServiceApi


@dataclass(frozen=True, slots=True, kw_only=True)
class GetCallerIdentity:
    """Says nothing."""


async def get_caller_identity(request: GetCallerIdentity, call: Call) -> Answer:
    """Who signed the request. The account's own user has the account's number as its id."""
    return {
        "Account": call.realm.account_id,
        "Arn": call.principal_arn,
        "UserId": call.realm.account_id,
    }


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
