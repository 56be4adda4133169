"""End to end: an image becomes a page at a URL by one call of an unmodified client, and goes."""

import http.client
import ssl
import threading
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from tests.e2e.conftest import (
    container_of,
    run_on,
    started_engine,
    stop_everything,
    wait_until,
)
from tests.e2e.test_load_balancers import stable
from tests.support.engine import RunningEngine, wait_for
from tests.support.images import build_busybox_image, push

pytestmark = pytest.mark.root
ROLE = "arn:aws:iam::000000000000:role/express"
SERVE = "exec httpd -f -p 8080 -h /www"
PAGES = ("one", "two", "three")


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEngine]:
    state_dir = tmp_path_factory.mktemp("express") / "state"
    with started_engine(state_dir, "--healthy-after", "0.5") as engine:
        yield engine


@pytest.fixture(scope="module")
def images(registry: str) -> dict[str, str]:
    """Each serves a page with its word, and `/ping`; none takes its time to stop."""
    for word in PAGES:
        files = {"/www/index.html": f"{word}\n".encode(), "/www/ping": b"pong\n"}
        made = build_busybox_image(
            entry_point=("sh", "-c"), command=(SERVE,), files=files, stop_signal="SIGKILL"
        )
        push(registry, f"express-{word}:1", made)
    return {word: f"{registry}/express-{word}:1" for word in PAGES}


class Site:
    """What a client sees at an endpoint that it looks for at an address, trusting one authority."""

    def __init__(self, endpoint: str, address: str, authority: str) -> None:
        self._endpoint = endpoint
        self._address = address
        self._context = ssl.create_default_context(cadata=authority)

    def page(self) -> str:
        """The page, a status, or what went wrong."""
        connection = http.client.HTTPSConnection(self._endpoint, timeout=10)
        connection._create_connection = self._connect  # type: ignore[attr-defined]
        connection._context = self._context  # type: ignore[attr-defined]
        try:
            connection.request("GET", "/")
            answer = connection.getresponse()
            text = answer.read().decode().strip()
            return text if answer.status == 200 else str(answer.status)
        except (OSError, http.client.HTTPException) as error:
            return repr(error)
        finally:
            connection.close()

    def _connect(self, _: Any, timeout: float, source: Any) -> Any:
        return http.client.socket.create_connection(  # type: ignore[attr-defined]
            (self._address, 443), timeout, source
        )


def members(image: str, name: str) -> dict[str, Any]:
    return {
        "serviceName": name,
        "infrastructureRoleArn": ROLE,
        "executionRoleArn": ROLE,
        "primaryContainer": {"image": image, "containerPort": 8080},
    }


def endpoint_of(service: dict[str, Any]) -> str:
    return str(service["activeConfigurations"][0]["ingressPaths"][0]["endpoint"])


def site_of(engine: RunningEngine, service: dict[str, Any]) -> Site:
    """At the place that `hostless url` says, with the engine's own authority."""
    found: list[str] = []

    def is_told() -> bool:
        found[:] = engine.cli("url", service["serviceName"], check=False).stdout.split()
        return len(found) == 2

    wait_for(is_told)
    assert found[0] == f"https://{endpoint_of(service)}"
    (path,) = made_for(engine, service)["ingressPaths"]
    return Site(endpoint_of(service), found[1], authority(engine, path["certificate"]["arn"]))


def authority(engine: RunningEngine, certificate: str) -> str:
    """Whose certificate vouches for this one, in PEM."""
    found = engine.client("acm").get_certificate(CertificateArn=certificate)
    return str(found["CertificateChain"])


def made_for(engine: RunningEngine, service: dict[str, Any]) -> dict[str, Any]:
    """As the service's revision tells it."""
    revision = service["activeConfigurations"][0]["serviceRevisionArn"]
    asked = engine.client("ecs").describe_service_revisions(serviceRevisionArns=[revision])
    return dict(asked["serviceRevisions"][0]["ecsManagedResources"])


def comes_to_show(site: Site, word: str) -> None:
    said: list[str] = []

    def shows() -> bool:
        said.append(site.page())
        return said[-1] == word

    wait_for(shows, seconds=60, what=f"{word}, not {said[-1:]}")


class Visitor(threading.Thread):
    """Asks for the page again and again, and counts what it sees."""

    def __init__(self, site: Site) -> None:
        super().__init__()
        self.seen: Counter[str] = Counter()
        self._site = site
        self._is_over = threading.Event()

    def run(self) -> None:
        while not self._is_over.wait(0.02):
            self.seen[self._site.page()] += 1

    def end(self) -> Counter[str]:
        self._is_over.set()
        self.join()
        return self.seen


def left_behind(engine: RunningEngine) -> dict[str, list[Any]]:
    """What was made for Express services and is still there."""
    elb, ec2, acm = (engine.client(name) for name in ("elbv2", "ec2", "acm"))
    groups = ec2.describe_security_groups()["SecurityGroups"]
    return {
        "balancers": elb.describe_load_balancers()["LoadBalancers"],
        "target groups": elb.describe_target_groups()["TargetGroups"],
        "certificates": acm.list_certificates(Includes={"keyTypes": ["EC_prime256v1"]})[
            "CertificateSummaryList"
        ],
        "security groups": [g["GroupName"] for g in groups if g["GroupName"] != "default"],
        "interfaces": ec2.describe_network_interfaces()["NetworkInterfaces"],
    }


def test_an_image_becomes_a_page_at_a_url_rolls_and_goes_without_a_trace(
    engine: RunningEngine, images: dict[str, str]
) -> None:
    ecs = engine.client("ecs")
    shop = ecs.create_express_gateway_service(**members(images["one"], "shop"))["service"]
    assert shop["status"]["statusCode"] == "ACTIVE"
    site = site_of(engine, shop)
    comes_to_show(site, "one")

    news = ecs.create_express_gateway_service(**members(images["three"], "news"))["service"]
    other = site_of(engine, news)
    comes_to_show(other, "three")
    assert len(left_behind(engine)["balancers"]) == 1

    stable(ecs, "shop")
    visitor = Visitor(site)
    visitor.start()
    updated = ecs.update_express_gateway_service(
        serviceArn=shop["serviceArn"], primaryContainer={"image": images["two"]}
    )["service"]
    assert updated["targetConfiguration"]["primaryContainer"]["containerPort"] == 8080
    comes_to_show(site, "two")
    stable(ecs, "shop")
    seen = visitor.end()
    assert set(seen) <= {"one", "two"}, seen
    assert seen["two"]

    described = ecs.describe_express_gateway_service(serviceArn=shop["serviceArn"])["service"]
    (now,) = described["activeConfigurations"]
    assert now["primaryContainer"]["image"] == images["two"]
    assert "shop" in engine.cli("services").stdout

    ecs.delete_express_gateway_service(serviceArn=shop["serviceArn"])
    gone = ecs.get_waiter("services_inactive")
    gone.wait(services=["shop"], WaiterConfig={"Delay": 1})
    wait_for(lambda: len(left_behind(engine)["target groups"]) == 1)
    assert other.page() == "three"
    assert site.page() != "two"
    ecs.delete_express_gateway_service(serviceArn=news["serviceArn"])
    try:
        wait_for(lambda: not any(left_behind(engine).values()), seconds=60)
    except AssertionError as failure:
        raise AssertionError(f"left: {left_behind(engine)}") from failure
    wait_for(lambda: not engine.traces(), what=f"no traces: {engine.traces()}")


def test_a_gateway_leads_to_a_service_of_its_cluster_as_long_as_that_wants_it(
    engine: RunningEngine, images: dict[str, str], image: str
) -> None:
    ecs = engine.client("ecs")
    ecs.create_gateway(
        name="front",
        infrastructureRoleArn=ROLE,
        configuration={"hostSharedAlb": {}},
        deletionProtection=False,
    )
    ecs.associate_gateway_with_cluster(gateway="front", cluster="default")
    port = {"containerPort": 8080, "name": "web"}
    ecs.register_task_definition(
        family="plain",
        requiresCompatibilities=["FARGATE"],
        networkMode="awsvpc",
        cpu="256",
        memory="512",
        containerDefinitions=[{"name": "app", "image": images["one"], "portMappings": [port]}],
    )
    ecs.create_service(
        serviceName="plain",
        taskDefinition="plain",
        desiredCount=1,
        launchType="FARGATE",
        gatewayConnectors=[{"portName": "web", "deregistrationDelay": {"timeoutSeconds": 1}}],
        networkConfiguration={"awsvpcConfiguration": {"subnets": engine.subnets()}},
    )
    (listed,) = ecs.list_gateway_routes(gateway="front")["gatewayRoutes"]
    shown = ecs.describe_gateway_route(gatewayRouteArn=listed["gatewayRouteArn"])["gatewayRoute"]
    (made,) = shown["resources"]["hostSharedAlb"]
    told: list[str] = []

    def is_told() -> bool:
        told[:] = engine.cli("url", "plain", check=False).stdout.split()
        return len(told) == 2

    wait_for(is_told)
    assert told[0] == shown["serviceUrl"]
    name = told[0].removeprefix("https://")
    comes_to_show(Site(name, told[1], authority(engine, made["acmCertificateArn"])), "one")
    assert ecs.list_gateway_routes(status=["ACTIVE"])["gatewayRoutes"]

    looks_up = f"nslookup {name} | grep -q {told[1]} && echo found"
    asking = run_on(engine, image, {"entryPoint": ["sh", "-c"], "command": [looks_up]})
    ended = wait_until(engine, asking["taskArn"], "STOPPED")
    assert container_of(ended, "c0")["exitCode"] == 0

    ecs.update_service(service="plain", gatewayConnectors=[])
    ecs.disassociate_gateway_from_cluster(gateway="front", cluster="default")
    wait_for(lambda: not ecs.list_gateway_cluster_associations()["gatewayClusterAssociations"], 90)
    assert not any(left_behind(engine)[kind] for kind in ("balancers", "target groups"))
    ecs.delete_gateway(gateway="front")
    ecs.delete_service(service="plain", force=True)
    stop_everything(engine)
    wait_for(lambda: not any(left_behind(engine).values()), seconds=60)
    wait_for(lambda: not engine.traces(), what=f"no traces: {engine.traces()}")
