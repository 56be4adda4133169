"""What docs/metadata.md shows works, command by command, as it stands there."""

import json
import re
from pathlib import Path

import pytest
from tests.e2e.test_readme import IMAGE, typed
from tests.support.engine import PROGRAM, RunningEngine

pytestmark = pytest.mark.root
DOCUMENT = Path(__file__).parents[2] / "docs" / "metadata.md"
BLOCK = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)


def test_a_task_is_told_about_itself_as_the_document_says(
    own_engine: RunningEngine, image: str
) -> None:
    (asking,) = BLOCK.findall(DOCUMENT.read_text())
    own_engine.start()
    environment = {
        **own_engine.environment,
        "PATH": f"{PROGRAM.parent}:/usr/sbin:/usr/bin:/sbin:/bin",
    }
    task, end = json.JSONDecoder().raw_decode(
        said := typed(asking.replace(IMAGE, image), **environment)
    )
    stats = json.loads(said[end:])
    (container,) = task["Containers"]
    assert container["Name"] == stats["name"] == "box"
    assert container["DockerId"] == stats["id"]
