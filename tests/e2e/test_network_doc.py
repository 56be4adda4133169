"""What docs/network.md shows works, command by command, as it stands there."""

import re
from pathlib import Path

import pytest
from tests.e2e.test_readme import IMAGE, typed
from tests.support.engine import PROGRAM, RunningEngine

pytestmark = pytest.mark.root
DOCUMENT = Path(__file__).parents[2] / "docs" / "network.md"
BLOCK = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)


def test_the_network_is_looked_at_and_built_as_its_document_says(
    own_engine: RunningEngine, image: str
) -> None:
    looking, building, filtering = BLOCK.findall(DOCUMENT.read_text())
    own_engine.start("--healthy-after", "0.5")
    environment = {
        **own_engine.environment,
        "PATH": f"{PROGRAM.parent}:/usr/sbin:/usr/bin:/sbin:/bin",
    }
    printed = typed(looking.replace(IMAGE, image), **environment)
    assert re.search(r"^tcp port 8080 from host \(.*\) to task .* passes$", printed, re.MULTILINE)
    assert re.search(r"^tcp port 443 from task .* to internet .* passes$", printed, re.MULTILINE)
    assert "table inet vpc" in printed
    printed = typed(building, **environment)
    assert re.search(r"gateway  nat-\w+ sends it on under 198\.1[89]\.", printed)
    assert "on this machine: passes" in printed
    printed = typed(filtering, **environment)
    assert re.search(r"\(tcp 8080 from sg-\w+\) lets tcp port 8080 in from", printed)
    assert "DISAGREE" not in printed
