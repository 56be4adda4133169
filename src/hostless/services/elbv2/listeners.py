"""Listeners: made, changed, described, deleted."""

from dataclasses import replace
from typing import cast

from hostless.domain.arns import CertificateArn, ListenerArn, ListenerRuleArn, Realm
from hostless.domain.listeners import AlpnPolicy, Listener, ListenerProtocol
from hostless.domain.load_balancers import LoadBalancer
from hostless.domain.ssl_policies import DEFAULT_POLICY, SSL_POLICIES
from hostless.domain.target_group_rules import HTTP_PROTOCOLS
from hostless.kit.ids import Ids
from hostless.services.elbv2 import requests_listeners as requests
from hostless.services.elbv2.actions import Actions
from hostless.services.elbv2.errors import (
    AlpnPolicyNotFound,
    BadConfiguration,
    BadRequest,
    DuplicateListener,
    SslPolicyNotFound,
)
from hostless.services.elbv2.limits import Limits
from hostless.services.elbv2.listener_certificates import default_certificate_of
from hostless.services.elbv2.listener_views import listener_view
from hostless.services.elbv2.references import (
    LISTENER,
    SERVICE,
    need_listener,
    need_load_balancer,
    page,
)
from hostless.services.elbv2.requests import NamedListener
from hostless.services.elbv2.tags import checked_tags
from hostless.services.operation import Answer, Call
from hostless.store.kinds import LISTENER_RULES, LISTENERS
from hostless.store.store import Store, Transaction

_SECURE = ("HTTPS", "TLS")
_ALPN = ("HTTP1Only", "HTTP2Only", "HTTP2Optional", "HTTP2Preferred", "None")
_PROTOCOLS = {"application": HTTP_PROTOCOLS, "network": ("TCP", "TLS")}
_LATER = ("UDP", "TCP_UDP", "QUIC", "TCP_QUIC")


class Listeners:
    def __init__(self, store: Store, ids: Ids, limits: Limits) -> None:
        self._store = store
        self._limits = limits
        self._ids = ids
        self._actions = Actions(store, limits)

    async def create(self, request: requests.CreateListener, call: Call) -> Answer:
        transaction = self._store.transaction("CreateListener")
        balancer = need_load_balancer(transaction, request.load_balancer_arn)
        asked = self._asked(transaction, request, balancer, call)
        for other in self._store.find(LISTENERS, "load_balancer", balancer.arn):
            if other.port == asked.port:
                if not _is_same(other, asked):
                    raise DuplicateListener(balancer.arn)
                return {"Listeners": [listener_view(other)]}
        self._limits.check_listener(balancer)
        transaction.put(LISTENERS, asked)
        await transaction.commit()
        return {"Listeners": [listener_view(asked)]}

    def _asked(
        self,
        transaction: Transaction,
        request: requests.CreateListener,
        balancer: LoadBalancer,
        call: Call,
    ) -> Listener:
        if request.protocol is None or request.port is None:
            missing = "protocol" if request.protocol is None else "port"
            raise BadRequest(f"A listener {missing} must be specified")
        protocol = _protocol(request.protocol, balancer)
        _check_mutual(request.mutual_authentication)
        arn, default_rule_arn = self._arns(balancer, call.realm)
        return Listener(
            arn=arn,
            load_balancer_arn=balancer.arn,
            protocol=protocol,
            port=request.port,
            default_action=self._actions.action(request.default_actions, balancer, protocol),
            default_rule_arn=default_rule_arn,
            default_certificate=_certificate(transaction, request.certificates, protocol),
            ssl_policy=_ssl_policy(request.ssl_policy, protocol),
            alpn_policy=_alpn(request.alpn_policy, protocol),
            tags=checked_tags(request.tags),
            created_at=call.now,
        )

    def _arns(self, balancer: LoadBalancer, realm: Realm) -> tuple[ListenerArn, ListenerRuleArn]:
        path = f"{balancer.arn.split(':loadbalancer/')[1]}/{self._ids.hex(16)}"
        rule = f"listener-rule/{path}/{self._ids.hex(16)}"
        return (
            ListenerArn(realm.arn(SERVICE, f"listener/{path}")),
            ListenerRuleArn(realm.arn(SERVICE, rule)),
        )

    async def modify(self, request: requests.ModifyListener, _: Call) -> Answer:
        transaction = self._store.transaction("ModifyListener")
        listener = need_listener(transaction, request.listener_arn)
        balancer = need_load_balancer(transaction, listener.load_balancer_arn)
        after = self._changed(transaction, request, listener, balancer)
        for other in self._store.find(LISTENERS, "load_balancer", balancer.arn):
            if other.port == after.port and other.arn != after.arn:
                raise DuplicateListener(balancer.arn)
        transaction.put(LISTENERS, after)
        await transaction.commit()
        return {"Listeners": [listener_view(after)]}

    def _changed(
        self,
        transaction: Transaction,
        request: requests.ModifyListener,
        before: Listener,
        balancer: LoadBalancer,
    ) -> Listener:
        """What is not named stays, as far as the protocol has it."""
        _check_mutual(request.mutual_authentication)
        protocol = before.protocol
        if request.protocol is not None:
            protocol = _protocol(request.protocol, balancer)
        certificate, certificates = before.default_certificate, before.certificates
        if protocol not in _SECURE:
            certificate, certificates = None, ()
        if request.certificates or (protocol in _SECURE and certificate is None):
            certificate = _certificate(transaction, request.certificates, protocol)
        kept_policy = before.ssl_policy if protocol in _SECURE else None
        kept_alpn = before.alpn_policy if protocol == "TLS" else None
        action = before.default_action
        if request.default_actions:
            action = self._actions.action(request.default_actions, balancer, protocol)
        return replace(
            before,
            protocol=protocol,
            port=before.port if request.port is None else request.port,
            default_action=action,
            default_certificate=certificate,
            certificates=certificates,
            ssl_policy=_ssl_policy(request.ssl_policy or kept_policy, protocol),
            alpn_policy=_alpn(request.alpn_policy, protocol) or kept_alpn,
            attributes=before.attributes if protocol == before.protocol else {},
        )

    async def delete(self, request: NamedListener, _: Call) -> Answer:
        transaction = self._store.transaction("DeleteListener")
        listener = need_listener(transaction, request.listener_arn)
        transaction.delete(LISTENERS, listener.arn)
        for rule in self._store.find(LISTENER_RULES, "listener", listener.arn):
            transaction.delete(LISTENER_RULES, rule.arn)
        await transaction.commit()
        return {}

    async def describe(self, request: requests.DescribeListeners, _: Call) -> Answer:
        if request.load_balancer_arn is not None and not request.listener_arns:
            balancer = need_load_balancer(self._store, request.load_balancer_arn)
            found = self._store.find(LISTENERS, "load_balancer", balancer.arn)
        elif request.listener_arns and request.load_balancer_arn is None:
            found = LISTENER.need_all(LISTENERS, self._store, request.listener_arns)
        else:
            raise BadRequest(
                "You must specify either listener ARNs or a load balancer ARN"  # our words
            )
        listing = f"listeners {request.load_balancer_arn} {sorted(request.listener_arns)}"
        shown = page(found, lambda r: (r.port, r.arn), listing, request.page_size, request.marker)
        return {
            "Listeners": [listener_view(each) for each in shown.items],
            "NextMarker": shown.next_token,
        }


def _protocol(asked: str, balancer: LoadBalancer) -> ListenerProtocol:
    allowed = _PROTOCOLS[balancer.type]
    if balancer.type == "network" and asked in _LATER:
        raise BadConfiguration(  # our words
            f"Listener protocol '{asked}' is not supported here; 'TCP' and 'TLS' are"
        )
    if asked not in allowed:
        raise BadRequest(f"Listener protocol '{asked}' must be one of '{', '.join(allowed)}'")
    return cast(ListenerProtocol, asked)


def _certificate(
    transaction: Transaction,
    given: tuple[requests.GivenCertificate, ...],
    protocol: ListenerProtocol,
) -> CertificateArn | None:
    if protocol not in _SECURE:
        if given:
            raise BadRequest(
                f"Certificates cannot be specified for {protocol} listeners"  # our words
            )
        return None
    if not given:
        raise BadRequest(f"A certificate must be specified for {protocol} listeners")
    return default_certificate_of(transaction, given)


def _ssl_policy(asked: str | None, protocol: ListenerProtocol) -> str | None:
    if protocol not in _SECURE:
        if asked is not None:
            raise BadRequest(
                f"An SSL policy cannot be specified for {protocol} listeners"  # our words
            )
        return None
    if asked is not None and asked not in SSL_POLICIES:
        raise SslPolicyNotFound(asked)
    return asked or DEFAULT_POLICY


def _alpn(asked: tuple[str, ...], protocol: ListenerProtocol) -> AlpnPolicy | None:
    if not asked:
        return None
    if protocol != "TLS":
        raise BadRequest(
            f"An ALPN policy cannot be specified for {protocol} listeners"  # our words
        )
    if len(asked) > 1:
        raise BadRequest("Only one ALPN policy can be specified")  # our words
    if asked[0] not in _ALPN:
        raise AlpnPolicyNotFound(asked[0])
    return cast(AlpnPolicy, asked[0])


def _check_mutual(asked: requests.GivenMutualAuthentication | None) -> None:
    if asked is not None and asked.mode not in (None, "off"):
        raise BadConfiguration(  # our words
            f"Mutual authentication mode '{asked.mode}' is not supported here; 'off' is"
        )


def _is_same(found: Listener, asked: Listener) -> bool:
    def settings(listener: Listener) -> tuple[object, ...]:
        return (
            listener.protocol,
            listener.default_action,
            listener.default_certificate,
            listener.ssl_policy,
            listener.alpn_policy,
            frozenset(listener.tags),
        )

    return settings(found) == settings(asked)
