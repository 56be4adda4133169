"""What is to go of one way in, and which health check path its target group is to have. Pure.

Things go in steps, because a security group stays while a network interface has it.
"""

from dataclasses import dataclass, replace

from hostless.domain.arns import LoadBalancerArn, SecurityGroupId, ServiceRevisionArn
from hostless.domain.express_services import ExpressService
from hostless.domain.ingress import IngressRoute
from hostless.domain.listeners import Listener


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupFacts:
    """is_used: by an interface or a balancer. is_shared: a rule that callers made is about it."""

    id: SecurityGroupId
    is_used: bool
    is_shared: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteFacts:
    """What is left of what was made.

    is_needed: its service is there and not INACTIVE. is_known: callers still see the service.
    is_shared: other routes that are needed go through the balancer. is_protected: callers forbade
    to delete the balancer. has_passage: rules let the balancer to the tasks for this route alone.
    group_users, certificate_users: balancers with listeners or rules, other
    than the route's own, that use its target group and its certificate.
    """

    route: IngressRoute
    is_needed: bool
    is_known: bool
    is_shared: bool
    is_protected: bool
    has_passage: bool
    has_balancer: bool
    listener: Listener | None
    has_rule: bool
    has_group: bool
    has_certificate: bool
    group_users: frozenset[LoadBalancerArn]
    certificate_users: frozenset[LoadBalancerArn]
    security_groups: tuple[GroupFacts, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """What goes now; listener: as it is to be, where it stays and changes. between: the rules that
    let the balancer to the tasks.

    is_unfinished: something is still in use, or was until now. is_over: nothing is left to do, and
    the route's own record goes.
    """

    balancer: bool = False
    listener: Listener | None = None
    rule: bool = False
    group: bool = False
    certificate: bool = False
    between: bool = False
    security_groups: tuple[SecurityGroupId, ...] = ()
    is_unfinished: bool = False
    is_over: bool = False


def removal_of(facts: RouteFacts) -> Removal:
    """Nothing while the way is needed. What callers use for themselves is left to them."""
    if facts.is_needed:
        return Removal()
    ends_balancer = facts.has_balancer and not facts.is_shared and not facts.is_protected
    gone = {facts.route.load_balancer_arn} if ends_balancer else set()
    listener = None if ends_balancer else _listener_without(facts)
    is_served = listener is None and not ends_balancer and _names_certificate(facts)
    own = [group for group in _own_groups(facts) if not group.is_shared]
    what_goes = Removal(
        balancer=ends_balancer,
        listener=listener,
        rule=facts.has_rule,
        group=facts.has_group and facts.group_users <= gone,
        certificate=facts.has_certificate and not is_served and facts.certificate_users <= gone,
        between=facts.has_passage,
        security_groups=tuple(group.id for group in own if not group.is_used),
    )
    is_unfinished = what_goes != Removal() or bool(own)
    return replace(
        what_goes,
        is_unfinished=is_unfinished,
        is_over=not is_unfinished and not facts.is_known,
    )


def path_to_check(express: ExpressService, present: ServiceRevisionArn) -> str | None:
    """The path of what the service is brought to, where another one is checked: a rollback
    changes that. None when all is well."""
    configuration = express.configuration_of(present)
    if configuration is None or configuration.health_check_path == express.checked_path:
        return None
    return configuration.health_check_path


def _own_groups(facts: RouteFacts) -> tuple[GroupFacts, ...]:
    """The balancer's is the last route's to take along."""
    keeps = facts.is_shared or (facts.has_balancer and facts.is_protected)
    kept = facts.route.balancer_group_id if keeps else None
    return tuple(group for group in facts.security_groups if group.id != kept)


def _names_certificate(facts: RouteFacts) -> bool:
    listener = facts.listener
    return listener is not None and facts.route.certificate_arn in listener.all_certificates()


def _listener_without(facts: RouteFacts) -> Listener | None:
    """Another certificate takes the default one's place; the last one stays with the listener."""
    listener, mine = facts.listener, facts.route.certificate_arn
    if listener is None or not _names_certificate(facts):
        return None
    others = tuple(arn for arn in listener.all_certificates() if arn != mine)
    if not others:
        return None
    return replace(listener, default_certificate=others[0], certificates=others[1:])
