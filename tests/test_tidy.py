"""The house's numbers, names and bans, held by machine."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "hostless"
FILES = sorted(SOURCE.rglob("*.py"))
ALL_PYTHON = [
    *FILES,
    *sorted((ROOT / "tests").rglob("*.py")),
    *sorted((ROOT / "bench").rglob("*.py")),
    *sorted((ROOT / "script").rglob("*.py")),
]

LONGEST_FILE = 400
LONGEST_FUNCTION = 70
MOST_METHODS = 15
MOST_DEPENDENCIES = 6
FORBIDDEN_WORDS = {"utils", "helpers", "common", "manager", "handler", "impl"}

BANNED_CALLS = {
    "datetime.now": "the Clock",
    "datetime.utcnow": "the Clock",
    "dt.datetime.now": "the Clock",
    "datetime.datetime.now": "the Clock",
    "time.time": "the Clock",
    "uuid.uuid4": "Ids",
    "uuid4": "Ids",
    "random.random": "the injected Random",
    "random.randint": "the injected Random",
    "random.choice": "the injected Random",
    "asyncio.create_task": "the TaskGroup",
    "asyncio.ensure_future": "the TaskGroup",
    "os.system": "asyncio.create_subprocess_exec",
}
MAY_CALL = {("time.time", "kit/clock.py")}
"""The one place each that wraps the banned thing."""

CATCHES_EVERYTHING = {
    "controllers/metrics/sampler.py",
    "gateway/metadata.py",
    "gateway/metrics_page.py",
    "controllers/keyed_loop.py",
    "gateway/application.py",
    "gateway/own_paths.py",
}
"""`except Exception` belongs at the top of a loop and at the gateway, nowhere else."""


def relative(path: Path) -> str:
    return str(path.relative_to(SOURCE))


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), str(path))


def functions_of(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def classes_of(path: Path) -> Iterator[ast.ClassDef]:
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.ClassDef):
            yield node


def test_no_file_is_longer_than_the_house_allows() -> None:
    long = {str(p.relative_to(ROOT)): n for p in ALL_PYTHON if (n := lines_of(p)) > LONGEST_FILE}
    assert not long


def lines_of(path: Path) -> int:
    return len(path.read_text().splitlines())


def test_no_function_is_longer_than_the_house_allows() -> None:
    long = [
        f"{relative(path)}:{f.lineno} {f.name}"
        for path in FILES
        for f in functions_of(path)
        if (f.end_lineno or f.lineno) - f.lineno + 1 > LONGEST_FUNCTION
    ]
    assert not long


def test_no_class_has_more_methods_than_the_house_allows() -> None:
    large = [
        f"{relative(path)} {c.name}"
        for path in FILES
        for c in classes_of(path)
        if not any("Protocol" in ast.unparse(base) for base in c.bases)
        and sum(isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef) for n in c.body)
        > MOST_METHODS + dunder_count(c) + seam_methods(c)
    ]
    assert not large


def dunder_count(node: ast.ClassDef) -> int:
    names = [n.name for n in node.body if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    return sum(name.startswith("__") for name in names)


def seam_methods(node: ast.ClassDef) -> int:
    """An implementation of a seam has the seam's methods whatever the number."""
    return 4 if node.name.endswith(("Backend", "Fabric")) else 0


def test_no_constructor_takes_more_dependencies_than_the_house_allows() -> None:
    greedy = []
    for path in FILES:
        for c in classes_of(path):
            for f in c.body:
                if isinstance(f, ast.FunctionDef) and f.name == "__init__":
                    is_error = any(ast.unparse(b).endswith(("Error", "Exception")) for b in c.bases)
                    count = len(f.args.args) + len(f.args.kwonlyargs) - 1
                    if count > MOST_DEPENDENCIES and not is_error:
                        greedy.append(f"{relative(path)} {c.name}: {count}")
    assert not greedy


def test_names_of_modules_say_something() -> None:
    bad = [
        relative(path)
        for path in FILES
        if FORBIDDEN_WORDS & set(re.split(r"[/_.]", relative(path)))
        or path.name.startswith("base_")
    ]
    assert not bad


def test_every_module_says_why_it_exists() -> None:
    silent = [
        relative(path)
        for path in FILES
        if path.read_text().strip() and not ast.get_docstring(tree_of(path))
    ]
    assert not silent


def test_banned_calls_have_a_replacement() -> None:
    found = []
    for path in FILES:
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.Call):
                name = ast.unparse(node.func)
                if name in BANNED_CALLS and (name, relative(path)) not in MAY_CALL:
                    found.append(f"{relative(path)}:{node.lineno} {name}: use {BANNED_CALLS[name]}")
    assert not found


LONGEST_PAUSE_SECONDS = 0.1
"""Between two looks; whoever waits for an event asks again until it is there."""


def test_no_test_sleeps_a_fixed_time_to_wait_for_an_event() -> None:
    sleepers = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sorted((ROOT / "tests").rglob("*.py"))
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) == "time.sleep"
        and isinstance(pause := node.args[0], ast.Constant)
        and isinstance(pause.value, int | float)
        and pause.value > LONGEST_PAUSE_SECONDS
    ]
    assert not sleepers


def test_everything_is_caught_only_at_the_top_of_a_loop_and_at_the_gateway() -> None:
    found = []
    for path in FILES:
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.ExceptHandler):
                caught = "" if node.type is None else ast.unparse(node.type)
                if (
                    caught in ("", "Exception", "BaseException")
                    and relative(path) not in CATCHES_EVERYTHING
                ):
                    found.append(f"{relative(path)}:{node.lineno}")
    assert not found


def test_records_are_frozen() -> None:
    loose = []
    for path in FILES:
        for c in classes_of(path):
            for decorator in c.decorator_list:
                text = ast.unparse(decorator)
                if text.startswith("dataclass") and "frozen=True" not in text:
                    loose.append(f"{relative(path)} {c.name}")
    assert not loose


def test_deciding_and_the_domain_know_no_any() -> None:
    pure = [p for p in FILES if relative(p).startswith("domain/") or p.name == "decide.py"]
    found = [
        f"{relative(path)}:{node.lineno}"
        for path in pure
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Name) and node.id == "Any"
    ]
    assert not found


def test_modules_keep_no_changing_state() -> None:
    """An empty dict, list or set at the top of a module is state waiting to be shared."""
    found = []
    for path in FILES:
        for node in tree_of(path).body:
            value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
            empty = isinstance(value, ast.Dict | ast.List) and not (
                value.keys if isinstance(value, ast.Dict) else value.elts
            )
            if empty or (
                isinstance(value, ast.Call)
                and ast.unparse(value.func) in ("dict", "list", "set", "defaultdict")
                and not value.args
            ):
                found.append(f"{relative(path)}:{node.lineno}")
    assert not found


@pytest.mark.parametrize(
    "command",
    [
        ("ruff", "check", "."),
        ("ruff", "format", "--check", "."),
        ("mypy",),
        ("lint-imports",),
    ],
    ids=lambda command: " ".join(command[:2]),
)
@pytest.mark.timeout(600)
def test_the_tools_have_nothing_to_say(command: tuple[str, ...]) -> None:
    tool = Path(sys.executable).parent / command[0]
    run = subprocess.run([tool, *command[1:]], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr


def test_the_project_speaks_of_itself_only() -> None:
    """No file names the folder it was written in, nor (but for tests of hostile paths) climbs out
    of the project by a relative path.
    """
    climbs = re.compile(r"(?:\.\./)+[.\w][\w./-]*")
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    found = []
    for name in listed:
        path = ROOT / name
        text = path.read_text(errors="replace") if path.is_file() else ""
        targets = [] if name.startswith("tests/") else climbs.findall(text)
        outside = [t for t in targets if not (path.parent / t).resolve().is_relative_to(ROOT)]
        if f"{ROOT}/" in text or outside:
            found.append((name, outside))
    assert not found
