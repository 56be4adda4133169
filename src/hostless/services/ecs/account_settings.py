"""Account settings: a default for the account, and values for single principals.

Names, values and defaults are ECS's own. None of them changes what this engine does, except
`containerInsights`, which new clusters take over, and `dualStackIPv6`, by which the account's tasks
get addresses of IPv6 or do not.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from hostless.domain.account_settings import (
    ACCOUNT_WIDE,
    DUAL_STACK_DEFAULT,
    DUAL_STACK_IPV6,
    AccountSetting,
    value_put,
)
from hostless.domain.errors import InvalidParameter
from hostless.services.ecs import requests_account as requests
from hostless.services.ecs.listing import ecs_page
from hostless.services.operation import Answer, Call
from hostless.store.kinds import ACCOUNT_SETTINGS
from hostless.store.store import Store

_ON_OFF = ("enabled", "disabled", "on", "off")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Setting:
    """values: what may be put. default: in force until something is put."""

    values: tuple[str, ...]
    default: str
    is_managed_by_aws: bool = False


SETTINGS: Mapping[str, _Setting] = {
    "serviceLongArnFormat": _Setting(values=("enabled", "on"), default="enabled"),
    "taskLongArnFormat": _Setting(values=("enabled", "on"), default="enabled"),
    "containerInstanceLongArnFormat": _Setting(values=("enabled", "on"), default="enabled"),
    "awsvpcTrunking": _Setting(values=_ON_OFF, default="disabled"),
    "containerInsights": _Setting(values=("enabled", "disabled", "enhanced"), default="disabled"),
    "fargateFIPSMode": _Setting(values=_ON_OFF, default="disabled"),
    "tagResourceAuthorization": _Setting(values=_ON_OFF, default="on"),
    "fargateTaskRetirementWaitPeriod": _Setting(values=("0", "7", "14"), default="7"),
    "guardDutyActivate": _Setting(values=(), default="off", is_managed_by_aws=True),
    "defaultLogDriverMode": _Setting(values=("blocking", "non-blocking"), default="non-blocking"),
    "fargateEventWindows": _Setting(values=_ON_OFF, default="disabled"),
    DUAL_STACK_IPV6: _Setting(values=_ON_OFF, default=DUAL_STACK_DEFAULT),
}


def effective_value(settings: Iterable[AccountSetting], name: str, principal_arn: str) -> str:
    """The principal's own value, else the account's, else AWS's default."""
    return value_put(settings, name, principal_arn) or SETTINGS[name].default


class AccountSettings:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def put(self, request: requests.PutAccountSetting, call: Call) -> Answer:
        principal = request.principal_arn or call.principal_arn
        return await self._put(request.name, request.value, principal)

    async def put_default(self, request: requests.PutAccountSettingDefault, call: Call) -> Answer:
        return await self._put(request.name, request.value, ACCOUNT_WIDE)

    async def _put(self, name: str, value: str, principal: str) -> Answer:
        setting = _need(name)
        if setting.is_managed_by_aws or value not in setting.values:
            raise InvalidParameter(f"Invalid value for setting {name}: {value}")
        record = AccountSetting(principal_arn=principal, name=name, value=value)
        transaction = self._store.transaction("PutAccountSetting")
        transaction.put(ACCOUNT_SETTINGS, record)
        await transaction.commit()
        return {"setting": _view(record)}

    async def delete(self, request: requests.DeleteAccountSetting, call: Call) -> Answer:
        _need(request.name)
        principal = request.principal_arn or call.principal_arn
        gone = AccountSetting(principal_arn=principal, name=request.name, value="")
        transaction = self._store.transaction("DeleteAccountSetting")
        found = transaction.get(ACCOUNT_SETTINGS, ACCOUNT_SETTINGS.key(gone))
        if found is not None:
            transaction.delete(ACCOUNT_SETTINGS, ACCOUNT_SETTINGS.key(gone))
            await transaction.commit()
        return {"setting": _view(found or gone)}

    async def list_settings(self, request: requests.ListAccountSettings, call: Call) -> Answer:
        if request.name is not None:
            _need(request.name)
        if request.value is not None and request.name is None:
            raise InvalidParameter("You must specify a setting name when you specify a value.")
        principal = request.principal_arn or call.principal_arn
        shown = self._effective(principal) if request.effective_settings else self._own(principal)
        page = ecs_page(
            [
                setting
                for setting in shown
                if request.name in (None, setting.name) and request.value in (None, setting.value)
            ],
            lambda setting: (setting.name,),
            f"ListAccountSettings {principal} {request.effective_settings}",
            max_results=request.max_results,
            token=request.next_token,
        )
        return {"settings": [_view(s) for s in page.items], "nextToken": page.next_token}

    def _own(self, principal: str) -> list[AccountSetting]:
        return [s for s in self._store.all(ACCOUNT_SETTINGS) if s.principal_arn == principal]

    def _effective(self, principal: str) -> list[AccountSetting]:
        put = list(self._store.all(ACCOUNT_SETTINGS))
        return [
            AccountSetting(
                principal_arn=principal, name=name, value=effective_value(put, name, principal)
            )
            for name in SETTINGS
        ]


def _need(name: str) -> _Setting:
    setting = SETTINGS.get(name)
    if setting is None:
        raise InvalidParameter(f"Invalid setting name: {name}")
    return setting


def _view(setting: AccountSetting) -> dict[str, object]:
    is_managed = SETTINGS[setting.name].is_managed_by_aws
    return {
        "name": setting.name,
        "value": setting.value,
        "principalArn": setting.principal_arn,
        "type": "aws_managed" if is_managed else "user",
    }
