"""End to end: two engines on one machine know nothing of each other."""

from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.e2e.conftest import LOGS, Runner, address_of, page_of, run_on, wait_until
from tests.support.engine import RunningEngine, wait_for

pytestmark = pytest.mark.root

SERVE = "mkdir -p /tmp/www && echo $NAME > /tmp/www/index.html && exec httpd -f -p 8080 -h /tmp/www"


def server(name: str) -> dict[str, Any]:
    return {
        "entryPoint": ["sh", "-c"],
        "command": [SERVE],
        "environment": [{"name": "NAME", "value": name}],
    }


def word_of(task: dict[str, Any]) -> str:
    page: bytes = wait_for(lambda: page_of(address_of(task)), what="the page")
    return page.decode().strip()


def test_two_engines_run_tasks_beside_each_other_and_one_goes_without_the_other(
    engine: RunningEngine, run: Runner, own_engine: RunningEngine, image: str
) -> None:
    own_engine.start()
    own_engine.client("ecs").create_cluster()
    own_engine.client("logs").create_log_group(logGroupName=LOGS)
    ours = wait_until(engine, run(server("ours"))["taskArn"], "RUNNING")
    theirs = run_on(own_engine, image, server("theirs"))
    theirs = wait_until(own_engine, theirs["taskArn"], "RUNNING")
    assert (word_of(ours), word_of(theirs)) == ("ours", "theirs")
    assert own_engine.client("ecs").list_tasks()["taskArns"] == [theirs["taskArn"]]
    stranger = RunningEngine(own_engine.state_dir)
    stranger.port, stranger.environment = own_engine.port, engine.environment
    with pytest.raises(ClientError, match="The security token included in the request is invalid"):
        stranger.client("ecs").list_tasks()
    own_engine.purge()
    assert not own_engine.traces()
    assert word_of(ours) == "ours"
    again = wait_until(engine, run(server("again"))["taskArn"], "RUNNING")
    assert word_of(again) == "again"
