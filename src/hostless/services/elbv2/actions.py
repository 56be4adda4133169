"""Actions and conditions as callers give them, turned into records that can be carried out."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias, cast

from hostless.domain.arns import LoadBalancerArn
from hostless.domain.listeners import (
    Action,
    Condition,
    ConditionField,
    FixedResponse,
    Forward,
    ListenerProtocol,
    QueryPair,
    Redirect,
    WeightedTargetGroup,
)
from hostless.domain.load_balancers import LoadBalancer
from hostless.domain.routing_rules import (
    conditions_refusal,
    fixed_response_refusal,
    forward_refusal,
    redirect_refusal,
)
from hostless.domain.target_group_rules import HTTP_PROTOCOLS
from hostless.domain.target_groups import TargetGroup
from hostless.services.elbv2 import requests_listeners as requests
from hostless.services.elbv2.errors import (
    BadConfiguration,
    BadRequest,
    IncompatibleProtocols,
    InvalidLoadBalancerAction,
    TargetGroupAssociationLimit,
    TooManyActions,
)
from hostless.services.elbv2.limits import Limits
from hostless.services.elbv2.references import need_target_group
from hostless.store.balancing import load_balancers_of
from hostless.store.store import Store

Config: TypeAlias = requests.GivenValues | requests.GivenHeader | requests.GivenPairs | None
_FIELDS = (
    "host-header",
    "path-pattern",
    "http-header",
    "http-request-method",
    "query-string",
    "source-ip",
)
_PLAIN_FIELDS = ("host-header", "path-pattern")
"""Fields whose values may stand in the condition itself."""
_COMPATIBLE: dict[str, tuple[str, ...]] = {
    "HTTP": HTTP_PROTOCOLS,
    "HTTPS": HTTP_PROTOCOLS,
    "TCP": ("TCP",),
    "TLS": ("TCP", "TLS"),
}
"""Protocols of the groups that a listener can forward to (user guides)."""


class Actions:
    def __init__(self, store: Store, limits: Limits) -> None:
        self._store = store
        self._limits = limits

    def action(
        self,
        given: Sequence[requests.GivenAction],
        balancer: LoadBalancer,
        protocol: ListenerProtocol,
    ) -> Action:
        """protocol: of the listener. Raises what AWS does."""
        if not given:
            raise BadRequest("An action must be specified")  # our words
        for each in given:
            _check_type(each.type)
        if len(given) > 1:
            raise TooManyActions
        asked = given[0]
        _check_configs(asked)
        if protocol not in HTTP_PROTOCOLS and asked.type != "forward":
            raise InvalidLoadBalancerAction(  # our words
                f"Actions of type '{asked.type}' are not supported with protocol '{protocol}'"
            )
        match asked.type:
            case "forward":
                forward = self._forward(asked, balancer, protocol)
                return Action(forward=forward, order=asked.order)
            case "redirect":
                return Action(redirect=_redirect(asked, protocol), order=asked.order)
            case _:
                return Action(fixed_response=_fixed_response(asked), order=asked.order)

    def _forward(
        self, asked: requests.GivenAction, balancer: LoadBalancer, protocol: ListenerProtocol
    ) -> Forward:
        config = asked.forward_config or requests.GivenForward()
        given = config.target_groups
        if asked.target_group_arn is not None:
            alone = requests.GivenTargetGroup(target_group_arn=asked.target_group_arn)
            if any(each.target_group_arn != asked.target_group_arn for each in given):
                raise BadRequest(  # our words
                    "TargetGroupArn and ForwardConfig must name the same target group"
                )
            given = given or (alone,)
        if not given or any(each.target_group_arn is None for each in given):
            raise BadRequest("A target group ARN must be specified")
        sticky = config.target_group_stickiness_config
        forward = Forward(
            target_groups=tuple(
                WeightedTargetGroup(
                    target_group_arn=need_target_group(
                        self._store, each.target_group_arn or ""
                    ).arn,
                    weight=1 if each.weight is None else each.weight,
                )
                for each in given
            ),
            stickiness_seconds=_stickiness_seconds(sticky),
        )
        refusal = forward_refusal(forward)
        if refusal is not None:
            raise InvalidLoadBalancerAction(refusal)
        if balancer.type == "network" and (len(given) > 1 or forward.stickiness_seconds):
            raise InvalidLoadBalancerAction(  # our words
                "Weighted target groups are not supported here for Network Load Balancers"
            )
        self._check_groups(forward, balancer, protocol)
        return forward

    def _check_groups(
        self, forward: Forward, balancer: LoadBalancer, protocol: ListenerProtocol
    ) -> None:
        groups = [
            need_target_group(self._store, each.target_group_arn) for each in forward.target_groups
        ]
        for group in groups:
            if group.protocol not in _COMPATIBLE[protocol]:
                raise IncompatibleProtocols(group.arn, protocol, group.protocol)
            if group.vpc_id != balancer.vpc_id:
                raise BadConfiguration(  # our words
                    f"The target group '{group.arn}' and the load balancer must be in the same VPC"
                )
            if group.protocol_version in ("HTTP2", "GRPC") and protocol != "HTTPS":
                raise BadConfiguration(
                    f"Listener protocol '{protocol}' is not supported with a target group with "
                    f"the protocol-version '{group.protocol_version}'"
                )
        taken = list(_taken(self._store, groups, balancer.arn))
        if taken:
            raise TargetGroupAssociationLimit(", ".join(taken))
        self._limits.check_groups(balancer, (group.arn for group in groups))


def _taken(store: Store, groups: Iterable[TargetGroup], balancer: LoadBalancerArn) -> Iterable[str]:
    """The groups that another balancer uses."""
    for group in groups:
        if any(user != balancer for user in load_balancers_of(store, group.arn)):
            yield group.arn


def _check_type(type_: str) -> None:
    if type_ not in ("forward", "redirect", "fixed-response"):
        raise InvalidLoadBalancerAction(  # our words
            f"Actions of type '{type_}' are not supported here; 'forward', 'redirect' and "
            "'fixed-response' are"
        )


def _check_configs(asked: requests.GivenAction) -> None:
    """Nothing is said that an action of the type would not do (ELB model, shape Action)."""
    said = {
        "forward": asked.forward_config or asked.target_group_arn,
        "redirect": asked.redirect_config,
        "fixed-response": asked.fixed_response_config,
    }
    for type_, config in said.items():
        if config and type_ != asked.type:
            raise InvalidLoadBalancerAction(  # our words
                f"An action of type '{asked.type}' cannot have the configuration of a '{type_}' one"
            )


def _stickiness_seconds(given: requests.GivenStickiness | None) -> int | None:
    if given is None or not given.enabled:
        return None
    if given.duration_seconds is None:
        raise BadRequest("Target group stickiness duration must be specified")  # our words
    return given.duration_seconds


def _redirect(asked: requests.GivenAction, protocol: ListenerProtocol) -> Redirect:
    given = asked.redirect_config
    if given is None:
        raise InvalidLoadBalancerAction(
            "A redirect action must have a RedirectConfig"  # our words
        )
    plain = Redirect(status_code="HTTP_301")
    redirect = Redirect(
        protocol=given.protocol or plain.protocol,
        host=given.host or plain.host,
        port=given.port or plain.port,
        path=given.path or plain.path,
        query=plain.query if given.query is None else given.query,
        status_code="HTTP_302" if given.status_code == "HTTP_302" else "HTTP_301",
    )
    refusal = redirect_refusal(redirect, protocol)
    if refusal is not None:
        raise InvalidLoadBalancerAction(refusal)
    return redirect


def _fixed_response(asked: requests.GivenAction) -> FixedResponse:
    given = asked.fixed_response_config
    if given is None:
        raise InvalidLoadBalancerAction(
            "A fixed-response action must have a FixedResponseConfig"  # our words
        )
    response = FixedResponse(
        status_code=given.status_code,
        content_type=given.content_type or None,
        message_body=given.message_body,
    )
    refusal = fixed_response_refusal(response)
    if refusal is not None:
        raise InvalidLoadBalancerAction(refusal)
    return response


def conditions_of(given: Sequence[requests.GivenCondition]) -> tuple[Condition, ...]:
    """Raises BadRequest."""
    conditions = tuple(_condition(each) for each in given)
    refusal = conditions_refusal(conditions)
    if refusal is not None:
        raise BadRequest(refusal)
    return conditions


def _condition(given: requests.GivenCondition) -> Condition:
    if given.field not in _FIELDS:
        raise BadRequest(
            f"Condition field '{given.field or ''}' must be one of '[{', '.join(_FIELDS)}]'"
        )
    field = cast(ConditionField, given.field)
    configs = _configs_of(given)
    _check_members(given, field, configs)
    config = configs[field]
    values = (
        config.values if isinstance(config, requests.GivenValues | requests.GivenHeader) else ()
    )
    pairs = config.values if isinstance(config, requests.GivenPairs) else ()
    return Condition(
        field=field,
        values=_either_values(given.values, values),
        header_name=config.http_header_name if isinstance(config, requests.GivenHeader) else None,
        pairs=tuple(QueryPair(key=pair.key or None, value=pair.value or "") for pair in pairs),
    )


def _configs_of(given: requests.GivenCondition) -> Mapping[ConditionField, Config]:
    return {
        "host-header": given.host_header_config,
        "path-pattern": given.path_pattern_config,
        "http-header": given.http_header_config,
        "http-request-method": given.http_request_method_config,
        "query-string": given.query_string_config,
        "source-ip": given.source_ip_config,
    }


def _check_members(
    given: requests.GivenCondition, field: ConditionField, configs: Mapping[ConditionField, Config]
) -> None:
    """Nothing is said that belongs to another field (ELB model, shape RuleCondition)."""
    for other, config in configs.items():
        if config is not None and other != field:
            raise BadRequest(  # our words
                f"A '{field}' condition cannot have the configuration of a '{other}' one"
            )
    if given.values and field not in _PLAIN_FIELDS:
        raise BadRequest(  # our words
            f"Values cannot be specified for '{field}' outside of its configuration"
        )


def _either_values(old: tuple[str, ...], new: tuple[str, ...]) -> tuple[str, ...]:
    """The same thing may be said in two places."""
    if old and new and old != new:
        raise BadRequest("Values and the configuration of a condition must not differ")  # our words
    return new or old
