"""An image with programs of this machine in it, for what busybox has not."""

import re
import subprocess
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


def libraries_of(program: Path) -> list[Path]:
    """With the dynamic linker, under the names that it looks for."""
    said = subprocess.run(["ldd", program], check=True, capture_output=True, text=True).stdout
    return [Path(name) for name in re.findall(r"(/\S+) \(0x", said)]


def entries_of(files: Iterable[Path]) -> list[Entry]:
    return [regular_file(str(path).lstrip("/"), path.read_bytes(), 0o755) for path in sorted(files)]
