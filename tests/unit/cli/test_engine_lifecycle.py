"""`up`, `down` and `env` without a real engine: what they hand over, print and refuse."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from hostless.cli.engine_commands import EngineCannotStart
from hostless.cli.program import program
from hostless.domain.api_limits import AWS_LIMITS
from hostless.domain.settings import Settings
from hostless.store.ownership import EngineRecord, last_owner_of, take

LIMIT_SECONDS = 10.0


class Engine:
    """Remembers what it was asked to do."""

    def __init__(
        self, trouble: EngineCannotStart | None = None, *, has_left_things: bool = False
    ) -> None:
        self.has_left_things = has_left_things
        self.served: list[Settings] = []
        self.purged: list[Settings] = []
        self._trouble = trouble

    def serve(self, settings: Settings) -> None:
        if self._trouble:
            raise self._trouble
        self.served.append(settings)

    def purge(self, settings: Settings) -> None:
        self.purged.append(settings)

    def has_traces(self, settings: Settings) -> bool:
        return self.has_left_things


def call(engine: Engine, *arguments: Any, env: dict[str, str] | None = None) -> Result:
    return CliRunner(env=env).invoke(program(engine), [str(a) for a in arguments])


def announced(state_dir: Path, settings: Settings) -> None:
    """Leave behind what an engine that ran there leaves behind."""
    ownership = take(state_dir)
    ownership.announce(
        EngineRecord(pid=1, started_at=1.0, endpoint=f"http://{settings.listen}", settings=settings)
    )
    ownership.release()


def test_up_hands_every_flag_over(tmp_path: Path) -> None:
    engine = Engine()
    behaviour = tmp_path / "behaviour.toml"
    behaviour.touch()
    result = call(
        engine,
        *("up", "--state-dir", tmp_path / "state", "--listen", "127.0.0.1:4567"),
        *("--backend", "simulated", "--behaviour", behaviour, "--over-commit", "2"),
        *("--account-id", "123456789012", "--region", "eu-central-1", "--stop-tasks"),
        *("--vpc-cidr", "10.7.0.0/16", "--public-cidr", "203.0.113.0/24"),
        *("--healthy-after", "1.5", "--insecure-any-key", "-v"),
        *("--api-limits", "aws"),
    )
    assert result.exit_code == 0, result.output
    [settings] = engine.served
    assert settings.realm.arn("ecs", "x") == "arn:aws:ecs:eu-central-1:123456789012:x"
    assert settings == Settings(
        state_dir=str(tmp_path / "state"),
        listen="127.0.0.1:4567",
        realm=settings.realm,
        backend="simulated",
        over_commit=2.0,
        accepts_any_key=True,
        stops_tasks=True,
        behaviour_file=str(behaviour),
        default_vpc_cidr="10.7.0.0/16",
        public_cidr="203.0.113.0/24",
        healthy_after_seconds=1.5,
        api_limits=AWS_LIMITS,
        is_verbose=True,
    )


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (["--listen", "4566"], "is not host:port"),
        (["--listen", "127.0.0.1:99999"], "is not host:port"),
        (["--account-id", "1234"], "twelve digits"),
        (["--region", "Europe"], "region's name"),
        (["--vpc-cidr", "10.0.0.1/16"], "host bits"),
        (["--vpc-cidr", "10.0.0.0/8"], "between a /16 and a /24"),
        (["--public-cidr", "203.0.113.1/24"], "host bits"),
        (["--public-cidr", "203.0.113.0/27"], "between a /16 and a /26"),
        (["--over-commit", "0"], "0"),
        (["--api-limits", "azure"], "neither none, aws nor a file"),
        (["--behaviour", "no-such-file"], "does not exist"),
        (["--behaviour", __file__], "add --backend simulated"),
        (["--backend", "simulated", "--isolation", "gvisor"], "leave out --backend simulated"),
    ],
)
def test_a_flag_that_cannot_work_is_refused_with_a_sentence(
    flags: list[str], sentence: str
) -> None:
    engine = Engine()
    result = call(engine, "up", *flags)
    assert result.exit_code == 2
    assert sentence in result.output
    assert not engine.served


def test_real_containers_without_root_are_refused_before_anything_starts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    result = call(Engine(), "up")
    assert result.exit_code == 2
    assert "start with sudo" in result.output


def test_an_engine_that_cannot_start_says_why_and_what_to_do(tmp_path: Path) -> None:
    trouble = EngineCannotStart("port 4566 is taken", "Choose another one with --listen.")
    result = call(Engine(trouble), "up", "--state-dir", tmp_path)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr == ("hostless: port 4566 is taken\n  Choose another one with --listen.\n")


def test_env_prints_exports_that_a_shell_understands(tmp_path: Path) -> None:
    state = tmp_path / "state"
    result = call(Engine(), "env", "--state-dir", state, "--listen", "0.0.0.0:4599")
    script = result.stdout + 'echo "$AWS_ENDPOINT_URL $AWS_DEFAULT_REGION $AWS_ACCESS_KEY_ID"'
    shell = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
    keys = json.loads((state / "keys.json").read_text())
    assert shell.stdout.split() == ["http://127.0.0.1:4599", "us-east-1", keys["access_key_id"]]
    assert f"AWS_SECRET_ACCESS_KEY={keys['secret_access_key']}" in result.stdout


def test_env_has_clients_leave_the_host_as_it_is(tmp_path: Path) -> None:
    printed = call(Engine(), "env", "--state-dir", tmp_path, "--json").stdout
    environment = json.loads(printed)
    script = (
        "import boto3; cloud_map = boto3.client('servicediscovery');"
        "cloud_map.meta.events.register('before-sign', lambda request, **_: exit(request.url));"
        "cloud_map.discover_instances(NamespaceName='shop', ServiceName='cart')"
    )
    command = [sys.executable, "-c", script]
    said = subprocess.run(command, env={**os.environ, **environment}, capture_output=True).stderr
    assert said.decode().splitlines()[-1].startswith(environment["AWS_ENDPOINT_URL"])


def test_env_knows_where_the_engine_listens(tmp_path: Path) -> None:
    announced(tmp_path, Settings(state_dir=str(tmp_path), listen="127.0.0.1:4600"))
    result = call(Engine(), "env", "--state-dir", tmp_path, "--json")
    assert json.loads(result.stdout)["AWS_ENDPOINT_URL"] == "http://127.0.0.1:4600"


def test_env_takes_away_a_session_token_of_another_cloud(tmp_path: Path) -> None:
    result = call(Engine(), "env", "--state-dir", tmp_path, env={"AWS_SESSION_TOKEN": "x"})
    assert result.stdout.endswith("unset AWS_SESSION_TOKEN\n")


def test_env_refuses_a_folder_of_somebody_else(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").touch()
    result = call(Engine(), "env", "--state-dir", tmp_path)
    assert result.exit_code == 3
    assert "not hostless's" in result.stderr


def test_down_where_nothing_runs_says_so(tmp_path: Path) -> None:
    result = call(Engine(), "down", "--state-dir", tmp_path)
    assert (result.exit_code, result.stdout) == (0, f"no engine runs on {tmp_path}\n")


def test_down_stops_the_engine_and_waits_for_its_end(tmp_path: Path) -> None:
    script = (
        "import os, pathlib, signal, sys\n"
        "from hostless.domain.settings import Settings\n"
        "from hostless.store.ownership import EngineRecord, take\n"
        "held = take(pathlib.Path(sys.argv[1]))\n"
        "held.announce(EngineRecord(pid=os.getpid(), started_at=1.0, endpoint='http://h:1',\n"
        "    settings=Settings(state_dir=sys.argv[1])))\n"
        "signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})\n"
        "print('held', flush=True); signal.sigwait({signal.SIGTERM}); sys.exit(7)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        result = call(Engine(), "down", "--state-dir", tmp_path)
        assert result.stdout == "engine stopped; its tasks go on running\n"
        assert process.wait(LIMIT_SECONDS) == 7


def test_purge_removes_the_folder_with_the_settings_of_the_engine_that_ran(
    tmp_path: Path,
) -> None:
    state = tmp_path / "state"
    settings = Settings(state_dir=str(state), default_vpc_cidr="10.9.0.0/16")
    announced(state, settings)
    (state / "images").mkdir()
    (state / "images" / "blob").touch()
    engine = Engine()
    result = call(engine, "down", "--purge", "--state-dir", state)
    assert result.exit_code == 0, result.output
    assert engine.purged == [settings]
    assert not state.exists()


def test_purge_of_a_folder_of_somebody_else_removes_nothing(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").touch()
    engine = Engine()
    result = call(engine, "down", "--purge", "--state-dir", tmp_path)
    assert result.exit_code == 1
    assert engine.purged == []
    assert (tmp_path / "thesis.txt").exists()


def test_purge_twice_is_no_error(tmp_path: Path) -> None:
    state = tmp_path / "state"
    announced(state, Settings(state_dir=str(state)))
    for _ in range(2):
        assert call(Engine(), "down", "--purge", "--state-dir", state).exit_code == 0
    assert last_owner_of(state) is None


@pytest.mark.parametrize("has_left_things", [True, False])
def test_purge_of_a_folder_that_is_gone_removes_what_its_engine_left(
    tmp_path: Path, has_left_things: bool
) -> None:
    state = tmp_path / "state"
    engine = Engine(has_left_things=has_left_things)
    assert call(engine, "down", "--purge", "--state-dir", state).exit_code == 0
    assert engine.purged == ([Settings(state_dir=str(state))] if has_left_things else [])
    assert not state.exists()


def test_help_answers_quickly_and_imports_nothing_heavy() -> None:
    script = (
        "import sys; from hostless.cli.program import program\n"
        "try: program(None)(['--help'])\n"
        "except SystemExit: pass\n"
        "assert not {'botocore', 'rich', 'websockets', 'uvicorn'} & set(sys.modules)"
    )
    handler = signal.getsignal(signal.SIGTERM)
    started = time.monotonic()
    subprocess.run(
        [sys.executable, "-c", script],
        check=True,
        stdout=subprocess.DEVNULL,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert time.monotonic() - started < LIMIT_SECONDS
    assert signal.getsignal(signal.SIGTERM) is handler
