"""Requests a second, next to moto's server, on the simulated backend: DescribeTasks of 100 tasks
and RunTask. (moto answers 500 to a RunTask on Fargate unless it names a security group and the
container has a memory limit; hostless gets the smaller request.)

The load is `wrk` replaying one signed request over 8 connections; hostless verifies each signature
and makes each RunTask durable, moto does neither. Both serve from one process.

usage: python -m bench.api [SECONDS]      (moto in .venv-bench, see bench/README.md)
"""

import contextlib
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from tests.support.engine import RunningEngine, free_port

from bench.hosted import Hosted

MOTO = Path(os.environ.get("MOTO_SERVER", ".venv-bench/bin/moto_server"))
TARGET = "AmazonEC2ContainerServiceV20141113"
CONNECTIONS = 8
SIMULATED = ("--backend", "simulated", "--over-commit", "1000", "--vpc-cidr", "172.31.0.0/16")


def signed(endpoint: str, operation: str, body: dict[str, Any], keys: Credentials) -> AWSRequest:
    request = AWSRequest(
        method="POST",
        url=f"{endpoint}/",
        data=json.dumps(body),
        headers={
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Target": f"{TARGET}.{operation}",
        },
    )
    SigV4Auth(keys, "ecs", "us-east-1").add_auth(request)
    return request


def rate(request: AWSRequest, seconds: int, folder: Path) -> float:
    """Good answers a second; raises when one was not good."""
    sent = urllib.request.Request(
        request.url, request.body, dict(request.headers.items()), method="POST"
    )
    with urllib.request.urlopen(sent) as answer:
        assert answer.status == 200
    headers = "".join(
        f"wrk.headers[{json.dumps(k)}] = {json.dumps(v)}\n" for k, v in request.headers.items()
    )
    script = folder / "request.lua"
    body = json.dumps(request.body.decode())
    script.write_text(f'wrk.method = "POST"\nwrk.body = {body}\n{headers}')
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", str(script), request.url]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "Non-2xx" not in said, said
    found = re.search(r"Requests/sec:\s+([\d.]+)", said)
    assert found, said
    return float(found[1])


def measure(ecs: Any, endpoint: str, keys: Credentials, run: dict[str, Any], seconds: int):
    arns: list[str] = []
    while len(arns) < 100:
        arns += [task["taskArn"] for task in ecs.run_task(**run, count=10)["tasks"]]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        describe = signed(endpoint, "DescribeTasks", {"tasks": arns[:100]}, keys)
        start = signed(endpoint, "RunTask", run, keys)
        return rate(describe, seconds, folder), rate(start, seconds, folder)


@contextlib.contextmanager
def moto() -> Iterator[str]:
    port = free_port()
    process = subprocess.Popen(
        [MOTO, "-p", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    endpoint = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 30
        while True:
            try:
                urllib.request.urlopen(f"{endpoint}/moto-api/").close()
                break
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
        yield endpoint
    finally:
        process.terminate()
        process.wait(10)


def of_moto(seconds: int) -> tuple[float, float]:
    keys = Credentials("testing", "testing")
    with moto() as endpoint:

        def client(service: str) -> Any:
            return boto3.client(
                service,  # type: ignore[call-overload]
                endpoint_url=endpoint,
                region_name="us-east-1",
                aws_access_key_id="testing",
                aws_secret_access_key="testing",
            )

        ecs = client("ecs")
        ecs.create_cluster(clusterName="default")
        definition = ecs.register_task_definition(
            family="bench",
            requiresCompatibilities=["FARGATE"],
            networkMode="awsvpc",
            cpu="256",
            memory="512",
            containerDefinitions=[{"name": "c", "image": "busybox", "memory": 256}],
        )["taskDefinition"]["taskDefinitionArn"]
        subnets = [s["SubnetId"] for s in client("ec2").describe_subnets()["Subnets"]][:1]
        groups = [g["GroupId"] for g in client("ec2").describe_security_groups()["SecurityGroups"]]
        network = {"awsvpcConfiguration": {"subnets": subnets, "securityGroups": groups[:1]}}
        run = {
            "cluster": "default",
            "taskDefinition": definition,
            "launchType": "FARGATE",
            "networkConfiguration": network,
        }
        return measure(ecs, endpoint, keys, run, seconds)


def of_hostless(seconds: int) -> tuple[float, float]:
    with tempfile.TemporaryDirectory(dir="/var/tmp", prefix="hostless-bench-") as name:
        engine = RunningEngine(Path(name) / "state", *SIMULATED)
        engine.start()
        try:
            bench = Hosted(engine, "busybox")
            keys = Credentials(
                engine.environment["AWS_ACCESS_KEY_ID"], engine.environment["AWS_SECRET_ACCESS_KEY"]
            )
            run = {
                "taskDefinition": bench.definition,
                "launchType": "FARGATE",
                "networkConfiguration": bench.network,
            }
            return measure(bench.ecs, engine.endpoint, keys, run, seconds)
        finally:
            engine.kill()
            engine.purge()


def main(seconds: int) -> None:
    theirs = of_moto(seconds)
    ours = of_hostless(seconds)
    for name, own, other in zip(("DescribeTasks(100)", "RunTask"), ours, theirs, strict=True):
        print(f"{name}: hostless {own:.0f}/s, moto {other:.0f}/s: {own / other:.1f} times (goal 5)")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
