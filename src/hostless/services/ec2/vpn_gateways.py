"""VPN gateways, of which there are none: for tools that ask whether a VPC has one, as the CDK does.

Source of filters: DescribeVpnGateways, EC2 API Reference.
"""

from hostless.services.ec2.describing import Described, IdForm, Question, page_for
from hostless.services.ec2.requests_vpcs import DescribeVpnGateways
from hostless.services.operation import Answer, Call

_FILTERS = (
    *("amazon-side-asn", "attachment.state", "attachment.vpc-id", "availability-zone", "state"),
    *("type", "vpn-gateway-id"),
)
_SHOWN: Described[str] = Described(
    form=IdForm(noun="VpnGatewayID", spoken="vpnGateway ID", prefix="vgw-"),
    id_of=lambda gateway: gateway,
    tags_of=lambda gateway: (),
    filters=dict.fromkeys(_FILTERS, lambda gateway: ()),
)


async def describe_vpn_gateways(request: DescribeVpnGateways, _: Call) -> Answer:
    question = Question(
        ids=request.vpn_gateway_ids, filters=request.filters, dry_run=request.dry_run
    )
    return {"VpnGateways": list(page_for(question, _SHOWN, ()).items)}
