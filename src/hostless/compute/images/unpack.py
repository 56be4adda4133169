"""A program: unpacks one layer from its standard input into a folder, in a process of its own.

A process and not a thread, because then the engine's event loop never waits for the interpreter
lock, and because a process can make the folder its root: whatever names and links a hostile
archive holds, nothing outside can be touched. `unpacker` runs it; it starts in 40 ms because it
imports little. How an archive is read is `archive`'s business, what becomes of it `tree`'s.
"""

import contextlib
import fcntl
import io
import json
import os
import resource
import sys
import tarfile
from typing import NamedTuple

from hostless.compute.images.archive import BadArchive, Source, members_of
from hostless.compute.images.tree import Tree

MAXIMUM_MEMORY_BYTES = 768 * 1024**2
"""Of this process: a header or a compression window that claims more ends it, not the machine."""
PIPE_BYTES = 1024 * 1024


class Unpacked(NamedTuple):
    """diff_id: digest of the uncompressed archive. bytes: what the files need on disk.

    is_opaque: nothing below this layer shows through.
    """

    diff_id: str
    bytes: int
    is_opaque: bool


def unpack(compressed: io.RawIOBase, folder: str) -> Unpacked:
    """Unpack into an empty folder, which becomes this process's root."""
    source = Source(compressed)
    os.umask(0)
    os.chroot(folder)
    os.chdir("/")
    tree = Tree()
    for info in members_of(source):
        _add(tree, info, source)
    tree.finish()
    return Unpacked(diff_id=source.finish(), bytes=tree.bytes, is_opaque=tree.is_opaque)


def _add(tree: Tree, info: tarfile.TarInfo, source: Source) -> None:
    try:
        tree.add(info, source)
    except OSError as error:
        reason = os.strerror(error.errno or 0).lower()
        raise BadArchive(f"write /{info.name.lstrip('/')}: {reason}") from error
    except (ValueError, OverflowError) as error:
        raise BadArchive(f"invalid tar header of {info.name!r}: {error}") from error


def main() -> None:
    """Print `{"diff_id", "bytes", "is_opaque"}`, or `{"error"}` with why the layer is unusable."""
    resource.setrlimit(resource.RLIMIT_DATA, (MAXIMUM_MEMORY_BYTES, MAXIMUM_MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(OSError):
        fcntl.fcntl(0, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
    try:
        found: dict[str, object] = unpack(io.FileIO(0, closefd=False), sys.argv[1])._asdict()
    except (BadArchive, tarfile.TarError) as error:
        found = {"error": str(error)}
    except MemoryError:
        found = {"error": f"the archive needs more than {MAXIMUM_MEMORY_BYTES} bytes of memory"}
    print(json.dumps(found), flush=True)
    os._exit(0)  # the other thread may still read, and its orderly end needs files out of reach
