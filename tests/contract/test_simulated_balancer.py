"""The simulated balancer keeps the contract."""

import pytest
from tests.contract.balancer_suite import BalancerSuite, Site
from tests.support.balancing import balancer, plan_of

from hostless.balancer.seam import Balancer, BalancingFailed
from hostless.balancer.simulated.balancer import SimulatedBalancer


class TestSimulatedBalancer(BalancerSuite):
    @pytest.fixture
    def site(self) -> Site:
        return Site(plan_of(balancer(), []).place, "10.0.0.5", "10.0.0.6", 80)

    @pytest.fixture
    def balancer(self, site: Site) -> Balancer:
        made = SimulatedBalancer()
        made.sick.add(site.bad)
        return made

    async def test_a_node_that_is_to_fail_says_so(self, site: Site) -> None:
        made = SimulatedBalancer()
        plan = site.plan()
        made.failing.add(plan.node.interface_id)
        with pytest.raises(BalancingFailed):
            await made.serve(plan)
        assert await made.nodes() == frozenset()
