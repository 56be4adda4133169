"""End to end: what programs in real tasks find when they look names up, in containers and gVisor.

`dig` asks the resolver itself; `getent ahostsv4` asks as programs do, by getaddrinfo(3).
"""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from tests.e2e.conftest import address_of, run_on, started_engine, wait_until
from tests.support.engine import RunningEngine, wait_for
from tests.support.images import push
from tests.support.program_images import build_program_image

pytestmark = pytest.mark.root
DIG, GETENT = Path("/usr/bin/dig"), Path("/usr/bin/getent")
IDLE = {"entryPoint": ["sh", "-c"], "command": ["trap 'exit 0' TERM; sleep 1000 & wait $!"]}
WITHOUT_RUNSC = pytest.mark.skipif(shutil.which("runsc") is None, reason="runsc is not installed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbourhood:
    """asker: ARN of the task that has the programs. web: the ECS service's tasks.

    In `app.internal`: `web` are those tasks; `api` has two ports; `alias` is `web`.
    """

    engine: RunningEngine
    asker: dict[str, Any]
    web: list[dict[str, Any]]

    def said(self, *commands: str) -> list[list[str]]:
        """The lines that each command in the asking task writes, sorted."""
        arn = self.asker["taskArn"].rsplit("/", 1)[-1]
        script = "".join(f"{command}; echo ==; " for command in commands)
        output = self.engine.cli("exec", arn, "--", "sh", "-c", script).stdout
        return [sorted(each.splitlines()) for each in output.split("==\n")[:-1]]

    def dug(self, *questions: str) -> list[list[str]]:
        """The answers by UDP, which are those by TCP."""
        by_udp = self.said(*(f"dig +notcp +short {each}" for each in questions))
        assert self.said(*(f"dig +tcp +short {each}" for each in questions)) == by_udp
        return by_udp


@pytest.fixture(scope="module", params=["container", pytest.param("gvisor", marks=WITHOUT_RUNSC)])
def names(
    request: pytest.FixtureRequest, registry: str, image: str, tmp_path_factory: Any
) -> Iterator[Neighbourhood]:
    push(registry, "dig:1", build_program_image(DIG, GETENT))
    state_dir = tmp_path_factory.mktemp("names") / "state"
    with started_engine(state_dir, "--isolation", request.param) as engine:
        asker = run_on(
            engine,
            f"{registry}/dig:1",
            IDLE,
            definition={"taskRoleArn": "arn:aws:iam::000000000000:role/task"},
            enableExecuteCommand=True,
        )
        arns = served(engine, image, furnished(engine))
        web = [wait_until(engine, arn, "RUNNING") for arn in arns]
        asker = wait_until(engine, asker["taskArn"], "RUNNING")
        yield Neighbourhood(engine=engine, asker=asker, web=web)


def furnished(engine: RunningEngine) -> str:
    """The ARN of the registry `web` of a namespace that has an `api` and an `alias`, too."""
    cloud_map, vpc = engine.client("servicediscovery"), engine.client("ec2").describe_vpcs()
    began = cloud_map.create_private_dns_namespace(Name="app.internal", Vpc=vpc["Vpcs"][0]["VpcId"])
    finish(cloud_map, began)
    namespace = cloud_map.list_namespaces()["Namespaces"][0]["Id"]

    def service(name: str, routing: str, *types: str) -> dict[str, str]:
        records = [{"Type": each, "TTL": 15} for each in types]
        config = {"DnsRecords": records, "RoutingPolicy": routing}
        made = cloud_map.create_service(Name=name, NamespaceId=namespace, DnsConfig=config)
        return dict(made["Service"])

    def register(service_id: str, instance: str, **attributes: str) -> None:
        given = {f"AWS_INSTANCE_{name}": value for name, value in attributes.items()}
        finish(
            cloud_map,
            cloud_map.register_instance(
                ServiceId=service_id, InstanceId=instance, Attributes=given
            ),
        )

    api = service("api", "MULTIVALUE", "SRV")["Id"]
    register(api, "one", IPV4="10.1.1.1", PORT="8080")
    register(api, "two", IPV4="10.1.1.2", PORT="8081")
    alias = service("alias", "WEIGHTED", "CNAME")["Id"]
    register(alias, "only", CNAME="web.app.internal")
    return service("web", "MULTIVALUE", "A")["Arn"]


def finish(cloud_map: Any, began: dict[str, Any]) -> None:
    """Wait for an operation's end."""

    def status() -> bool:
        found = cloud_map.get_operation(OperationId=began["OperationId"])["Operation"]
        assert found["Status"] != "FAIL", found
        return bool(found["Status"] == "SUCCESS")

    wait_for(status, what="the operation's end")


def served(engine: RunningEngine, image: str, registry_arn: str) -> list[str]:
    """The ARNs of the two tasks of a service that registers them."""
    ecs = engine.client("ecs")
    ecs.register_task_definition(
        family="web",
        requiresCompatibilities=["FARGATE"],
        networkMode="awsvpc",
        cpu="256",
        memory="512",
        containerDefinitions=[{"name": "web", "image": image, "stopTimeout": 2, **IDLE}],
    )
    ecs.create_service(
        serviceName="web",
        taskDefinition="web",
        desiredCount=2,
        launchType="FARGATE",
        networkConfiguration={
            "awsvpcConfiguration": {"subnets": engine.subnets(), "assignPublicIp": "ENABLED"}
        },
        serviceRegistries=[{"registryArn": registry_arn}],
    )

    def both() -> list[str]:
        arns: list[str] = ecs.list_tasks(serviceName="web")["taskArns"]
        return arns if len(arns) == 2 else []

    return list(wait_for(both, what="two tasks"))


def private_name_of(task: dict[str, Any]) -> str:
    return details_of(task)["privateDnsName"]


def details_of(task: dict[str, Any]) -> dict[str, str]:
    return {each["name"]: each["value"] for each in task["attachments"][0]["details"]}


def wait_until_registered(names: Neighbourhood, *addresses: str) -> None:
    wanted = [sorted(addresses)]
    wait_for(lambda: names.said("dig +short web.app.internal") == wanted, what="registered tasks")


def test_private_names_of_tasks_have_their_addresses_and_back(names: Neighbourhood) -> None:
    for task in (names.asker, names.web[0]):
        name, address = private_name_of(task), address_of(task)
        assert names.dug(name, f"-x {address}") == [[address], [f"{name}."]]


def test_the_public_name_of_a_task_is_its_private_address_in_the_vpc(
    names: Neighbourhood,
) -> None:
    ids = [details_of(names.web[0])["networkInterfaceId"]]
    answer = names.engine.client("ec2").describe_network_interfaces(NetworkInterfaceIds=ids)
    name = answer["NetworkInterfaces"][0]["Association"]["PublicDnsName"]
    assert name.startswith("ec2-")
    assert names.dug(name) == [[address_of(names.web[0])]]


def test_what_is_registered_is_what_dig_finds(names: Neighbourhood) -> None:
    addresses = sorted(map(address_of, names.web))
    wait_until_registered(names, *addresses)
    assert names.dug(
        "web.app.internal",
        "alias.app.internal",
        "alias.app.internal CNAME",
        "api.app.internal SRV",
        "one.api.app.internal",
    ) == [
        addresses,
        sorted([*addresses, "web.app.internal."]),
        ["web.app.internal."],
        ["1 1 8080 one.api.app.internal.", "1 1 8081 two.api.app.internal."],
        ["10.1.1.1"],
    ]


def test_what_is_not_there_is_told_apart_from_a_name_without_such_a_record(
    names: Neighbourhood,
) -> None:
    dig = "dig {} {} | grep -o 'status: [A-Z]*\\|ANSWER: [0-9]'"
    for way in ("+notcp", "+tcp"):
        assert names.said(
            dig.format(way, "nobody.app.internal A"), dig.format(way, "web.app.internal AAAA")
        ) == [["ANSWER: 0", "status: NXDOMAIN"], ["ANSWER: 0", "status: NOERROR"]]


def test_programs_find_what_dig_finds_and_complete_short_names(names: Neighbourhood) -> None:
    own, other = (private_name_of(task) for task in (names.asker, names.web[0]))
    addresses = sorted(map(address_of, names.web))
    wait_until_registered(names, *addresses)
    asked = (own, other, other.partition(".")[0], "web.app.internal", "alias.app.internal")
    said = names.said(*(f"getent ahostsv4 {name}" for name in (*asked, "nobody.app.internal")))
    found = [sorted({line.split()[0] for line in lines}) for lines in said]
    others = [address_of(names.web[0])]
    assert found == [[address_of(names.asker)], others, others, addresses, addresses, []]


def test_a_task_is_registered_while_it_runs_and_discovered_by_a_stock_client(
    names: Neighbourhood, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client is told nothing but what `hostless env` prints."""
    for name, value in names.engine.environment.items():
        monkeypatch.setenv(name, value)
    cloud_map = boto3.session.Session().client("servicediscovery")

    def discovered() -> list[str]:
        answer = cloud_map.discover_instances(NamespaceName="app.internal", ServiceName="web")
        return sorted(each["Attributes"]["AWS_INSTANCE_IPV4"] for each in answer["Instances"])

    both = sorted(map(address_of, names.web))
    wait_for(lambda: discovered() == both, what="both tasks")
    ecs = names.engine.client("ecs")
    ecs.update_service(service="web", desiredCount=1)
    wait_for(lambda: len(discovered()) == 1, what="one task")
    wait_until_registered(names, *discovered())
    ecs.update_service(service="web", desiredCount=2)
    wait_for(lambda: len(discovered()) == 2, what="two tasks again")
    wait_until_registered(names, *discovered())
