"""Load balancers at work on the simulated machine: made, failing, changed and taken away."""

from dataclasses import replace

from tests.support.balanced_plane import BalancedPlane, balanced
from tests.support.certificates import Signed

from hostless.balancer.seam import NodePlan
from hostless.domain.arns import CertificateArn
from hostless.network.simulated.fabric import FabricBehaviour
from hostless.store.kinds import LISTENERS, NETWORK_INTERFACES, TARGETS, TASKS


def plans(p: BalancedPlane) -> list[NodePlan]:
    return list(p.plane.machine.balancer.plans.values())


def owned(p: BalancedPlane, arn: str) -> list[str]:
    return [i.id for i in p.plane.store.find(NETWORK_INTERFACES, "owner", arn)]


def test_a_balancer_is_provisioned_serves_and_is_taken_away() -> None:
    async def scene(p: BalancedPlane) -> None:
        arn = await p.balance()
        await p.until(lambda: p.balancer(arn).state == "active")
        nodes = p.balancer(arn).nodes
        assert len({node.subnet_id for node in nodes}) == 2
        assert len({node.public_address for node in nodes} - {None}) == 2
        assert p.plane.machine.balancer.plans.keys() == {node.interface_id for node in nodes}
        assert p.plane.machine.balancer.plans.keys() <= await p.plane.machine.fabric.attached()
        await p.ask("DeleteLoadBalancer", load_balancer_arn=arn)
        await p.until(lambda: not owned(p, arn))
        assert plans(p) == []
        assert not await p.plane.machine.fabric.attached()

    balanced(scene)


def test_what_an_engine_left_undone_its_successor_does() -> None:
    async def scene(p: BalancedPlane) -> None:
        p.plane.machine.fabric.behaviour = FabricBehaviour(attach_seconds=5.0)
        arn = await p.balance()
        await p.plane.die()
        await p.plane.start()
        await p.until(lambda: p.balancer(arn).state == "active")
        await p.ask("DeleteLoadBalancer", load_balancer_arn=arn)
        await p.plane.die()
        await p.plane.start()
        await p.until(lambda: not owned(p, arn))
        assert plans(p) == []

    balanced(scene)


def test_a_node_that_cannot_serve_is_told_of_and_keeps_no_other_from_it() -> None:
    async def scene(p: BalancedPlane) -> None:
        arn, group = await p.balance(), await p.target_group()
        await p.until(lambda: p.balancer(arn).state == "active")
        sick, well = (node.interface_id for node in p.balancer(arn).nodes)
        machine = p.plane.machine.balancer
        machine.failing.add(sick)
        await p.listen(arn, group)
        await p.until(lambda: p.balancer(arn).state == "active_impaired")
        assert p.balancer(arn).state_reason == "the node is to fail"
        assert [len(machine.plans[each].listeners) for each in (sick, well)] == [0, 1]
        await p.serve(group)
        await p.until(lambda: p.healths() == ["healthy", "healthy"])
        machine.failing.clear()
        await p.until(lambda: p.balancer(arn).state == "active")
        assert p.balancer(arn).state_reason is None
        assert len(machine.plans[sick].listeners) == 1

    balanced(scene)


def test_a_balancer_that_never_served_has_failed_until_it_does() -> None:
    async def scene(p: BalancedPlane) -> None:
        subnets = frozenset(subnet.id for subnet in p.plane.subnets)
        p.plane.machine.fabric.behaviour = FabricBehaviour(failing_subnets=subnets)
        arn = await p.balance()
        await p.until(lambda: p.balancer(arn).state == "failed")
        assert "Timeout" in (p.balancer(arn).state_reason or "")
        p.plane.machine.fabric.behaviour = FabricBehaviour()
        await p.until(lambda: p.balancer(arn).state == "active")

    balanced(scene)


def test_subnets_and_security_groups_that_are_set_are_acted_on() -> None:
    async def scene(p: BalancedPlane) -> None:
        arn = await p.balance()
        await p.until(lambda: p.balancer(arn).state == "active")
        _, second, third = (subnet.id for subnet in p.plane.subnets[:3])
        kept = {node.subnet_id: node for node in p.balancer(arn).nodes}[second]
        await p.ask("SetSubnets", load_balancer_arn=arn, subnets=[second, third])
        await p.until(lambda: {n.subnet_id for n in p.balancer(arn).nodes} == {second, third})
        await p.until(lambda: len(owned(p, arn)) == 2)
        assert kept in p.balancer(arn).nodes
        await p.until(lambda: set(p.plane.machine.balancer.plans) == set(owned(p, arn)))
        vpc = p.plane.subnets[0].vpc_id
        made = await p.ask(
            "CreateSecurityGroup", "ec2", group_name="front", description="f", vpc_id=vpc
        )
        group = made["GroupId"]
        await p.ask("SetSecurityGroups", load_balancer_arn=arn, security_groups=[group])

        def are_grouped() -> bool:
            found = p.plane.store.find(NETWORK_INTERFACES, "owner", arn)
            return all(each.security_groups == (group,) for each in found)

        await p.until(are_grouped)

    balanced(scene)


def test_a_certificate_that_is_imported_again_reaches_the_nodes() -> None:
    async def scene(p: BalancedPlane) -> None:
        arn, group = await p.balance(), await p.target_group()
        one, other = Signed("shop.example.com"), Signed("shop.example.com")
        members = {"certificate": one.pem, "private_key": one.key_pem()}
        made = await p.ask("ImportCertificate", "acm", **members)
        certificate = CertificateArn(made["CertificateArn"])
        shown = [{"certificate_arn": certificate}]
        await p.listen(arn, group, 443, protocol="HTTPS", certificates=shown)

        def served(by: Signed) -> bool:
            texts = {
                plan.certificates[certificate].certificate.strip()
                for plan in plans(p)
                if certificate in plan.certificates
            }
            return texts == {by.pem.decode().strip()}

        await p.until(lambda: served(one))
        members = {"certificate": other.pem, "private_key": other.key_pem()}
        await p.ask("ImportCertificate", "acm", certificate_arn=certificate, **members)
        await p.until(lambda: served(other))

    balanced(scene)


def test_tasks_of_a_service_are_targets_and_are_told_to_stop_when_they_are_drained() -> None:
    async def scene(p: BalancedPlane) -> None:
        arn, group = await p.balance(), await p.target_group()
        await p.listen(arn, group)
        await p.serve(group)
        await p.until(lambda: p.healths() == ["healthy", "healthy"])
        assert {target.task_arn for target in p.targets()} == p.running()
        leaving = p.targets()[0]
        p.plane.machine.balancer.busy.add(leaving.id)
        began = p.plane.machine.clock.now()
        await p.ask("StopTask", "ecs", task=leaving.task_arn)

        def status() -> str:
            task = p.plane.store.get(TASKS, str(leaving.task_arn))
            return "gone" if task is None else task.status

        await p.until(lambda: p.plane.machine.clock.now() > began + 100)
        assert status() == "DEACTIVATING"
        p.plane.machine.balancer.busy.clear()
        freed = p.plane.machine.clock.now()
        await p.until(lambda: status() == "STOPPED")
        assert p.plane.machine.clock.now() < freed + 2
        await p.until(lambda: p.healths() == ["healthy", "healthy"])

    balanced(scene)


def test_a_request_that_never_ends_holds_a_task_up_for_the_delay_and_no_longer() -> None:
    async def scene(p: BalancedPlane) -> None:
        arn, group = await p.balance(), await p.target_group()
        await p.listen(arn, group)
        delay = {"key": "deregistration_delay.timeout_seconds", "value": "30"}
        await p.ask("ModifyTargetGroupAttributes", target_group_arn=group, attributes=[delay])
        await p.serve(group, count=1)
        await p.until(lambda: p.healths() == ["healthy"])
        (target,) = p.targets()
        p.plane.machine.balancer.busy.add(target.id)
        began = p.plane.machine.clock.now()
        await p.ask("StopTask", "ecs", task=target.task_arn)
        await p.until(lambda: p.plane.store.get(TARGETS, target.key) is None)
        assert 30 <= p.plane.machine.clock.now() - began < 31

    balanced(scene)


def test_a_target_is_not_given_up_while_a_node_does_not_say_what_is_under_way() -> None:
    async def scene(p: BalancedPlane) -> None:
        arn, group = await p.balance(), await p.target_group()
        await p.listen(arn, group)
        await p.serve(group, count=1)
        await p.until(lambda: p.healths() == ["healthy"])
        (target,) = p.targets()
        machine, clock = p.plane.machine.balancer, p.plane.machine.clock
        machine.silent.add(p.balancer(arn).nodes[0].interface_id)
        began = clock.now()
        await p.ask("StopTask", "ecs", task=target.task_arn)
        await p.until(lambda: clock.now() > began + 60)
        assert p.plane.store.get(TARGETS, target.key) is not None
        machine.silent.clear()
        await p.until(lambda: p.plane.store.get(TARGETS, target.key) is None)
        assert clock.now() < began + 62

    balanced(scene)


def test_targets_that_no_node_sees_keep_the_health_that_they_had() -> None:
    async def scene(p: BalancedPlane) -> None:
        arn, group = await p.balance(), await p.target_group()
        await p.listen(arn, group)
        await p.serve(group)
        await p.until(lambda: p.healths() == ["healthy", "healthy"])
        nodes = {node.interface_id for node in p.balancer(arn).nodes}
        machine, clock = p.plane.machine.balancer, p.plane.machine.clock
        for silenced in (machine.silent, machine.failing):
            silenced.update(nodes)
            began = clock.now()
            await p.until(lambda began=began: clock.now() > began + 20)
            assert p.healths() == ["healthy", "healthy"]
            silenced.clear()

    balanced(scene)


def test_nobody_waits_for_a_listener_that_is_deleted_or_a_host_that_is_lost() -> None:
    async def scene(p: BalancedPlane) -> None:
        arn, group = await p.balance(), await p.target_group()
        listener = await p.listen(arn, group)
        await p.serve(group, count=2)
        await p.until(lambda: p.healths() == ["healthy", "healthy"])
        store, clock = p.plane.store, p.plane.machine.clock
        first, second = p.targets()
        p.plane.machine.balancer.busy |= {first.id, second.id}
        for target in (first, second):
            await p.ask("StopTask", "ecs", task=target.task_arn)

        def status(arn: str | None) -> str:
            task = store.get(TASKS, str(arn))
            return "gone" if task is None else task.status

        await p.until(lambda: status(first.task_arn) == status(second.task_arn) == "DEACTIVATING")
        began = clock.now()
        await store.update(
            TASKS, str(first.task_arn), lambda task: replace(task, is_host_lost=True), "drill"
        )
        await p.until(lambda: status(first.task_arn) == "STOPPED")
        assert clock.now() < began + 2
        assert status(second.task_arn) == "DEACTIVATING"
        await p.ask("DeleteListener", listener_arn=listener)
        assert not list(store.all(LISTENERS))
        await p.until(lambda: status(second.task_arn) == "STOPPED")
        assert clock.now() < began + 5

    balanced(scene)


def test_a_target_that_fails_its_checks_is_unhealthy_and_its_task_is_replaced() -> None:
    async def scene(p: BalancedPlane) -> None:
        arn, group = await p.balance(), await p.target_group()
        await p.listen(arn, group)
        await p.serve(group, count=2)
        await p.until(lambda: p.healths() == ["healthy", "healthy"])
        sick = p.targets()[0]
        p.plane.machine.balancer.sick.add(sick.id)
        await p.until(lambda: "unhealthy" in p.healths())
        await p.until(lambda: sick.task_arn not in p.running())
        await p.until(lambda: p.healths() == ["healthy", "healthy"] and len(p.running()) == 2)

    balanced(scene)
