"""ECS account settings: an account-wide default and one value per principal."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSetting:
    """principal_arn is `default` for the account-wide value."""

    principal_arn: str
    name: str
    value: str
