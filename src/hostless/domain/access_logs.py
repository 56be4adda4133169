"""Access logs of load balancers: where they go, what the files are called, what was delivered.

What a line says is the balancer's business, when files are written the controller's. Sources:
"Access logs for your Application Load Balancer", the same for Network Load Balancers, and "Enable
access logs", user guides.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from hostless.domain.arns import LoadBalancerArn, NetworkInterfaceId, Realm
from hostless.domain.balancer_attributes import attributes_of
from hostless.domain.load_balancers import LoadBalancer, LoadBalancerNode
from hostless.kit.clock import Timestamp


@dataclass(frozen=True, slots=True, kw_only=True)
class LogDestination:
    """prefix: without a slash at its ends; may be empty."""

    bucket: str
    prefix: str

    def path_of(self, rest: str) -> str:
        return f"{self.prefix}/{rest}" if self.prefix else rest


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFile:
    """A file that is being delivered: what it is to be called, and how far of the log it goes."""

    destination: LogDestination
    key: str
    until: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LogDelivery:
    """How far the log of one node is delivered.

    The node's interface is the key. destination: where its lines go, or went last, when no more
    are asked for. delivered: all before this position of the node's log has been. under_way: noted
    before it is written; whoever finds it writes it again, the same under the same name.
    """

    interface_id: NetworkInterfaceId
    load_balancer_arn: LoadBalancerArn
    address: str
    destination: LogDestination
    delivered: int = 0
    under_way: LogFile | None = None


def destination_of(balancer: LoadBalancer) -> LogDestination | None:
    """Where access logs are asked to go; None when they are not."""
    attributes = attributes_of(balancer)
    if attributes["access_logs.s3.enabled"] != "true":
        return None
    return LogDestination(
        bucket=attributes["access_logs.s3.bucket"],
        prefix=attributes["access_logs.s3.prefix"].strip("/"),
    )


def resource_id_of(arn: LoadBalancerArn) -> str:
    """`app/name/id`."""
    return arn.partition(":loadbalancer/")[2]


def address_told(node: LoadBalancerNode) -> str:
    """The address of a node as logs tell it: the public one, if it has one."""
    return node.public_address or node.address


def interval_end(at: Timestamp, interval_seconds: float) -> Timestamp:
    """When the interval that the instant lies in ends; intervals begin on the hour."""
    return (at // interval_seconds + 1) * interval_seconds


def log_key(delivery: LogDelivery, realm: Realm, end: Timestamp, drawn: str) -> str:
    """The name of a file in its bucket. end: of the interval. drawn: a random text.

    Names of network balancers' files do not tell the node.
    """
    at = datetime.fromtimestamp(end, UTC)
    balancer = resource_id_of(delivery.load_balancer_arn).replace("/", ".")
    node = () if balancer.startswith("net.") else (delivery.address,)
    head = (realm.account_id, "elasticloadbalancing", realm.region, balancer)
    name = "_".join((*head, f"{at:%Y%m%dT%H%MZ}", *node, f"{drawn}.log.gz"))
    folder = f"AWSLogs/{realm.account_id}/elasticloadbalancing/{realm.region}/{at:%Y/%m/%d}"
    return delivery.destination.path_of(f"{folder}/{name}")


def trial_key(destination: LogDestination, realm: Realm) -> str:
    """The file that is written when logs are asked for, to see that it can be."""
    return destination.path_of(f"AWSLogs/{realm.account_id}/ELBAccessLogTestFile")


def trial_text(balancer: LoadBalancer, now: Timestamp) -> str:
    at = datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds")[:-6]
    return f"Enable AccessLog for ELB: {balancer.name} at {at}Z"
