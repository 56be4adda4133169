"""What docs/service-connect.md shows works, command by command, as it stands there."""

import re
from pathlib import Path

import pytest
from tests.e2e.test_readme import IMAGE, typed
from tests.support.calling import GET
from tests.support.engine import PROGRAM, RunningEngine, wait_for

pytestmark = pytest.mark.root
DOCUMENT = Path(__file__).parents[2] / "docs" / "service-connect.md"
BLOCK = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
ASKED = "wget -qO- http://api/hostname"


def test_two_services_are_connected_as_their_document_says(
    own_engine: RunningEngine, image: str
) -> None:
    """A static busybox, which tests have, finds no names by itself: it is asked in another way."""
    (building,) = BLOCK.findall(DOCUMENT.read_text())
    assert ASKED in building
    asks = (GET + "get api").replace("\\", "\\\\").replace('"', '\\"').replace("'", "'\\''")
    own_engine.start("--healthy-after", "0.5")
    environment = {
        **own_engine.environment,
        "PATH": f"{PROGRAM.parent}:/usr/sbin:/usr/bin:/sbin:/bin",
    }
    commands = (
        building.replace(IMAGE, image).replace(ASKED, asks).replace("GET / ", "GET /hostname ")
    )
    printed = typed(commands, **environment)
    assert {"service/default/api", "service/default/client"} <= set(
        re.findall(r"service/default/\w+", printed)
    )
    assert printed.count('"AWS_INSTANCE_PORT": "8080"') == 2
    assert len(re.findall(r"\b(?:api|client):1\b.*RUNNING", printed)) == 3
    good = "HTTPCode_Target_2XX_Count"
    wait_for(lambda: good in own_engine.cli("metrics", good, "--json").stdout, what="an answer")
