"""The balancer of this machine keeps the contract, with a real HAProxy."""

import pytest
from tests.contract.balancer_suite import BLUE, BalancerSuite, Site
from tests.support.balancing import balancer as a_balancer
from tests.support.balancing import forward, listener, plan_of
from tests.support.street import NODE, TARGET, Street

from hostless.balancer.seam import Balancer, BalancingFailed


@pytest.mark.root
class TestLocalBalancer(BalancerSuite):
    @pytest.fixture
    def site(self, street: Street) -> Site:
        """At the node's own address nobody listens on the port."""
        return Site(street.place, TARGET, NODE, street.serve().server_port)

    @pytest.fixture
    def balancer(self, street: Street) -> Balancer:
        return street.balancer

    async def test_a_node_without_a_certificate_says_what_is_wrong(
        self, balancer: Balancer, site: Site
    ) -> None:
        here = listener(forward(BLUE), 443, "HTTPS")
        plan = plan_of(a_balancer(), [here], groups=[BLUE], place=site.place)
        with pytest.raises(BalancingFailed, match=r"certificate-1\.pem"):
            await balancer.serve(plan)
