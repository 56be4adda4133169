"""What the README's section "Use" shows works, command by command, as it stands there."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.support.engine import PROGRAM, RunningEngine
from tests.support.waiters import quick_waiters

pytestmark = pytest.mark.root
README = Path(__file__).parents[2] / "README.md"
STATE_DIR, LISTEN = "/var/lib/hostless", "127.0.0.1:4566"
IMAGE = "public.ecr.aws/docker/library/busybox:latest"


def blocks() -> list[str]:
    section = README.read_text().partition("\n## Use\n")[2].partition("\n## ")[0]
    return re.findall(r"^```console\n(.*?)^```", section, re.MULTILINE | re.DOTALL)


def here(block: str, engine: RunningEngine, image: str) -> str:
    """The commands as they are to be typed on this machine."""
    for shown, meant in (
        ("sudo ", ""),
        (STATE_DIR, str(engine.state_dir)),
        (LISTEN, engine.endpoint.removeprefix("http://")),
        (IMAGE, image),
        (".venv/bin", str(PROGRAM.parent)),
    ):
        block = block.replace(shown, meant)
    return block


def typed(commands: str, **environment: str) -> str:
    """What a shell prints that runs them one after the other, all with success."""
    shell = shutil.which("bash")
    assert shell is not None
    clean = {name: value for name, value in os.environ.items() if "AWS" not in name}
    with quick_waiters() as data:
        done = subprocess.run(
            [shell, "-e", "-c", commands],
            capture_output=True,
            text=True,
            timeout=280,
            env={**clean, **environment, "AWS_DATA_PATH": data},
        )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_an_engine_is_used_as_the_readme_says(own_engine: RunningEngine, image: str) -> None:
    starting, using, serving = blocks()
    assert starting == f"sudo .venv/bin/hostless up --state-dir {STATE_DIR} --listen {LISTEN}\n"
    own_engine.start("--healthy-after", "0.5")
    printed = typed(here(using, own_engine, image))
    assert '"clusterName": "default"' in printed
    assert re.search(r"^[0-9a-f]{32}$", printed, re.MULTILINE)
    printed = typed(here(serving, own_engine, image), **own_engine.environment)
    assert "web runs web:1, 2/2 tasks" in printed
    assert "web runs web:2, 2/2 tasks" in printed
    assert "has reached a steady state" in printed
    assert "web  0/0 running" in printed
