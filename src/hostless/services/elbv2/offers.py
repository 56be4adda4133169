"""What there is to choose from: security policies, and how much of everything."""

from collections.abc import Awaitable, Callable

from hostless.domain.ssl_policies import SSL_POLICIES, SslPolicy
from hostless.services.elbv2 import requests
from hostless.services.elbv2.errors import SslPolicyNotFound
from hostless.services.elbv2.limits import Limits
from hostless.services.elbv2.references import page
from hostless.services.elbv2.views import View
from hostless.services.operation import Answer, Call


async def describe_ssl_policies(request: requests.DescribeSslPolicies, _: Call) -> Answer:
    for name in request.names:
        if name not in SSL_POLICIES:
            raise SslPolicyNotFound(name)
    chosen = [SSL_POLICIES[name] for name in dict.fromkeys(request.names or SSL_POLICIES)]
    if request.load_balancer_type == "gateway":
        chosen = []
    order = {name: place for place, name in enumerate(SSL_POLICIES)}
    shown = page(
        chosen,
        lambda policy: (order[policy.name],),
        f"policies {sorted(request.names)} {request.load_balancer_type}",
        request.page_size,
        request.marker,
    )
    return {
        "SslPolicies": [_policy_view(policy) for policy in shown.items],
        "NextMarker": shown.next_token,
    }


def account_limits_of(
    limits: Limits,
) -> Callable[[requests.DescribeAccountLimits, Call], Awaitable[Answer]]:
    async def describe(request: requests.DescribeAccountLimits, _: Call) -> Answer:
        every = list(limits.shown().items())
        shown = page(every, lambda each: (each[0],), "limits", request.page_size, request.marker)
        return {
            "Limits": [{"Name": name, "Max": str(most)} for name, most in shown.items],
            "NextMarker": shown.next_token,
        }

    return describe


def _policy_view(policy: SslPolicy) -> View:
    return {
        "Name": policy.name,
        "SslProtocols": list(policy.protocols),
        "Ciphers": [
            {"Name": name, "Priority": number} for number, name in enumerate(policy.ciphers, 1)
        ],
        "SupportedLoadBalancerTypes": ["application", "network"],
    }
