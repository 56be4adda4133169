"""How AWS shows listeners, rules and what they do."""

from collections.abc import Mapping

from hostless.domain.listeners import (
    Action,
    Condition,
    FixedResponse,
    Forward,
    Listener,
    ListenerRule,
    Redirect,
)

View = dict[str, object]
_CONFIGS: Mapping[str, str] = {
    "host-header": "HostHeaderConfig",
    "path-pattern": "PathPatternConfig",
    "http-request-method": "HttpRequestMethodConfig",
    "source-ip": "SourceIpConfig",
}
_ALSO_PLAIN = ("host-header", "path-pattern")
"""Fields whose values are shown in the old place too."""


def listener_view(listener: Listener) -> View:
    certificate = listener.default_certificate
    return {
        "ListenerArn": listener.arn,
        "LoadBalancerArn": listener.load_balancer_arn,
        "Port": listener.port,
        "Protocol": listener.protocol,
        "Certificates": None if certificate is None else [{"CertificateArn": certificate}],
        "SslPolicy": listener.ssl_policy,
        "DefaultActions": [action_view(listener.default_action)],
        "AlpnPolicy": None if listener.alpn_policy is None else [listener.alpn_policy],
        "MutualAuthentication": {"Mode": "off"} if listener.protocol == "HTTPS" else None,
    }


def rule_view(rule: ListenerRule) -> View:
    return {
        "RuleArn": rule.arn,
        "Priority": str(rule.priority),
        "Conditions": [_condition_view(condition) for condition in rule.conditions],
        "Actions": [action_view(rule.action)],
        "IsDefault": False,
    }


def default_rule_view(listener: Listener) -> View:
    return {
        "RuleArn": listener.default_rule_arn,
        "Priority": "default",
        "Conditions": [],
        "Actions": [action_view(listener.default_action)],
        "IsDefault": True,
    }


def action_view(action: Action) -> View:
    shown: View = {"Order": action.order}
    if action.forward is not None:
        shown |= _forward_view(action.forward)
    elif action.redirect is not None:
        shown |= _redirect_view(action.redirect)
    elif action.fixed_response is not None:
        shown |= _fixed_response_view(action.fixed_response)
    return shown


def _forward_view(forward: Forward) -> View:
    groups = forward.target_groups
    seconds = forward.stickiness_seconds
    return {
        "Type": "forward",
        "TargetGroupArn": groups[0].target_group_arn if len(groups) == 1 else None,
        "ForwardConfig": {
            "TargetGroups": [
                {"TargetGroupArn": group.target_group_arn, "Weight": group.weight}
                for group in groups
            ],
            "TargetGroupStickinessConfig": {
                "Enabled": seconds is not None,
                "DurationSeconds": seconds,
            },
        },
    }


def _redirect_view(redirect: Redirect) -> View:
    return {
        "Type": "redirect",
        "RedirectConfig": {
            "Protocol": redirect.protocol,
            "Port": redirect.port,
            "Host": redirect.host,
            "Path": redirect.path,
            "Query": redirect.query,
            "StatusCode": redirect.status_code,
        },
    }


def _fixed_response_view(response: FixedResponse) -> View:
    return {
        "Type": "fixed-response",
        "FixedResponseConfig": {
            "MessageBody": response.message_body,
            "StatusCode": response.status_code,
            "ContentType": response.content_type,
        },
    }


def _condition_view(condition: Condition) -> View:
    field = condition.field
    values = list(condition.values)
    shown: View = {"Field": field}
    if field in _ALSO_PLAIN:
        shown["Values"] = values
    if field == "http-header":
        shown["HttpHeaderConfig"] = {"HttpHeaderName": condition.header_name, "Values": values}
    elif field == "query-string":
        pairs = [{"Key": pair.key, "Value": pair.value} for pair in condition.pairs]
        shown["QueryStringConfig"] = {"Values": pairs}
    else:
        shown[_CONFIGS[field]] = {"Values": values}
    return shown
