"""What docs/express-services.md shows works, command by command, as it stands there."""

import re
from pathlib import Path

import pytest
from tests.e2e.test_load_balancer_doc import BLOCK
from tests.e2e.test_readme import IMAGE, typed
from tests.support.engine import PROGRAM, RunningEngine

pytestmark = pytest.mark.root
DOCUMENT = Path(__file__).parents[2] / "docs" / "express-services.md"


def test_an_express_service_is_made_reached_and_deleted_as_its_document_says(
    own_engine: RunningEngine, image: str, tmp_path: Path
) -> None:
    (living,) = BLOCK.findall(DOCUMENT.read_text())
    own_engine.start("--healthy-after", "0.5")
    environment = {
        **own_engine.environment,
        "PATH": f"{PROGRAM.parent}:/usr/sbin:/usr/bin:/sbin:/bin",
    }
    commands = living.replace(IMAGE, image).replace("authority.pem", str(tmp_path / "authority"))
    printed = typed(commands, **environment)
    assert re.search(
        r"^https://sh-\w{32}\.ecs\.us-east-1\.on\.aws 198\.1[89]\.[\d.]+$", printed, re.MULTILINE
    )
    assert re.search(r"^ip-10-[-\d]+\.ec2\.internal$", printed, re.MULTILINE)
    assert '"statusCode": "DRAINING"' in printed
