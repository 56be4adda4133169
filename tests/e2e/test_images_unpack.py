"""Layers as they become on disk, and archives that want more than that."""

import asyncio
import contextlib
import gzip
import io
import os
import stat
import struct
import subprocess
import tarfile
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
import zstandard
from tests.support.images import (
    Entry,
    archive,
    digest_of,
    directory,
    entry,
    hard_link,
    layer_of,
    regular_file,
    symbolic_link,
)

from hostless.compute.images import archive as stream
from hostless.compute.images.archive import BadArchive, Source, members_of
from hostless.compute.images.failures import UnpackFailed
from hostless.compute.images.unpacker import Unpacked, unpack_into

pytestmark = pytest.mark.root

CAPABILITY = struct.pack("<5I", 0x02000001, 1 << 10, 0, 0, 0)
"""What `setcap cap_net_bind_service+ep` writes."""


def unpack(folder: Path, blob: bytes, piece: int = 100_000) -> Unpacked:
    """Unpack a layer, fed in pieces of `piece` bytes."""

    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(blob), piece):
            yield blob[start : start + piece]

    async def run() -> Unpacked:
        with (folder / "lock").open("w") as lock:
            (folder / "layer").mkdir()
            return await unpack_into(folder / "layer", chunks(), lock.fileno())

    return asyncio.run(run())


def refused(folder: Path, blob: bytes) -> str:
    with pytest.raises(UnpackFailed) as failed:
        unpack(folder, blob)
    return failed.value.detail


def with_attributes(one: Entry, **attributes: object) -> Entry:
    for name, value in attributes.items():
        setattr(one[0], name, value)
    return one


@pytest.mark.parametrize("compression", ["gzip", "zstd", "none"])
@pytest.mark.parametrize("piece", [1_000_000, 3])
def test_each_compression_is_seen_in_the_first_bytes(
    tmp_path: Path, compression: str, piece: int
) -> None:
    layer = layer_of([regular_file("a", b"content")], compression)
    found = unpack(tmp_path, layer.blob, piece)
    assert (tmp_path / "layer/a").read_bytes() == b"content"
    assert found.diff_id == layer.diff_id


def test_a_gzip_file_of_several_members_is_one_archive(tmp_path: Path) -> None:
    tar = archive([regular_file("a", b"x" * 100_000), regular_file("b", b"y")])
    blob = gzip.compress(tar[:50_000]) + gzip.compress(tar[50_000:])
    assert unpack(tmp_path, blob).diff_id == digest_of(tar)
    assert (tmp_path / "layer/b").read_bytes() == b"y"


def test_an_empty_layer_is_an_empty_folder(tmp_path: Path) -> None:
    (tmp_path / "1").mkdir()
    (tmp_path / "2").mkdir()
    assert unpack(tmp_path / "1", b"").bytes == 0
    assert unpack(tmp_path / "2", gzip.compress(bytes(1024))).bytes == 0
    assert os.listdir(tmp_path / "2/layer") == []


def test_owner_mode_time_and_attributes_are_those_of_the_archive(tmp_path: Path) -> None:
    capability = {"SCHILY.xattr.security.capability": CAPABILITY.decode("latin-1")}
    program = with_attributes(
        regular_file("bin/program", b"#!", 0o4755),
        uid=1000,
        gid=2000,
        mtime=1_500_000_000.5,
    )
    ping = with_attributes(regular_file("bin/ping", b"#!"), pax_headers=capability)
    folder = with_attributes(directory("bin", 0o1777), uid=7, mtime=1_400_000_000)
    link = with_attributes(symbolic_link("bin/link", "/no/where"), uid=9, mtime=1_300_000_000)
    unpack(tmp_path, layer_of([folder, program, ping, link]).blob)
    layer = tmp_path / "layer"
    found = (layer / "bin/program").lstat()
    assert (stat.S_IMODE(found.st_mode), found.st_uid, found.st_gid) == (0o4755, 1000, 2000)
    assert found.st_mtime == 1_500_000_000.5
    found = (layer / "bin").lstat()
    assert (stat.S_IMODE(found.st_mode), found.st_uid) == (0o1777, 7)
    assert found.st_mtime == 1_400_000_000
    assert os.getxattr(layer / "bin/ping", "security.capability") == CAPABILITY
    assert (layer / "bin/link").lstat().st_uid == 9
    assert (layer / "bin/link").lstat().st_mtime == 1_300_000_000
    assert os.readlink(layer / "bin/link") == "/no/where"


def test_links_pipes_and_devices_are_made(tmp_path: Path) -> None:
    null = with_attributes(entry("dev/null", tarfile.CHRTYPE, 0o666), devmajor=1, devminor=3)
    disk = with_attributes(entry("dev/sda", tarfile.BLKTYPE, 0o660), devmajor=8, devminor=0)
    entries = [
        regular_file("a", b"shared"),
        hard_link("b", "a"),
        hard_link("sub/c", "./a"),
        entry("pipe", tarfile.FIFOTYPE, 0o600),
        null,
        disk,
    ]
    unpack(tmp_path, layer_of(entries).blob)
    layer = tmp_path / "layer"
    assert len({(layer / name).stat().st_ino for name in ("a", "b", "sub/c")}) == 1
    assert stat.S_ISFIFO((layer / "pipe").stat().st_mode)
    assert (layer / "dev/null").stat().st_rdev == os.makedev(1, 3)
    assert stat.S_ISBLK((layer / "dev/sda").stat().st_mode)


@pytest.mark.parametrize("form", ["gnu", "pax"])
def test_holes_stay_holes(tmp_path: Path, form: str) -> None:
    holes = tmp_path / "holes"
    with holes.open("wb") as file:
        file.truncate(50 << 20)
        file.seek(10 << 20)
        file.write(b"in the middle")
    subprocess.run(
        ["tar", "-S", f"--format={form}", "-cf", tmp_path / "t", "-C", tmp_path, "holes"],
        check=True,
    )
    unpack(tmp_path, (tmp_path / "t").read_bytes())
    found = tmp_path / "layer/holes"
    assert found.read_bytes() == holes.read_bytes()
    assert found.stat().st_blocks < 1000


def test_what_gnu_tar_packs_comes_out_the_same(tmp_path: Path) -> None:
    source = tmp_path / "source"
    (source / ("d" * 90) / ("e" * 90)).mkdir(parents=True)
    (source / ("d" * 90) / ("e" * 90) / ("f" * 90)).write_bytes(os.urandom(70_000))
    (source / "\udcff\udcfe name that is no text").write_bytes(b"1")
    (source / "link").symlink_to("x" * 150)
    for form in ("gnu", "pax"):
        blob = subprocess.run(
            ["tar", f"--format={form}", "-cz", "-C", source, "."], check=True, capture_output=True
        ).stdout
        (tmp_path / form).mkdir()
        unpack(tmp_path / form, blob)
        subprocess.run(
            ["diff", "-r", "--no-dereference", source, tmp_path / form / "layer"], check=True
        )


def test_a_later_member_replaces_an_earlier_one(tmp_path: Path) -> None:
    entries = [
        regular_file("a", b"old"),
        regular_file("a", b"new"),
        directory("b"),
        regular_file("b/c", b"1"),
        symbolic_link("b", "a"),
        symbolic_link("d", "nowhere"),
        directory("d"),
        regular_file("e", b"1"),
        regular_file("e/f", b"2"),
    ]
    unpack(tmp_path, layer_of(entries).blob)
    layer = tmp_path / "layer"
    assert (layer / "a").read_bytes() == b"new"
    assert os.readlink(layer / "b") == "a"
    assert (layer / "d").is_dir()
    assert (layer / "e/f").read_bytes() == b"2"


@pytest.mark.parametrize("name", ["../escaped", "a/../../escaped", "/../escaped", ".."])
def test_a_path_that_leaves_the_layer_is_refused(tmp_path: Path, name: str) -> None:
    blob = layer_of([regular_file(name, b"x")]).blob
    assert "leaves the layer" in refused(tmp_path, blob)
    assert not (tmp_path / "escaped").exists()


def test_an_absolute_path_starts_at_the_layers_root(tmp_path: Path) -> None:
    unpack(tmp_path, layer_of([regular_file("/ko-app/x", b"1")]).blob)
    assert (tmp_path / "layer/ko-app/x").read_bytes() == b"1"


@pytest.mark.parametrize("target", ["{outside}", "../outside", "../../../../..{outside}"])
def test_nothing_is_written_through_a_link_out_of_the_layer(tmp_path: Path, target: str) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    link = symbolic_link("way-out", target.format(outside=outside))
    entries = [link, regular_file("way-out/evil", b"x"), directory("way-out/folder")]
    with contextlib.suppress(UnpackFailed):
        unpack(tmp_path, layer_of(entries).blob)
    assert os.listdir(outside) == []


def test_a_link_within_the_layer_is_followed_as_tar_does(tmp_path: Path) -> None:
    entries = [directory("usr/lib"), symbolic_link("lib", "/usr/lib"), regular_file("lib/x", b"1")]
    unpack(tmp_path, layer_of(entries).blob)
    assert (tmp_path / "layer/usr/lib/x").read_bytes() == b"1"


@pytest.mark.parametrize("target", ["/etc/passwd", "../../../etc/passwd", "missing", "folder"])
def test_a_hard_link_to_what_is_not_in_the_layer_is_refused(tmp_path: Path, target: str) -> None:
    refused(tmp_path, layer_of([directory("folder"), hard_link("a", target)]).blob)


def test_a_file_replaces_a_device_and_is_not_written_into_it(tmp_path: Path) -> None:
    device = with_attributes(entry("disk", tarfile.BLKTYPE, 0o600), devmajor=7, devminor=250)
    unpack(tmp_path, layer_of([device, regular_file("disk", b"content")]).blob)
    assert (tmp_path / "layer/disk").read_bytes() == b"content"


@pytest.mark.parametrize(
    "name",
    ["trusted.overlay.redirect", "trusted.overlay.metacopy", "user.overlay.opaque", "trusted.x"],
)
def test_an_archive_cannot_set_overlays_own_attributes(tmp_path: Path, name: str) -> None:
    file = with_attributes(regular_file("a", b""), pax_headers={f"SCHILY.xattr.{name}": "/etc"})
    unpack(tmp_path, layer_of([file]).blob)
    assert os.listxattr(tmp_path / "layer/a") == []


@pytest.mark.parametrize("name", [".wh.", "a/.wh..", "a/.wh..."])
def test_a_whiteout_of_nothing_or_of_the_folder_itself_is_refused(
    tmp_path: Path, name: str
) -> None:
    assert "invalid whiteout name" in refused(tmp_path, layer_of([regular_file(name, b"")]).blob)


def test_a_type_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    assert "unhandled tar header type" in refused(
        tmp_path, layer_of([entry("a", b"Q", 0o600)]).blob
    )


def damaged(*, at: int, by: bytes, entries: Sequence[Entry]) -> bytes:
    tar = bytearray(archive(entries))
    tar[at : at + len(by)] = by
    return bytes(tar)


def test_a_broken_header_in_the_middle_is_not_taken_for_the_end(tmp_path: Path) -> None:
    entries = [regular_file("a", b"1"), regular_file("b", b"2")]
    blob = damaged(at=1024 + 148, by=b"777777", entries=entries)
    assert "invalid tar header" in refused(tmp_path, blob)


@pytest.mark.parametrize("keep", [700, 1024 + 100, 1024 + 512 + 2])
def test_an_archive_that_ends_too_early_is_refused(tmp_path: Path, keep: int) -> None:
    tar = archive([regular_file("a", b"1"), regular_file("b", b"x" * 400)])
    refused(tmp_path, tar[:keep])


@pytest.mark.parametrize("compression", ["gzip", "zstd"])
@pytest.mark.parametrize("damage", ["cut", "changed"])
def test_a_damaged_stream_is_refused_or_has_another_digest(
    tmp_path: Path, compression: str, damage: str
) -> None:
    layer = layer_of([regular_file("a", os.urandom(50_000))], compression)
    blob = layer.blob
    cut, changed = blob[:-2000], blob[:20_000] + b"damage" + blob[20_006:]
    with contextlib.suppress(UnpackFailed):
        found = unpack(tmp_path, cut if damage == "cut" else changed)
        assert found.diff_id != layer.diff_id


def test_a_header_that_claims_gigabytes_is_refused(tmp_path: Path) -> None:
    header = tarfile.TarInfo("././@PaxHeader")
    header.type, header.size = tarfile.XHDTYPE, 8 << 30
    blob = header.tobuf(tarfile.GNU_FORMAT) + bytes(1 << 20)
    assert "a header of" in refused(tmp_path, blob)


def test_a_negative_size_is_refused(tmp_path: Path) -> None:
    info = tarfile.TarInfo("a")
    info.size = -512
    blob = info.tobuf(tarfile.GNU_FORMAT) + bytes(1024)
    assert "invalid tar header" in refused(tmp_path, blob)


def test_a_compression_window_that_claims_gigabytes_is_refused(tmp_path: Path) -> None:
    parameters = zstandard.ZstdCompressionParameters(window_log=30, enable_ldm=False)
    out = io.BytesIO()
    writer = zstandard.ZstdCompressor(compression_params=parameters).stream_writer(
        out, closefd=False
    )
    writer.write(archive([regular_file("a", b"1")]))
    writer.flush(zstandard.FLUSH_FRAME)
    refused(tmp_path, out.getvalue())


def test_folders_without_end_are_refused(tmp_path: Path) -> None:
    assert "folders deep" in refused(tmp_path, layer_of([directory("a/" * 300)]).blob)


def test_a_layer_that_does_not_fit_leaves_room_on_the_disk(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "none", disk], check=True)
    try:
        bomb = layer_of([regular_file(f"zeros-{n}", bytes(1 << 20)) for n in range(64)])
        assert len(bomb.blob) < 1 << 20
        assert refused(disk, bomb.blob).endswith("no space left on device")
    finally:
        subprocess.run(["umount", disk], check=True)


def test_a_flood_of_empty_files_leaves_inodes_on_the_disk(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ("mount", "-t", "tmpfs", "-o", "size=64m,nr_inodes=5040", "none", disk)
    subprocess.run(mount, check=True)
    try:
        flood = layer_of([regular_file(f"d/{n}", b"") for n in range(6000)])
        assert refused(disk, flood.blob).endswith("no space left on device")
        assert len(os.listdir(disk / "layer/d")) < 5010
    finally:
        subprocess.run(["umount", disk], check=True)


@pytest.mark.parametrize("name", ["a" * 256, "/".join(["b" * 200] * 30)])
def test_names_that_no_file_system_takes_are_refused(tmp_path: Path, name: str) -> None:
    assert refused(tmp_path, layer_of([regular_file(name, b"1")]).blob).endswith(
        "file name too long"
    )


@pytest.mark.parametrize("cut", [1, 4, 8, 9, 100])
def test_a_gzip_stream_without_its_end_is_refused(tmp_path: Path, cut: int) -> None:
    blob = layer_of([regular_file("a", os.urandom(5000))]).blob
    refused(tmp_path, blob[:-cut])


def test_a_gzip_stream_whose_checksum_is_wrong_is_refused(tmp_path: Path) -> None:
    blob = layer_of([regular_file("a", b"content")]).blob
    refused(tmp_path, blob[:-8] + bytes([blob[-8] ^ 1]) + blob[-7:])


def test_an_archive_that_goes_on_after_its_end_is_not_read_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = Source(io.BytesIO(archive([regular_file("a", b"1")]) + bytes(1 << 20)))
    monkeypatch.setattr(stream, "MAXIMUM_STREAM_BYTES", 1 << 19)
    for _ in members_of(source):
        pass
    with pytest.raises(BadArchive, match="the archive is larger than"):
        source.finish()
