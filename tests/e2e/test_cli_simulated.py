"""The command line against an engine with simulated containers: no root, no namespaces."""

import json
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path

import pytest
from tests.support.certificates import Signed
from tests.support.engine import RunningEngine
from tests.support.express import configuration, express_members

from hostless.cli.outcome import DROPPED


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEngine]:
    state_dir = tmp_path_factory.mktemp("simulated") / "state"
    engine = RunningEngine(state_dir, "--backend", "simulated")
    engine.start()
    try:
        yield engine
    finally:
        engine.purge()
        assert not state_dir.exists()


def test_a_task_is_run_listed_described_and_stopped(engine: RunningEngine) -> None:
    task = engine.cli("run", "any/image:1", "--cpu", "1", "--memory", "3g").stdout.strip()
    [shown] = json.loads(engine.cli("ps", "--json").stdout)
    assert (shown["cpu"], shown["memory"], shown["lastStatus"]) == ("1024", "3072", "RUNNING")
    assert "all containers run" in engine.cli("describe", task[:8]).stdout
    assert engine.cli("stop", task[:8]).stdout.startswith(f"{task[:8]}  STOPPED")
    assert engine.cli("ps", "-q").stdout == ""
    assert task in engine.cli("ps", "-q", "--all").stdout


def test_a_packet_is_explained_by_the_books_where_none_are_carried(engine: RunningEngine) -> None:
    task = engine.cli("run", "any/image:1").stdout.strip()
    told = engine.cli("network", "explain", "host", task[:8], "80").stdout
    assert "no packets here, by the fabric's own books: passes" in told
    public = engine.cli("network", "explain", "internet", task, "80", check=False)
    assert (public.returncode, "is DROPPED" in public.stdout) == (DROPPED, True)
    assert "public" in engine.cli("network").stdout
    assert engine.cli("network", "rules").stdout == "No rules: nothing carries packets here.\n"
    engine.cli("stop", task[:8])


def test_certificates_are_imported_from_files_and_replaced(
    engine: RunningEngine, tmp_path: Path
) -> None:
    authority = Signed("an authority")
    files = [tmp_path / name for name in ("certificate.pem", "key.pem", "chain.pem")]

    def written(signed: Signed) -> list[Path]:
        for file, text in zip(files, (signed.pem, signed.key_pem(), authority.pem), strict=True):
            file.write_bytes(text)
        return files

    certificate, key, chain = written(Signed("one.example", by=authority))
    arn = engine.cli("certificate", certificate, key, "--chain", chain).stdout.strip()
    acm = engine.client("acm")
    assert acm.get_certificate(CertificateArn=arn)["Certificate"] == certificate.read_text()
    renewed = written(Signed("one.example", by=authority))
    again = engine.cli("certificate", *renewed[:2], "--chain", chain, "--replace", arn)
    assert again.stdout.strip() == arn
    assert acm.get_certificate(CertificateArn=arn)["Certificate"] == certificate.read_text()
    swapped = engine.cli("certificate", chain, key, check=False)
    assert (swapped.returncode, bool(swapped.stderr)) == (1, True)
    listed = acm.list_certificates(Includes={"keyTypes": ["EC_prime256v1"]})
    assert [each["CertificateArn"] for each in listed["CertificateSummaryList"]] == [arn]


def test_an_express_service_has_a_url_until_its_balancer_is_taken_away(
    engine: RunningEngine,
) -> None:
    ecs, elbv2 = engine.client("ecs"), engine.client("elbv2")
    made = ecs.create_express_gateway_service(**express_members())["service"]
    ecs.get_waiter("services_stable").wait(services=["shop"], WaiterConfig={"Delay": 1})
    (path,) = configuration(made)["ingressPaths"]
    name, address = engine.cli("url", "shop").stdout.split()
    assert name == f"https://{path['endpoint']}"
    assert ip_address(address)
    (balancer,) = elbv2.describe_load_balancers()["LoadBalancers"]
    elbv2.delete_load_balancer(LoadBalancerArn=balancer["LoadBalancerArn"])
    gone = engine.cli("url", "shop", check=False)
    assert (gone.returncode, "cannot be reached from this machine" in gone.stderr) == (1, True)
    ecs.delete_express_gateway_service(serviceArn=made["serviceArn"])


def test_a_command_finds_the_engine_by_its_folder(
    engine: RunningEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in engine.environment:
        monkeypatch.delenv(name, raising=False)
    outside = RunningEngine(engine.state_dir)
    assert outside.cli("ps", "--state-dir", engine.state_dir).stdout.startswith("TASK")


def test_keys_of_another_engine_are_refused_with_what_to_do(
    engine: RunningEngine, tmp_path: Path
) -> None:
    stranger = RunningEngine(tmp_path / "other")
    command = ("env", "--state-dir", tmp_path / "other", "--listen", engine.endpoint[7:], "--json")
    stranger.environment = json.loads(stranger.cli(*command).stdout)
    run = stranger.cli("ps", check=False)
    assert run.returncode == 3
    assert 'eval "$(hostless env)"' in run.stderr


def test_a_folder_of_another_region_is_refused_and_stays_as_it_was(tmp_path: Path) -> None:
    engine = RunningEngine(tmp_path / "state", "--backend", "simulated")
    engine.start()
    try:
        task = engine.cli("run", "any/image:1").stdout.strip()
        engine.stop()
        with engine.spawn("--region", "eu-west-1") as refused:
            assert refused.wait(30) == 1
        said = engine.log.read_text()
        assert f"what {engine.state_dir} holds is of region us-east-1, not eu-west-1" in said
        assert "Start it as before, or name another folder with --state-dir." in said
        engine.start()
        assert engine.cli("ps", "-q").stdout.strip() == task
    finally:
        engine.purge()
