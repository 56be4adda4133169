"""VPCs and subnets as callers name them: by id, or the default VPC by leaving it out."""

from hostless.domain.network import Subnet, Vpc
from hostless.services.ec2.describing import IdForm
from hostless.services.ec2.errors import NoDefaultVpc
from hostless.services.ec2.lookup import need
from hostless.store.kinds import SUBNETS, VPCS
from hostless.store.store import Store

VPC_FORM = IdForm(noun="VpcID", spoken="vpc ID", prefix="vpc-")
SUBNET_FORM = IdForm(noun="SubnetID", spoken="subnet ID", prefix="subnet-")


def need_vpc(store: Store, vpc_id: str) -> Vpc:
    """Raises IdMalformed, IdNotFound."""
    return need(store, VPCS, VPC_FORM, vpc_id)


def need_subnet(store: Store, subnet_id: str) -> Subnet:
    """Raises IdMalformed, IdNotFound."""
    return need(store, SUBNETS, SUBNET_FORM, subnet_id)


def find_default_vpc(store: Store) -> Vpc | None:
    return next((vpc for vpc in store.all(VPCS) if vpc.is_default), None)


def need_default_vpc(store: Store) -> Vpc:
    """Raises NoDefaultVpc."""
    vpc = find_default_vpc(store)
    if vpc is None:
        raise NoDefaultVpc
    return vpc
