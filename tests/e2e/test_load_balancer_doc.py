"""What docs/load-balancers.md shows works, command by command, as it stands there."""

import re
from pathlib import Path

import pytest
from tests.e2e.test_readme import IMAGE, typed
from tests.support.engine import PROGRAM, RunningEngine

pytestmark = pytest.mark.root
DOCUMENT = Path(__file__).parents[2] / "docs" / "load-balancers.md"
BLOCK = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)


def test_a_load_balancer_is_built_as_its_document_says(
    own_engine: RunningEngine, image: str
) -> None:
    blocks = BLOCK.findall(DOCUMENT.read_text())
    assert len(blocks) == 2
    building = "".join(blocks).replace("/var/lib/hostless", str(own_engine.state_dir))
    own_engine.start("--healthy-after", "0.5")
    environment = {
        **own_engine.environment,
        "PATH": f"{PROGRAM.parent}:/usr/sbin:/usr/bin:/sbin:/bin",
    }
    printed = typed(building.replace(IMAGE, image), **environment)
    assert re.search(r"^http://198\.1[89]\.[\d.]+$", printed, re.MULTILINE)
    assert '"State": "healthy"' in printed
    assert "Enable AccessLog for ELB: front at " in printed
