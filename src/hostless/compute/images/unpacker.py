"""Runs the program `unpack` for one layer: feeds it, waits for it, ends it when it is not wanted.

What a layer becomes on disk is told there; where it goes and whether it is wanted, in `layers`.
"""

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from hostless.compute.images.failures import UnpackFailed

SOURCE = Path(__file__).parents[3]
PROGRAM = (
    "import sys; sys.path.insert(0, sys.argv.pop(1)); "
    "from hostless.compute.images.unpack import main; main()"
)
"""Isolated from the environment (`-I`), and so told where hostless is."""
LAST_WORDS = 500
"""How much of a crashed unpacker's standard error goes into the reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpacked:
    """diff_id: digest of the archive that came out of the compressed stream.

    bytes: what it takes on disk. is_opaque: nothing below this layer shows through.
    """

    diff_id: str
    bytes: int
    is_opaque: bool


async def unpack_into(folder: Path, chunks: AsyncIterator[bytes], lock: int) -> Unpacked:
    """Unpack a compressed layer into an empty folder. Raises UnpackFailed.

    lock: a file descriptor that the process holds open as long as it may write.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-I", "-X", "utf8", "-c", PROGRAM, str(SOURCE), str(folder)),
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
        pass_fds=(lock,),
    )
    try:
        await _feed(process, chunks)
        output, errors = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return _outcome(process, output, errors)


async def _feed(process: Process, chunks: AsyncIterator[bytes]) -> None:
    """Until the layer ends, or the unpacker has seen enough of it."""
    assert process.stdin is not None
    try:
        async for chunk in chunks:
            process.stdin.write(chunk)
            await process.stdin.drain()
    except (BrokenPipeError, ConnectionResetError):
        return
    finally:
        process.stdin.close()


def _outcome(process: Process, output: bytes, errors: bytes) -> Unpacked:
    if process.returncode:
        said = errors.decode(errors="replace").strip()[-LAST_WORDS:]
        raise UnpackFailed(f"the unpacker ended with {process.returncode}: {said}")
    found = msgspec.json.decode(output, type=dict[str, object])
    if "error" in found:
        raise UnpackFailed(str(found["error"]))
    return msgspec.convert(found, Unpacked)
