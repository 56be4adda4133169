"""The demo, as the README's reader runs it, in this environment."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.root
DEMO = Path(__file__).parents[2] / "script" / "demo.py"


def test_the_demo_tells_a_tasks_whole_life_and_leaves_nothing_behind() -> None:
    demo = subprocess.run(
        [sys.executable, DEMO, "--aside"],
        capture_output=True,
        text=True,
        timeout=280,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin:/sbin"},
    )
    assert demo.returncode == 0, demo.stdout + demo.stderr
    for shown in (
        "Served by a Fargate task on this machine",
        "sidecar: read",
        '"stoppedReason": "the demo is over"',
        "no process, mount, namespace, cgroup, interface or file is left",
    ):
        assert shown in demo.stdout
    assert "\x1b[" not in demo.stdout
    home = re.search(r"/var/tmp/hostless-demo-[^/ ]+", demo.stdout)
    assert home is not None
    assert not Path(home[0]).exists()
