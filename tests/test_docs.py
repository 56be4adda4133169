"""What the documents show is true: commands parse, links lead somewhere, references are fresh.

Every line of a fenced `console` block is a command and is checked against the program it names:
hostless's by its own parser, the AWS CLI's by botocore's models, scripts by being there. A program
that no check knows fails the test: teach it here, or choose another command.
"""

import contextlib
import functools
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import cast

import botocore.session
import click
import pytest
from botocore import xform_name

from hostless.cli.engine_commands import EngineCommands
from hostless.cli.program import program

ROOT = Path(__file__).parent.parent
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("bench/**/*.md")])
BLOCK = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)")
NAMED_FILE = re.compile(r"`((?:src|tests|docs|script|bench)/[\w./*-]+|[\w/]+\.(?:py|toml))`")
MADE_UP = re.compile(r"gadgets")
"""The example of the recipes."""
AWS_GLOBAL_OPTIONS = {
    *("--endpoint-url", "--output", "--query", "--region", "--no-cli-pager"),
    *("--cli-input-json", "--profile", "--no-verify-ssl", "--debug"),
}
AWS_CUSTOM = {("logs", "tail"): {"--follow", "--since", "--format", "--filter-pattern"}}
"""Commands of the AWS CLI that are no operations of the API."""
ORDINARY = {"curl", "git", "apt-get", "cat", "cd", "mkdir", "pip", "docker", "jq"}
"""Programs of everybody's, whose flags are not ours to check."""


def console_lines() -> Iterator[tuple[str, str]]:
    """(where, command) for every command shown in a document."""
    for document in DOCUMENTS:
        for block in BLOCK.findall(document.read_text()):
            lines = block.replace("\\\n", " ").splitlines()
            has_prompts = any(line.startswith(("$ ", "# ")) for line in lines)
            for line in lines:
                command = line[2:] if has_prompts else line
                if line.strip() and (not has_prompts or line.startswith(("$ ", "# "))):
                    yield str(document.relative_to(ROOT)), command.strip()


def words_of(command: str) -> list[str]:
    """Words of one command, without comments, sudo and what may stand around it."""
    inner = re.fullmatch(r'(?:eval "|[A-Z]+=)\$\((.*)\)"?', command.split("  #")[0].strip())
    words = shlex.split(inner[1] if inner else command, comments=True)
    while words and (words[0] == "sudo" or re.fullmatch(r"[A-Z_]+=.*", words[0])):
        words = words[1:]
    return words


def check_hostless(arguments: list[str]) -> None:
    group = program(cast(EngineCommands, None))
    with click.Context(group, info_name="hostless") as parent:
        name, command, rest = group.resolve_command(parent, arguments or ["--help"])
        assert command is not None
        with contextlib.suppress(click.exceptions.Exit):  # --help
            command.make_context(name, list(rest), parent=parent)


@functools.cache
def aws_operations(service: str) -> Mapping[str, frozenset[str]]:
    """Options by command of a service, as the AWS CLI spells them."""
    model = botocore.session.get_session().get_service_model(service)
    found = {}
    for name in model.operation_names:
        shape = model.operation_model(name).input_shape
        members = shape.members if shape else {}
        spelled = {f"--{xform_name(member, '-')}" for member in members}
        found[xform_name(name, "-")] = frozenset(spelled | {f"--no-{s[2:]}" for s in spelled})
    return found


def check_aws(arguments: list[str]) -> None:
    service, command, *rest = arguments
    if command == "wait":
        session = botocore.session.get_session()
        waiters = session.get_waiter_model(service).waiter_names
        names = {xform_name(name, "-"): name for name in waiters}
        assert rest[0] in names, f"{service} has no waiter {rest[0]}"
        return
    given = {word.partition("=")[0] for word in rest if word.startswith("--")}
    if (service, command) in AWS_CUSTOM:
        options = frozenset(AWS_CUSTOM[service, command])
    else:
        assert command in aws_operations(service), f"{service} has no command {command}"
        options = aws_operations(service)[command]
    unknown = given - options - AWS_GLOBAL_OPTIONS
    assert not unknown, f"aws {service} {command} has no {unknown}"


def check_script(path: str) -> None:
    script = ROOT / path
    assert script.is_file(), f"{path} is not there"
    assert script.stat().st_mode & 0o111, f"{path} cannot be executed"


def check_python(arguments: list[str]) -> None:
    scripts = [word for word in arguments if word.endswith(".py")]
    for script in scripts:
        assert (ROOT / script).is_file(), f"{script} is not there"
    modules = [arguments[i + 1] for i, word in enumerate(arguments[:-1]) if word == "-m"]
    for module in modules:
        top = module.partition(".")[0]
        assert top in {"pytest", "bench", "hostless", "pip", "venv", "mypy", "ruff"}, module


CHECKS: Mapping[str, Callable[[list[str]], None]] = {
    "hostless": check_hostless,
    "aws": check_aws,
    "python": check_python,
    "python3": check_python,
}


def check(command: str) -> None:
    words = words_of(command)
    if not words:
        return
    name = words[0].rsplit("/", 1)[-1]
    if words[0].startswith("./"):
        check_script(words[0])
    elif name in CHECKS:
        CHECKS[name](words[1:])
    elif words[0].startswith(".venv/bin/"):
        assert name in {"pytest", "mypy", "ruff", "lint-imports"}, f"no check for {command!r}"
    else:
        assert name in ORDINARY, f"no check for {command!r}: teach tests/test_docs.py"


@pytest.mark.parametrize(("document", "command"), sorted(set(console_lines())))
def test_a_command_that_a_document_shows_can_be_typed(document: str, command: str) -> None:
    check(command)


@pytest.mark.parametrize(
    "command",
    [
        "hostless up --no-such-flag",
        "hostless nothing",
        "aws ecs run-tusk",
        "aws ecs run-task --task-def web",
        "aws ecs wait tasks-dancing",
        "./script/nothing",
        "frobnicate",
    ],
)
def test_a_command_that_cannot_be_typed_is_noticed(command: str) -> None:
    with pytest.raises((AssertionError, click.UsageError)):
        check(command)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_between_documents_lead_somewhere(document: Path) -> None:
    broken = [
        link for link in LINK.findall(document.read_text()) if not (document.parent / link).exists()
    ]
    assert not broken


def is_there(name: str) -> bool:
    """Whether a file or folder is named so: from the root, or somewhere in the sources."""
    if any(ROOT.glob(name)):
        return True
    return any((ROOT / "src" / "hostless").glob(f"**/{name}"))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_that_a_document_names_are_there(document: Path) -> None:
    named = NAMED_FILE.findall(document.read_text())
    assert [name for name in named if not is_there(name) and not MADE_UP.search(name)] == []


def test_every_invariant_names_the_tests_that_guard_it() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text()
    section = text.partition("## Invariants")[2].partition("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| ")][1:]
    assert rows
    for row in rows:
        guards = [name for name in NAMED_FILE.findall(row) if name.startswith("tests/")]
        assert guards, f"no test guards: {row}"
        for guard in guards:
            name = Path(guard).name
            is_file = name == "conftest.py" or name.startswith("test_")
            assert is_file or any((ROOT / guard).glob("**/test_*.py")), f"no tests in {guard}"


def test_a_file_that_is_not_there_is_noticed() -> None:
    assert is_there("store/kinds.py")
    assert is_there("tests/api")
    assert not is_there("src/hostless/no_such_file.py")


def test_the_reference_of_the_command_line_is_fresh() -> None:
    script = ROOT / "script" / "cli_reference.py"
    fresh = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, check=True, cwd=ROOT
    ).stdout
    assert (ROOT / "docs" / "cli.md").read_text() == fresh, f"run: {script.name} > docs/cli.md"


def test_packages_are_named_so_that_setup_understands_them() -> None:
    lines = (ROOT / "script" / "packages.txt").read_text().splitlines()
    names = [line.split("#")[0].strip() for line in lines]
    for name in filter(None, names):
        assert re.fullmatch(r"[a-z0-9.+-]+( \| [a-z0-9.+-]+)*", name), name
