"""`kill -9` of the engine at random instants under load: no task lost or doubled, nothing leaked.

The load: tasks run and stopped by a client all the time, tasks that end by themselves, a service,
and one behind a load balancer. Prints its proof and ends with 1 when anything is wrong. As root.

usage: python -m bench.survival [--kills 200] [--seed N] [--isolation container|gvisor]
"""

import argparse
import random
import sys
import time
import urllib.request
from collections import Counter
from pathlib import Path
from typing import Any

from tests.support.engine import PATIENTLY, RunningEngine, wait_for
from tests.support.survival import (
    BRIEF,
    LOGS,
    SERVED,
    STEADY,
    Load,
    all_tasks,
    began,
    doubled,
    kill_at_random,
    lost,
    register,
    settled,
    shared_addresses,
)

from bench.hosted import workplace

DESIRED = {"steady": 4, "served": 2}
SHOWN = 5
EVERY = 20


def main() -> int:
    wanted = _wanted()
    seed = wanted.seed if wanted.seed is not None else random.randrange(1_000_000)
    print(f"seed {seed}", flush=True)
    flags = ["--over-commit", "1000"]
    flags += ["--isolation", wanted.isolation] if wanted.isolation else []
    with workplace() as (folder, registry):
        engine = RunningEngine(folder / "state", *flags)
        engine.start()
        try:
            found = survive(engine, f"{registry}/busybox:1", wanted.kills, seed)
        except BaseException:
            print(engine.log.read_text()[-5000:], file=sys.stderr)
            raise
        finally:
            engine.purge()
        found["left by the purge"] = [f"{k}: {v}" for k, v in engine.remains().items()]
    return told(found)


def _wanted() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--isolation", choices=["container", "gvisor"])
    return parser.parse_args()


def survive(engine: RunningEngine, image: str, kills: int, seed: int) -> dict[str, list[str]]:
    """Everything that is wrong, by its kind."""
    engine.client("ecs").create_cluster()
    engine.client("logs").create_log_group(logGroupName=LOGS)
    steady, brief, served = (
        register(engine, image, family, script)
        for family, script in (("steady", STEADY), ("brief", BRIEF), ("served", SERVED))
    )
    url = services(engine, steady, served)
    load = Load(engine, steady, brief, seed)
    load.start()
    started = time.monotonic()
    kill_at_random(engine, kills, random.Random(seed), lambda n: _say(n, kills, load))
    load.is_over.set()
    load.join(60)
    took = time.monotonic() - started
    print(f"{kills} kills in {took:.0f} s, {len(load.told.run)} tasks were answered to be run")
    tasks = settled(engine, brief)
    found = {"lost": lost(load.told, tasks, brief), "services": troubles_of(engine, url)}
    running = {arn: task for arn, task in tasks.items() if task["lastStatus"] == "RUNNING"}
    found["doubled"] = shared_addresses(running)
    stop_everything(engine)
    tasks = tasks | all_tasks(engine)
    counts = began(engine)
    found["doubled"] += doubled(tasks, counts)
    states = Counter(str(task.get("stopCode", "RUNNING")) for task in tasks.values())
    print(f"{len(tasks)} tasks in all, {sum(counts.values())} began; {dict(states)}")
    for task in tasks.values():
        if task.get("stopCode") == "TaskFailedToStart":
            print(f"not started: {task['stoppedReason']}")
    found["leaked"] = leaks(engine)
    return found


def services(engine: RunningEngine, steady: str, served: str) -> str:
    """A service, and one behind a load balancer; where that is reached."""
    elb, ecs, ec2 = (engine.client(name) for name in ("elbv2", "ecs", "ec2"))
    (vpc,) = ec2.describe_vpcs()["Vpcs"]
    (security_group,) = ec2.describe_security_groups()["SecurityGroups"]
    ec2.authorize_security_group_ingress(
        GroupId=security_group["GroupId"],
        IpPermissions=[
            {
                "IpProtocol": "tcp",
                "FromPort": 80,
                "ToPort": 80,
                "IpRanges": [{"CidrIp": "0.0.0.0/0"}],
            }
        ],
    )
    place = {"awsvpcConfiguration": {"subnets": engine.subnets()}}
    made = elb.create_load_balancer(Name="lb", Subnets=engine.subnets()[:2])["LoadBalancers"][0]
    group = elb.create_target_group(
        Name="tg",
        Protocol="HTTP",
        Port=8080,
        VpcId=vpc["VpcId"],
        TargetType="ip",
        HealthCheckIntervalSeconds=5,
        HealthCheckTimeoutSeconds=2,
    )["TargetGroups"][0]["TargetGroupArn"]
    elb.create_listener(
        LoadBalancerArn=made["LoadBalancerArn"],
        Protocol="HTTP",
        Port=80,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": group}],
    )
    for name, definition in (("steady", steady), ("served", served)):
        behind = {"targetGroupArn": group, "containerName": "c0", "containerPort": 8080}
        ecs.create_service(
            serviceName=name,
            taskDefinition=definition,
            desiredCount=DESIRED[name],
            launchType="FARGATE",
            networkConfiguration=place,
            loadBalancers=[behind] if name == "served" else [],
        )
    arns = [made["LoadBalancerArn"]]
    elb.get_waiter("load_balancer_available").wait(LoadBalancerArns=arns, WaiterConfig=PATIENTLY)
    found = ec2.describe_network_interfaces()["NetworkInterfaces"]
    node = next(each for each in found if each["Description"].startswith("ELB "))
    return f"http://{node['Association']['PublicIp']}/"


def troubles_of(engine: RunningEngine, url: str) -> list[str]:
    """Services that do not become what they should be, or do not answer."""
    ecs = engine.client("ecs")

    def wrong() -> list[str]:
        shown = ecs.describe_services(services=list(DESIRED))["services"]
        return [
            f"{each['serviceName']}: {each['runningCount']} run, {each['pendingCount']} pend"
            for each in shown
            if (each["runningCount"], each["pendingCount"]) != (DESIRED[each["serviceName"]], 0)
        ]

    try:
        wait_for(lambda: not wrong(), 300, "services as they should be")
        wait_for(lambda: _page(url) == "ok", 120, "an answer of the load balancer")
    except AssertionError as error:
        return [*wrong(), str(error)]
    return []


def _page(url: str) -> str:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return str(answer.read().decode().strip())
    except OSError as error:
        return str(error)


def stop_everything(engine: RunningEngine) -> None:
    ecs, elb = engine.client("ecs"), engine.client("elbv2")
    for name in DESIRED:
        ecs.delete_service(service=name, force=True)
    for made in elb.describe_load_balancers()["LoadBalancers"]:
        elb.delete_load_balancer(LoadBalancerArn=made["LoadBalancerArn"])

    def nothing_runs() -> bool:
        alive = [
            arn
            for arn, task in all_tasks(engine).items()
            if task["desiredStatus"] == "RUNNING" and not _stop(ecs, arn)
        ]
        return not alive

    wait_for(nothing_runs, 300, "no task that is to run")
    settled(engine)


def _stop(ecs: Any, arn: str) -> bool:
    ecs.stop_task(task=arn, reason="it is over")
    return False


def leaks(engine: RunningEngine) -> list[str]:
    """What no task and no balancer holds any more, and is there."""
    try:
        wait_for(lambda: not engine.traces(), 120, "no traces")
    except AssertionError:
        return [f"{kind}: {things}" for kind, things in engine.traces().items()]
    halves = [str(path) for path in (Path(engine.state_dir) / "images/partial").iterdir()]
    return [f"half an image: {each}" for each in halves]


def _say(kills: int, of: int, load: Load) -> None:
    if kills % EVERY < 2:
        told = load.told
        print(
            f"  {kills} of {of} kills, {len(told.run)} run, {len(told.stopped)} stopped", flush=True
        )


def told(found: dict[str, list[str]]) -> int:
    for kind, troubles in found.items():
        print(f"{kind}: {len(troubles)}")
        for trouble in troubles[:SHOWN]:
            print(f"    {trouble}")
    return 1 if any(found.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
