"""An image with programs of this machine in it, for what busybox has not."""

import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from script.demo_image import PATH_IN_IMAGE
from tests.support.images import (
    BuiltImage,
    Entry,
    build_image,
    busybox_tree,
    layer_of,
    regular_file,
)


def build_program_image(*programs: Path) -> BuiltImage:
    """Busybox, and these with the libraries that they are linked with."""
    files = {*programs, *(path for program in programs for path in libraries_of(program))}
    layers = [layer_of(busybox_tree(), "zstd"), layer_of(entries_of(files), "zstd")]
    return build_image(layers, config={"Env": [f"PATH={PATH_IN_IMAGE}"]})


PYTHON = Path(sys.executable).resolve()
PROGRAM_IN_IMAGE = "/program.py"
_MODULES = """
import encodings.idna, errno, os, select, socket, stat, struct, sys, time
print(*(m.__file__ for m in list(sys.modules.values()) if getattr(m, "__file__", None)), sep="\\n")
"""


def build_python_image(program: Path) -> BuiltImage:
    """Busybox, and this Python with what programs about sockets import; runs the program."""
    said = subprocess.run(
        [PYTHON, "-I", "-S", "-c", _MODULES], check=True, capture_output=True, text=True
    ).stdout
    modules = {Path(line) for line in said.split()}
    linked = {PYTHON, *(path for path in modules if path.suffix == ".so")}
    files = {PYTHON, *modules, *(library for path in linked for library in libraries_of(path))}
    own = regular_file(PROGRAM_IN_IMAGE.lstrip("/"), program.read_bytes())
    layers = [layer_of(busybox_tree(), "zstd"), layer_of([*entries_of(files), own], "zstd")]
    start = [str(PYTHON), "-I", "-S", PROGRAM_IN_IMAGE]
    return build_image(layers, config={"Env": [f"PATH={PATH_IN_IMAGE}"], "Entrypoint": start})


def libraries_of(program: Path) -> list[Path]:
    """With the dynamic linker, under the names that it looks for."""
    said = subprocess.run(["ldd", program], check=True, capture_output=True, text=True).stdout
    return [Path(name) for name in re.findall(r"(/\S+) \(0x", said)]


def entries_of(files: Iterable[Path]) -> list[Entry]:
    return [regular_file(str(path).lstrip("/"), path.read_bytes(), 0o755) for path in sorted(files)]
