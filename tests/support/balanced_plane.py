"""A simulated control plane with a load balancer before a service, made through the API."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from hostless.compute.simulated.behaviour import Behaviour, Simulation
from hostless.domain.load_balancers import LoadBalancer
from hostless.domain.settings import Settings
from hostless.domain.target_groups import Target
from hostless.kit.simulated_time import run_simulated
from hostless.simulation.control_plane import ControlPlane
from hostless.simulation.machine import machine_of
from hostless.simulation.watching import Watching
from hostless.store.kinds import LOAD_BALANCERS, TARGETS, TASKS, VPCS
from hostless.store.storage import Batch, Row

ELB = "elbv2"
CHECK = {"health_check_interval_seconds": 10, "unhealthy_threshold_count": 2}


class Nobody(Watching):
    def saw(self, batch: Batch) -> None:
        return None

    def lost(self, rows: Iterable[Row]) -> None:
        return None


class BalancedPlane:
    """What tests ask of the plane, by the API; and what there is, by its records."""

    def __init__(self, plane: ControlPlane) -> None:
        self.plane = plane

    async def ask(self, operation: str, /, api: str = ELB, **members: Any) -> Any:
        return await self.plane.call(operation, members, api)

    async def balance(self, name: str = "web", **members: Any) -> str:
        """A balancer in two zones unless told otherwise; its ARN."""
        subnets = [subnet.id for subnet in self.plane.subnets[:2]]
        asked = {"name": name, "subnets": subnets, **members}
        made = await self.ask("CreateLoadBalancer", **asked)
        return str(made["LoadBalancers"][0]["LoadBalancerArn"])

    async def target_group(self, name: str = "web", **members: Any) -> str:
        vpc = next(iter(self.plane.store.all(VPCS))).id
        asked = {"protocol": "HTTP", "port": 80, "vpc_id": vpc, "target_type": "ip", **CHECK}
        made = await self.ask("CreateTargetGroup", name=name, **{**asked, **members})
        return str(made["TargetGroups"][0]["TargetGroupArn"])

    async def listen(self, balancer: str, group: str, port: int = 80, **members: Any) -> str:
        asked = {
            "load_balancer_arn": balancer,
            "protocol": "HTTP",
            "port": port,
            "default_actions": [{"type": "forward", "target_group_arn": group}],
            **members,
        }
        return str((await self.ask("CreateListener", **asked))["Listeners"][0]["ListenerArn"])

    async def serve(self, *groups: str, count: int = 2, image: str = "good") -> None:
        """A service `web` that is registered with the groups."""
        await self.ask("CreateCluster", "ecs")
        await self.ask(
            "RegisterTaskDefinition",
            "ecs",
            family="web",
            requires_compatibilities=("FARGATE",),
            network_mode="awsvpc",
            cpu="256",
            memory="512",
            container_definitions=[
                {"name": "app", "image": image, "port_mappings": [{"container_port": 80}]}
            ],
        )
        subnets = [subnet.id for subnet in self.plane.subnets[:2]]
        await self.ask(
            "CreateService",
            "ecs",
            service_name="web",
            task_definition="web",
            desired_count=count,
            launch_type="FARGATE",
            network_configuration={"awsvpc_configuration": {"subnets": subnets}},
            load_balancers=[
                {"target_group_arn": each, "container_name": "app", "container_port": 80}
                for each in groups
            ],
        )

    async def until(self, is_so: Callable[[], Any], seconds: float = 600.0) -> None:
        for _ in range(int(seconds * 20)):
            if is_so():
                return
            await asyncio.sleep(0.05)
        raise AssertionError("never came true")

    def balancer(self, arn: str) -> LoadBalancer:
        found = self.plane.store.get(LOAD_BALANCERS, arn)
        assert found is not None
        return found

    def targets(self) -> list[Target]:
        return list(self.plane.store.all(TARGETS))

    def healths(self) -> list[str]:
        return sorted(t.health.state if t.health else "none" for t in self.targets())

    def running(self) -> set[str]:
        return {task.arn for task in self.plane.store.all(TASKS) if task.status == "RUNNING"}


def balanced(
    scene: Callable[[BalancedPlane], Awaitable[None]], seed: int = 3, *odd: Behaviour
) -> None:
    """Play the scene under simulated time, on a machine of its own. odd: of images that are not
    good."""

    async def main() -> None:
        settings = Settings(state_dir="/nowhere", backend="simulated", over_commit=1.0)
        good = Behaviour(image="*", pull_seconds=1.0, start_seconds=0.2, stop_seconds=0.2)
        machine = machine_of(Simulation(seed=seed, behaviour=(*odd, good)), Nobody())
        async with asyncio.TaskGroup() as group:
            plane = ControlPlane(machine, settings, group)
            await plane.start()
            await scene(BalancedPlane(plane))
            await plane.die()

    run_simulated(main())
