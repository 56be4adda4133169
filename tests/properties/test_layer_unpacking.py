"""Whatever an archive holds, nothing outside its folder changes, and a refusal has a reason."""

import asyncio
import gzip
import hashlib
import os
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.images import Entry, archive, directory, hard_link, regular_file, symbolic_link

from hostless.compute.images.failures import UnpackFailed
from hostless.compute.images.unpacker import Unpacked, unpack_into

pytestmark = pytest.mark.root

PARTS = st.sampled_from(
    [
        "..",
        ".",
        "",
        "a",
        "b",
        "way",
        ".wh.a",
        ".wh..wh..opq",
        ".wh...",
        "proc",
        "outside",
        "x" * 256,
    ]
)
NAMES = st.builds(
    lambda start, parts: start + "/".join(parts),
    st.sampled_from(["", "/", "../", "../../outside/", "/proc/self/root/"]),
    st.lists(PARTS, min_size=1, max_size=4),
)
ENTRIES = st.one_of(
    st.builds(regular_file, NAMES, st.binary(max_size=2000)),
    st.builds(directory, NAMES),
    st.builds(symbolic_link, NAMES, NAMES),
    st.builds(hard_link, NAMES, NAMES),
)
FEW = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


def unpack(blob: bytes) -> tuple[Unpacked | None, str]:
    """What came of it, or why it was refused. Fails when anything outside was touched."""
    with tempfile.TemporaryDirectory(prefix="hostless-layer-") as name:
        place = Path(name)
        (place / "outside").mkdir()
        (place / "outside/a").write_bytes(b"untouched")
        (place / "layer").mkdir()
        before = seen(place)
        found, refusal = asyncio.run(_unpack(place, blob))
        assert seen(place) == before
        return found, refusal


async def _unpack(place: Path, blob: bytes) -> tuple[Unpacked | None, str]:
    async def chunks() -> AsyncIterator[bytes]:
        yield blob

    with (place / "outside/a").open("rb") as lock:
        try:
            return await unpack_into(place / "layer", chunks(), lock.fileno()), ""
        except UnpackFailed as failure:
            return None, failure.detail


def seen(place: Path) -> list[tuple[str, int, int, int]]:
    """Everything but what is in the layer."""
    found = []
    for root, folders, files in os.walk(place):
        if Path(root) == place:
            folders.remove("layer")
        for name in (*folders, *files):
            status = Path(root, name).lstat()
            found.append((f"{root}/{name}", status.st_mode, status.st_size, status.st_mtime_ns))
    return sorted(found)


@FEW
@given(st.lists(ENTRIES, max_size=8))
def test_nothing_outside_is_touched_and_what_is_unpacked_is_what_was_hashed(
    entries: list[Entry],
) -> None:
    tar = archive(entries)
    found, refusal = unpack(gzip.compress(tar))
    assert "the unpacker ended with" not in refusal
    assert found is None or found.diff_id == f"sha256:{hashlib.sha256(tar).hexdigest()}"


TAR = archive([regular_file("a", bytes(range(256)) * 4), symbolic_link("b", "a"), directory("c")])


@FEW
@given(
    st.sampled_from(["tar", "gzip"]),
    st.lists(st.tuples(st.integers(0, len(TAR) - 1), st.integers(0, 255)), min_size=1, max_size=4),
    st.integers(0, len(TAR)),
)
def test_a_damaged_archive_is_refused_with_a_reason_or_has_its_own_digest(
    form: str, damage: list[tuple[int, int]], cut: int
) -> None:
    blob = bytearray(gzip.compress(TAR, mtime=0) if form == "gzip" else TAR)
    for at, value in damage:
        blob[at % len(blob)] = value
    found, refusal = unpack(bytes(blob[: len(blob) - cut % len(blob)]))
    assert "the unpacker ended with" not in refusal
    assert (found is None) == bool(refusal)
    if found is not None and form == "tar":
        kept = blob[: len(blob) - cut % len(blob)]
        assert found.diff_id == f"sha256:{hashlib.sha256(kept).hexdigest()}"


def test_the_archive_that_is_damaged_is_good() -> None:
    assert unpack(TAR)[0] is not None
