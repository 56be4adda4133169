"""What pyproject.toml asks for is what the code uses, and each comes with its reason."""

import ast
import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
SOURCES = [path.read_text() for path in (ROOT / "src").rglob("*.py")]


def named(requirements: list[str]) -> set[str]:
    """As they are imported."""
    names = (re.split(r"[\[>=]", requirement)[0] for requirement in requirements)
    return {name.replace("-", "_") for name in names}


def imported() -> set[str]:
    """Packages from outside that the program imports."""
    nodes = [node for source in SOURCES for node in ast.walk(ast.parse(source))]
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    return {name.partition(".")[0] for name in names} - sys.stdlib_module_names - {"hostless"}


def test_what_is_imported_is_asked_for() -> None:
    assert imported() <= named(PROJECT["dependencies"])


def test_what_is_asked_for_is_used() -> None:
    """Imported, or named to uvicorn, which imports it."""
    by_name = {name for name in ("httptools", "uvloop") if any(name in text for text in SOURCES)}
    assert named(PROJECT["dependencies"]) <= imported() | by_name


def test_every_dependency_has_a_reason() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    block = re.search(r"^dependencies = \[\n(.*?)^\]", text, re.MULTILINE | re.DOTALL)
    assert block is not None
    without = [line for line in block[1].splitlines() if not re.search(r'",\s+# \w', line)]
    assert not without


def test_every_debian_package_has_a_reason() -> None:
    lines = (ROOT / "script" / "packages.txt").read_text().splitlines()
    asked = [line for line in lines if line.strip() and not line.startswith("#")]
    assert asked
    assert not [line for line in asked if not re.search(r"\w +# .{5}", line)]
