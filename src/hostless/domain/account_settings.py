"""ECS account settings: an account-wide default and one value per principal."""

from collections.abc import Iterable
from dataclasses import dataclass

from hostless.domain.arns import admin_arn_of

ACCOUNT_WIDE = "default"
DUAL_STACK_IPV6, DUAL_STACK_DEFAULT = "dualStackIPv6", "enabled"
"""Whether tasks get an address of IPv6 where their subnet has a range of it (Amazon ECS Developer
Guide, "Access Amazon ECS features with account settings")."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSetting:
    """principal_arn is `default` for the account-wide value."""

    principal_arn: str
    name: str
    value: str


def value_put(settings: Iterable[AccountSetting], name: str, principal_arn: str) -> str | None:
    """The principal's own value, else the account's; None when nobody put one."""
    put = {s.principal_arn: s.value for s in settings if s.name == name}
    return put.get(principal_arn) or put.get(ACCOUNT_WIDE)


def gives_ipv6(settings: Iterable[AccountSetting], account_id: str) -> bool:
    """Whether the account's tasks get addresses of IPv6. All are its one user's."""
    principal = admin_arn_of(account_id)
    value = value_put(settings, DUAL_STACK_IPV6, principal) or DUAL_STACK_DEFAULT
    return value in ("enabled", "on")
