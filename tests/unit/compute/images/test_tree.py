"""Where a member of an archive puts its data."""

import tarfile

import pytest

from hostless.compute.images.archive import BadArchive
from hostless.compute.images.tree import _extents


def member(size: int, *sparse: tuple[int, int]) -> tarfile.TarInfo:
    info = tarfile.TarInfo("file")
    info.size = size
    if sparse:
        info.sparse = list(sparse)  # type: ignore[attr-defined]
    return info


def test_data_lies_between_holes() -> None:
    assert _extents(member(5)) == [(0, 5)]
    assert _extents(member(100, (0, 10), (50, 20), (100, 0))) == [(0, 10), (50, 20)]


@pytest.mark.parametrize(
    "sparse",
    [
        ((0, 1 << 40),),  # more than the file, which is what is counted
        ((0, 10), (5, 10)),
        ((-1, 5),),
        ((0, -5),),
        ((90, 11),),
    ],
)
def test_holes_that_no_file_has_are_refused(sparse: tuple[tuple[int, int], ...]) -> None:
    with pytest.raises(BadArchive, match="the holes of 'file'"):
        _extents(member(100, *sparse))
