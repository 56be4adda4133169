"""Names of load balancers and of ways in through them, which every VPC knows. Pure.

A balancer that faces the internet resolves to its public addresses, wherever it is asked for; an
internal one to its private ones (Elastic Load Balancing user guide, "How it works").
"""

from collections.abc import Iterable, Iterator

from hostless.domain.arns import VpcId
from hostless.domain.load_balancers import LoadBalancer
from hostless.domain.private_names import AnswerZone, RecordSet

TTL_SECONDS = 60


def balancer_zones(
    load_balancer: LoadBalancer, endpoints: Iterable[str], vpcs: Iterable[VpcId]
) -> Iterator[AnswerZone]:
    """A zone for each name in each VPC: names beside it are others'.

    endpoints: further names of the balancer, those of the ways in through it.
    """
    addresses = tuple(node.public_address or node.address for node in load_balancer.nodes)
    if not addresses:
        return
    names = (load_balancer.dns_name.lower(), *endpoints)
    records = RecordSet(type="A", ttl_seconds=TTL_SECONDS, values=addresses)
    for vpc_id in vpcs:
        for name in names:
            yield AnswerZone(
                vpc_id=vpc_id, name=name, negative_ttl_seconds=TTL_SECONDS, names={name: (records,)}
            )
