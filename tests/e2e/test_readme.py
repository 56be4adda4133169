"""What the README's section "Use" shows works, command by command, as it stands there."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.support.engine import PROGRAM, RunningEngine

pytestmark = pytest.mark.root
README = Path(__file__).parents[2] / "README.md"
STATE_DIR, LISTEN = "/var/lib/hostless", "127.0.0.1:4566"
IMAGE = "public.ecr.aws/docker/library/busybox:latest"


def blocks() -> list[str]:
    section = README.read_text().partition("\n## Use\n")[2].partition("\n## ")[0]
    return re.findall(r"^```console\n(.*?)^```", section, re.MULTILINE | re.DOTALL)


def test_an_engine_is_used_as_the_readme_says(own_engine: RunningEngine, image: str) -> None:
    starting, using = blocks()
    assert starting == f"sudo .venv/bin/hostless up --state-dir {STATE_DIR} --listen {LISTEN}\n"
    own_engine.start()
    for shown, here in (
        ("sudo ", ""),
        (STATE_DIR, str(own_engine.state_dir)),
        (LISTEN, own_engine.endpoint.removeprefix("http://")),
        (IMAGE, image),
        (".venv/bin", str(PROGRAM.parent)),
    ):
        assert shown in using
        using = using.replace(shown, here)
    environment = {name: value for name, value in os.environ.items() if "AWS" not in name}
    shell = shutil.which("bash")
    assert shell is not None
    done = subprocess.run(
        [shell, "-e", "-c", using], capture_output=True, text=True, timeout=60, env=environment
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert '"clusterName": "default"' in done.stdout
    assert re.search(r"^[0-9a-f]{32}$", done.stdout, re.MULTILINE)
