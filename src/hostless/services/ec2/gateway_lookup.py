"""Route tables, gateways and elastic addresses as callers name them: by id."""

from hostless.domain.errors import ApiError
from hostless.services.ec2.describing import IdForm
from hostless.services.ec2.errors_gateways import (
    ElasticIpMalformed,
    NatGatewayMalformed,
    NatGatewayNotFound,
)


class _NatGatewayForm(IdForm):
    """EC2 has codes of their own for them."""

    def check(self, given: str) -> None:
        if not self.fits(given):
            raise NatGatewayMalformed(given)

    def not_found(self, given: str) -> ApiError:
        return NatGatewayNotFound(given)


class _ElasticIpForm(IdForm):
    def check(self, given: str) -> None:
        if not self.fits(given):
            raise ElasticIpMalformed(given)


class _AnyForm(IdForm):
    """What has another form does not exist: EC2 knows no error for it."""

    def check(self, given: str) -> None:
        return None


ROUTE_TABLE_FORM = IdForm(
    noun="RouteTableID", spoken="routeTable ID", prefix="rtb-", malformed_noun="RouteTableId"
)
TABLE_ASSOCIATION_FORM = IdForm(noun="AssociationID", spoken="association ID", prefix="rtbassoc-")
INTERNET_GATEWAY_FORM = IdForm(
    noun="InternetGatewayID",
    spoken="internetGateway ID",
    prefix="igw-",
    malformed_noun="InternetGatewayId",
)
EGRESS_ONLY_FORM = IdForm(noun="GatewayID", spoken="eigw ID", prefix="eigw-")
GATEWAY_FORM = _AnyForm(noun="GatewayID", spoken="gateway ID", prefix="igw-")
"""As a route's target, which may be of several kinds."""
NAT_GATEWAY_FORM = _NatGatewayForm(noun="NatGatewayID", spoken="natGateway ID", prefix="nat-")
NAT_TARGET_FORM = IdForm(noun="NatGatewayID", spoken="natGateway ID", prefix="nat-")
"""As a route's target, and where tags are put on."""
ALLOCATION_FORM = _AnyForm(noun="AllocationID", spoken="allocation ID", prefix="eipalloc-")
ELASTIC_IP_FORM = _ElasticIpForm(noun="ElasticIpID", spoken="elastic-ip ID", prefix="eipalloc-")
"""As CreateNatGateway and CreateTags call the same thing."""
ADDRESS_ASSOCIATION_FORM = IdForm(noun="AssociationID", spoken="association ID", prefix="eipassoc-")
