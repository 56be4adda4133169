"""The table of Elastic Load Balancing v2's operations."""

from collections.abc import Mapping
from typing import Any

from hostless.domain.errors import ApiError
from hostless.domain.quotas import Quotas
from hostless.kit.ids import Ids
from hostless.services.elbv2 import requests, requests_listeners, requests_target_groups
from hostless.services.elbv2.attributes import Attributes
from hostless.services.elbv2.errors import (
    CaCertificatesBundleNotFound,
    OperationNotPermitted,
    ResourceNotFound,
    TrustStoreNotFound,
)
from hostless.services.elbv2.limits import Limits
from hostless.services.elbv2.listener_certificates import ListenerCertificates
from hostless.services.elbv2.listeners import Listeners
from hostless.services.elbv2.load_balancers import LoadBalancers
from hostless.services.elbv2.offers import account_limits_of, describe_ssl_policies
from hostless.services.elbv2.rules import Rules
from hostless.services.elbv2.tags import Tags
from hostless.services.elbv2.target_groups import TargetGroups
from hostless.services.elbv2.targets import Targets
from hostless.services.operation import Operation, ServiceApi
from hostless.services.refusing import refusing
from hostless.store.store import Store
from hostless.telemetry.buckets import Buckets

_NO_IPV6 = "load balancers have IPv4 addresses here"
_NO_IPAM = "there is no IP address manager here"
_AUTHENTICATION = "no engine part authenticates users"
_NO_REGEX = "patterns with * and ? are supported, regular expressions are not"
_NO_TRANSFORMS = "requests are not rewritten"
_NO_TRUST_STORES = "there are no trust stores; clients' certificates are not asked for"
_NO_RESERVATIONS = "a load balancer has what the machine has"
_NO_QUIC = "QUIC is not supported"
_ADDRESSES: Mapping[str, str] = {
    "SubnetMappings.IPv6Address": _NO_IPV6,
    "SubnetMappings.SourceNatIpv6Prefix": _NO_IPV6,
    "EnablePrefixForIpv6SourceNat": _NO_IPV6,
}
_REFUSED_CONDITIONS: Mapping[str, str] = {
    **{
        f"Conditions.{config}RegexValues": _NO_REGEX
        for config in ("", "HostHeaderConfig.", "PathPatternConfig.", "HttpHeaderConfig.")
    },
    "Conditions.SourceIpConfig.IpAddressType": "rules are application balancers' only",
    "Transforms": _NO_TRANSFORMS,
}
_REFUSED_TRUST: Mapping[str, str] = {
    f"MutualAuthentication.{member}": _NO_TRUST_STORES
    for member in (
        "TrustStoreArn",
        "IgnoreClientCertificateExpiry",
        "TrustStoreAssociationStatus",
        "AdvertiseTrustStoreCaNames",
    )
}


def _refused_actions(member: str) -> Mapping[str, str]:
    configs = ("AuthenticateOidcConfig", "AuthenticateCognitoConfig", "JwtValidationConfig")
    return {f"{member}.{config}": _AUTHENTICATION for config in configs}


def elbv2_api(store: Store, ids: Ids, quotas: Quotas, buckets: Buckets) -> ServiceApi:
    """buckets: where logs can be delivered."""
    limits = Limits(store, quotas)
    return ServiceApi(
        name="elbv2",
        validation_style="ValidationException",
        operations=(
            *_balancer_operations(LoadBalancers(store, ids, limits)),
            *_listener_operations(
                Listeners(store, ids, limits), ListenerCertificates(store, limits)
            ),
            *_rule_operations(Rules(store, ids, limits)),
            *_group_operations(TargetGroups(store, ids, limits), Targets(store, limits)),
            *_attribute_operations(Attributes(store, buckets)),
            *_tag_operations(Tags(store)),
            Operation(
                name="DescribeSSLPolicies",
                request=requests.DescribeSslPolicies,
                perform=describe_ssl_policies,
            ),
            Operation(
                name="DescribeAccountLimits",
                request=requests.DescribeAccountLimits,
                perform=account_limits_of(limits),
            ),
            *_refused_operations(),
        ),
    )


def _balancer_operations(noun: LoadBalancers) -> tuple[Operation[Any], ...]:
    return (
        Operation(
            name="CreateLoadBalancer",
            request=requests.CreateLoadBalancer,
            perform=noun.create,
            refused={
                **_ADDRESSES,
                "CustomerOwnedIpv4Pool": "there are no Outposts here",
                "IpamPools": _NO_IPAM,
            },
        ),
        Operation(name="DeleteLoadBalancer", request=requests.NamedBalancer, perform=noun.delete),
        Operation(
            name="DescribeLoadBalancers",
            request=requests.DescribeLoadBalancers,
            perform=noun.describe,
        ),
        Operation(
            name="SetSubnets",
            request=requests.SetSubnets,
            perform=noun.set_subnets,
            refused=_ADDRESSES,
        ),
        Operation(
            name="SetSecurityGroups",
            request=requests.SetSecurityGroups,
            perform=noun.set_security_groups,
            refused={
                "EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic": "there is no PrivateLink"
            },
        ),
        Operation(
            name="DescribeCapacityReservation",
            request=requests.NamedBalancer,
            perform=noun.describe_reservation,
        ),
        Operation(
            name="SetIpAddressType",
            request=requests.SetIpAddressType,
            perform=noun.set_address_type,
        ),
    )


def _listener_operations(
    noun: Listeners, certificates: ListenerCertificates
) -> tuple[Operation[Any], ...]:
    refused = {**_refused_actions("DefaultActions"), **_REFUSED_TRUST}
    by_rule = {"MutualAuthentication.Mode": "only `off`"}
    changed = requests_listeners.ChangeListenerCertificates
    return (
        Operation(
            name="CreateListener",
            request=requests_listeners.CreateListener,
            perform=noun.create,
            refused=refused,
            refused_by_rule=by_rule,
        ),
        Operation(
            name="ModifyListener",
            request=requests_listeners.ModifyListener,
            perform=noun.modify,
            refused=refused,
            refused_by_rule=by_rule,
        ),
        Operation(name="DeleteListener", request=requests.NamedListener, perform=noun.delete),
        Operation(
            name="DescribeListeners",
            request=requests_listeners.DescribeListeners,
            perform=noun.describe,
        ),
        Operation(name="AddListenerCertificates", request=changed, perform=certificates.add),
        Operation(name="RemoveListenerCertificates", request=changed, perform=certificates.remove),
        Operation(
            name="DescribeListenerCertificates",
            request=requests_listeners.DescribeListenerCertificates,
            perform=certificates.describe,
        ),
    )


def _rule_operations(noun: Rules) -> tuple[Operation[Any], ...]:
    refused = {**_refused_actions("Actions"), **_REFUSED_CONDITIONS}
    return (
        Operation(
            name="CreateRule",
            request=requests_listeners.CreateRule,
            perform=noun.create,
            refused=refused,
        ),
        Operation(
            name="ModifyRule",
            request=requests_listeners.ModifyRule,
            perform=noun.modify,
            refused={**refused, "ResetTransforms": _NO_TRANSFORMS},
        ),
        Operation(name="DeleteRule", request=requests_listeners.NamedRule, perform=noun.delete),
        Operation(
            name="DescribeRules", request=requests_listeners.DescribeRules, perform=noun.describe
        ),
        Operation(
            name="SetRulePriorities",
            request=requests_listeners.SetRulePriorities,
            perform=noun.set_priorities,
        ),
    )


def _group_operations(noun: TargetGroups, targets: Targets) -> tuple[Operation[Any], ...]:
    quic = {"Targets.QuicServerId": _NO_QUIC}
    changed = requests_target_groups.ChangeTargets
    return (
        Operation(
            name="CreateTargetGroup",
            request=requests_target_groups.CreateTargetGroup,
            perform=noun.create,
            refused={"TargetControlPort": "there is no target optimizer here"},
        ),
        Operation(
            name="ModifyTargetGroup",
            request=requests_target_groups.ModifyTargetGroup,
            perform=noun.modify,
        ),
        Operation(name="DeleteTargetGroup", request=requests.NamedGroup, perform=noun.delete),
        Operation(
            name="DescribeTargetGroups",
            request=requests_target_groups.DescribeTargetGroups,
            perform=noun.describe,
        ),
        Operation(name="RegisterTargets", request=changed, perform=targets.register, refused=quic),
        Operation(
            name="DeregisterTargets", request=changed, perform=targets.deregister, refused=quic
        ),
        Operation(
            name="DescribeTargetHealth",
            request=requests_target_groups.DescribeTargetHealth,
            perform=targets.describe_health,
            refused={**quic, "Include": "nothing detects anomalies or shifts zones here"},
        ),
    )


def _attribute_operations(noun: Attributes) -> tuple[Operation[Any], ...]:
    return (
        Operation(
            name="DescribeLoadBalancerAttributes",
            request=requests.NamedBalancer,
            perform=noun.of_balancer,
        ),
        Operation(
            name="ModifyLoadBalancerAttributes",
            request=requests.ModifyLoadBalancerAttributes,
            perform=noun.change_balancer,
        ),
        Operation(
            name="DescribeListenerAttributes",
            request=requests.NamedListener,
            perform=noun.of_listener,
        ),
        Operation(
            name="ModifyListenerAttributes",
            request=requests.ModifyListenerAttributes,
            perform=noun.change_listener,
        ),
        Operation(
            name="DescribeTargetGroupAttributes",
            request=requests.NamedGroup,
            perform=noun.of_group,
        ),
        Operation(
            name="ModifyTargetGroupAttributes",
            request=requests.ModifyTargetGroupAttributes,
            perform=noun.change_group,
        ),
    )


def _tag_operations(noun: Tags) -> tuple[Operation[Any], ...]:
    return (
        Operation(name="AddTags", request=requests.AddTags, perform=noun.add),
        Operation(name="RemoveTags", request=requests.RemoveTags, perform=noun.remove),
        Operation(name="DescribeTags", request=requests.DescribeTags, perform=noun.describe),
    )


def _refused_operations() -> tuple[Operation[Any], ...]:
    return (
        refusing("CreateTrustStore", CaCertificatesBundleNotFound, _NO_TRUST_STORES),
        *(
            refusing(name, TrustStoreNotFound, _NO_TRUST_STORES)
            for name in (
                "AddTrustStoreRevocations",
                "DeleteSharedTrustStoreAssociation",
                "DeleteTrustStore",
                "DescribeTrustStoreAssociations",
                "DescribeTrustStoreRevocations",
                "DescribeTrustStores",
                "GetTrustStoreCaCertificatesBundle",
                "GetTrustStoreRevocationContent",
                "ModifyTrustStore",
                "RemoveTrustStoreRevocations",
            )
        ),
        refusing("GetResourcePolicy", ResourceNotFound, "nothing is shared with other accounts"),
        refusing("ModifyIpPools", _no_pools, _NO_IPAM),
        refusing("ModifyCapacityReservation", _no_reservation, _NO_RESERVATIONS),
    )


def _no_pools() -> ApiError:
    return OperationNotPermitted("IPAM pools are not supported here.")


def _no_reservation() -> ApiError:
    return OperationNotPermitted("Capacity reservations are not supported here.")
