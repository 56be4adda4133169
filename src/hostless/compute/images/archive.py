"""A layer as a stream: decompressed by one thread, hashed by another, read as a tar archive.

Part of the program `unpack`. What the members become on disk is `tree`'s business. Inflating,
hashing and writing all let go of the interpreter lock, so a single large layer keeps three cores
busy, and the download a fourth (docs/adr/0016).
"""

import hashlib
import io
import queue
import tarfile
import threading
from collections.abc import Iterator
from typing import Any

CHUNK_BYTES = 256 * 1024
CHUNKS_AHEAD = 16
MAXIMUM_HEADER_BYTES = 1024**2
"""Of the extended headers of one member; Go's reader, and so containerd, has the same limit."""
MAXIMUM_ENTRIES = 5_000_000
MAXIMUM_STREAM_BYTES = 256 * 1024**3
"""Uncompressed, with headers and padding: more than the largest layer that may be unpacked."""

_GZIP = b"\x1f\x8b"
_ZSTD = b"\x28\xb5\x2f\xfd"
_ZSTD_SKIPPABLE = b"\x2a\x4d\x18"
_MAGIC_BYTES = 4
_STREAM_ERRORS: tuple[type[Exception], ...] = (OSError, EOFError, MemoryError)


class BadArchive(Exception):
    """The archive is broken or hostile."""


class Source:
    """The uncompressed archive, read ahead and hashed by threads; forward only."""

    def __init__(self, compressed: io.RawIOBase) -> None:
        self._reader, self._errors = _open_stream(compressed)
        self._digest = hashlib.sha256()
        self._chunks: queue.Queue[bytes | Exception] = queue.Queue(CHUNKS_AHEAD)
        self._unhashed: queue.Queue[bytes] = queue.Queue(CHUNKS_AHEAD)
        self._chunk = memoryview(b"")
        self._position = 0
        threading.Thread(target=self._read_ahead, daemon=True).start()
        self._hashing = threading.Thread(target=self._hash, daemon=True)
        self._hashing.start()

    def _read_ahead(self) -> None:
        try:
            while chunk := self._reader.read(CHUNK_BYTES):
                self._unhashed.put(chunk)
                self._chunks.put(chunk)
        except self._errors as error:
            self._chunks.put(error)
        finally:
            self._unhashed.put(b"")
            self._chunks.put(b"")

    def _hash(self) -> None:
        while chunk := self._unhashed.get():
            self._digest.update(chunk)

    def read(self, size: int) -> bytes:
        """Less than `size` bytes only at the end. Raises BadArchive."""
        if size > MAXIMUM_HEADER_BYTES:
            raise BadArchive(f"archive/tar: a header of {size} bytes")
        return b"".join(self.pieces(size))

    def pieces(self, size: int) -> Iterator[memoryview]:
        """The next `size` bytes as they lie in memory, fewer at the end. Raises BadArchive."""
        while size and self.has_more():
            piece = self._chunk[:size]
            self._chunk = self._chunk[len(piece) :]
            self._position += len(piece)
            size -= len(piece)
            yield piece

    def has_more(self) -> bool:
        return bool(self._chunk) or self._next_chunk()

    def _next_chunk(self) -> bool:
        chunk = self._chunks.get()
        if isinstance(chunk, Exception):
            raise BadArchive(f"{type(chunk).__name__}: {chunk}") from chunk
        if not chunk:
            self._chunks.put(b"")
        if self._position + len(chunk) > MAXIMUM_STREAM_BYTES:
            raise BadArchive(f"the archive is larger than {MAXIMUM_STREAM_BYTES} bytes")
        self._chunk = memoryview(chunk)
        return bool(chunk)

    def tell(self) -> int:
        return self._position

    def seek(self, position: int) -> None:
        for _ in self.pieces(max(0, position - self._position)):
            pass
        if self._position < position:
            raise BadArchive("unexpected EOF")

    def finish(self) -> str:
        """Read what follows the archive's end; the digest of everything."""
        for _ in self.pieces(MAXIMUM_STREAM_BYTES):
            pass
        self._hashing.join()
        return f"sha256:{self._digest.hexdigest()}"


class _Joined(io.RawIOBase):
    """What was read of a stream to look at it, and then the stream."""

    def __init__(self, start: bytes, rest: io.RawIOBase) -> None:
        self._start = start
        self._rest = rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        if not self._start:
            return self._rest.readinto(buffer)
        size = min(len(buffer), len(self._start))
        buffer[:size], self._start = self._start[:size], self._start[size:]
        return size


def _open_stream(compressed: io.RawIOBase) -> tuple[Any, tuple[type[Exception], ...]]:
    """The uncompressed stream and its errors, by the first bytes: gzip, zstd, or neither."""
    start = b""
    while len(start) < _MAGIC_BYTES and (more := compressed.read(_MAGIC_BYTES - len(start))):
        start += more
    stream = io.BufferedReader(_Joined(start, compressed), CHUNK_BYTES)
    if start.startswith(_GZIP):
        from isal import igzip, igzip_lib

        unzipped = igzip.IGzipFile(fileobj=stream, mode="rb")  # type: ignore[no-untyped-call]
        broken: Any = igzip_lib.IsalError  # an exception class, an instance in the stubs
        return unzipped, (*_STREAM_ERRORS, broken)
    if start == _ZSTD or start[1:] == _ZSTD_SKIPPABLE:
        import zstandard

        expanded = zstandard.ZstdDecompressor().stream_reader(
            stream, read_size=CHUNK_BYTES, read_across_frames=True
        )
        return expanded, (*_STREAM_ERRORS, zstandard.ZstdError)
    return stream, _STREAM_ERRORS


class _Header(tarfile.TarInfo):
    """Like the library's, but a broken header in the middle is an error, not the end."""

    @classmethod
    def fromtarfile(cls, tar: tarfile.TarFile) -> "_Header":
        try:
            return super().fromtarfile(tar)
        except (
            tarfile.InvalidHeaderError,  # type: ignore[attr-defined]
            tarfile.TruncatedHeaderError,  # type: ignore[attr-defined]
            tarfile.SubsequentHeaderError,  # type: ignore[attr-defined]
        ) as error:
            raise BadArchive(f"archive/tar: invalid tar header: {error}") from error


def members_of(source: Source) -> Iterator[tarfile.TarInfo]:
    """The archive's headers; the source stands at the member's data. No bytes: no members."""
    if not source.has_more():
        return
    tar = tarfile.TarFile(
        fileobj=source,  # type: ignore[arg-type]
        tarinfo=_Header,
        encoding="utf-8",
        errors="surrogateescape",
    )
    for _ in range(MAXIMUM_ENTRIES):
        if (info := tar.next()) is None:
            return
        tar.members.clear()  # type: ignore[attr-defined]
        yield info

    raise BadArchive(f"the layer has more than {MAXIMUM_ENTRIES} entries")
