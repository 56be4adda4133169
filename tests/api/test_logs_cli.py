"""`aws logs tail` of the AWS CLI, over a real port."""

import asyncio
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.client import TEST_KEY, LoopThread, make_client
from tests.support.logs import NOW_MS, make_application, put

from hostless.gateway.application import Application
from hostless.gateway.server import GatewayServer

AWS = shutil.which("aws", path=f"/usr/bin:{os.environ['PATH']}")
pytestmark = pytest.mark.skipif(AWS is None, reason="needs the AWS CLI")


class Cli:
    """The AWS CLI with nothing set but endpoint and keys."""

    def __init__(self, url: str, home: Path) -> None:
        self._environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "AWS_ENDPOINT_URL": url,
            "AWS_ACCESS_KEY_ID": TEST_KEY.access_key_id,
            "AWS_SECRET_ACCESS_KEY": TEST_KEY.secret_access_key,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_PAGER": "",
            "PYTHONUNBUFFERED": "1",
        }
        self._url = url

    def start(self, *words: str) -> "subprocess.Popen[str]":
        assert AWS is not None
        command = [AWS, "--endpoint-url", self._url, *words]
        return subprocess.Popen(
            command,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *words: str) -> str:
        with self.start(*words) as process:
            out, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors
        return out


@pytest.fixture
def served(tmp_path: Path, portal: LoopThread) -> Iterator[tuple[Cli, object]]:
    application, events = portal.run(make_application(tmp_path / "logs"))
    server, ended = portal.run(serve(application))
    yield Cli(server.url, tmp_path), make_client(application, portal, "logs")
    server.stop()
    portal.run(asyncio.wait_for(ended, 20))
    events.close()


async def serve(application: Application) -> tuple[GatewayServer, "asyncio.Task[None]"]:
    server = GatewayServer(application, "127.0.0.1", 0)
    ended = asyncio.get_running_loop().create_task(server.run())
    await server.serving.wait()
    return server, ended


def test_tail_shows_filters_and_follows(served: tuple[Cli, object]) -> None:
    cli, logs = served
    cli.run("logs", "create-log-group", "--log-group-name", "/ecs/app")
    here = ("--log-group-name", "/ecs/app", "--log-stream-name", "s")
    cli.run("logs", "create-log-stream", *here)
    put(logs, "s", "first", "ERROR second")
    tail = ("logs", "tail", "/ecs/app", "--since", "1h", "--format", "short")
    assert [line.split(" ", 1)[1] for line in cli.run(*tail).splitlines()] == [
        "first",
        "ERROR second",
    ]
    filtered = cli.run(*tail, "--filter-pattern", "ERROR", "--log-stream-names", "s")
    assert filtered.endswith(" ERROR second\n")
    assert filtered.count("\n") == 1
    with cli.start(*tail, "--follow") as following:
        limit = threading.Timer(60, following.kill)
        limit.start()
        assert following.stdout is not None
        seen = [following.stdout.readline() for _ in range(2)]
        put(logs, "s", "third", at=NOW_MS + 10)
        seen.append(following.stdout.readline())
        following.kill()
        limit.cancel()
    assert [line.rstrip("\n").split(" ", 1)[1] for line in seen] == [
        "first",
        "ERROR second",
        "third",
    ]
