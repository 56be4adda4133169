"""Names of load balancers, which every VPC knows. Pure.

A balancer that faces the internet resolves to its public addresses, wherever it is asked for; an
internal one to its private ones (Elastic Load Balancing user guide, "How it works").
"""

from collections.abc import Iterable, Iterator

from hostless.domain.arns import VpcId
from hostless.domain.load_balancers import LoadBalancer
from hostless.domain.private_names import AnswerZone, RecordSet

TTL_SECONDS = 60


def balancer_zones(load_balancer: LoadBalancer, vpcs: Iterable[VpcId]) -> Iterator[AnswerZone]:
    """A zone of its own in each VPC: names beside it are others'."""
    addresses = tuple(node.public_address or node.address for node in load_balancer.nodes)
    if not addresses:
        return
    name = load_balancer.dns_name.lower()
    records = RecordSet(type="A", ttl_seconds=TTL_SECONDS, values=addresses)
    for vpc_id in vpcs:
        yield AnswerZone(
            vpc_id=vpc_id, name=name, negative_ttl_seconds=TTL_SECONDS, names={name: (records,)}
        )
