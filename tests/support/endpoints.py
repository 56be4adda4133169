"""An interface endpoint with two interfaces, for tests of what becomes of its records."""

from dataclasses import replace

from tests.contract.network_suite import Range

from hostless.domain.arns import Realm, SubnetId, VpcEndpointId, VpcId
from hostless.domain.network import NetworkInterface
from hostless.domain.vpc_endpoints import VpcEndpoint
from hostless.network.new_interface import new_interface

RANGE = Range("10.7.4.0/22")
LOGS = "com.amazonaws.us-east-1.logs"


def interface(number: int, subnet: int = 0) -> NetworkInterface:
    home = RANGE.subnets[subnet]
    address = str(RANGE.networks[subnet][10 + number])
    made = new_interface(home, address, f"{number:017x}", Realm().region, 0.0)
    return replace(made, kind="vpc_endpoint", owner="vpce-1")


FIRST, SECOND = interface(1), interface(2, subnet=1)
ENDPOINT = VpcEndpoint(
    id=VpcEndpointId("vpce-1"),
    vpc_id=VpcId(RANGE.vpc.id),
    type="Interface",
    service_name=LOGS,
    state="pending",
    policy="{}",
    subnet_ids=(SubnetId(FIRST.subnet_id), SubnetId(SECOND.subnet_id)),
    interface_ids=(FIRST.id, SECOND.id),
    created_at=0.0,
)
