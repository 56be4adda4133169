"""Folders that stand for buckets."""

from pathlib import Path

import pytest

from hostless.telemetry.buckets import Buckets, BucketUnusable


async def test_a_file_lies_in_its_bucket_and_may_be_written_again(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    for content in (b"one", b"other"):
        await Buckets(tmp_path).put("logs", "a/b/c.gz", content)
        assert (tmp_path / "logs" / "a" / "b" / "c.gz").read_bytes() == content
    assert [p.name for p in (tmp_path / "logs" / "a" / "b").iterdir()] == ["c.gz"]


async def test_a_bucket_that_is_not_there_or_takes_nothing_says_so(tmp_path: Path) -> None:
    with pytest.raises(BucketUnusable, match="there is no such folder"):
        await Buckets(tmp_path).put("logs", "a", b"")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "a").write_text("no folder")
    with pytest.raises(BucketUnusable):
        await Buckets(tmp_path).put("logs", "a/b", b"")
