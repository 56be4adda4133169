"""Assembles a small web server image from Debian's busybox and pushes it to a registry.

The demo and the tests need an image on machines without internet: this makes one out of
`/bin/busybox` (package busybox-static) with the standard library alone. No image building in
general: that is what `docker build` and its like are for.

usage: demo_image.py 127.0.0.1:5000/hostless/demo:1    prints the reference with its digest
"""

import gzip
import hashlib
import http.client
import io
import json
import subprocess
import sys
import tarfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode, urlsplit

BUSYBOX = Path("/bin/busybox")
MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
CONFIG_TYPE = "application/vnd.oci.image.config.v1+json"
GZIP_LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar+gzip"
PATH_IN_IMAGE = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
SECONDS_TO_ANSWER = 30

PAGE = """<!doctype html>
<title>hostless</title>
<h1>Served by a Fargate task on this machine</h1>
"""

# The first process of a container gets no default signal actions: without the trap SIGTERM would
# be ignored and the task would stop only after its whole stopTimeout.
SERVE = """#!/bin/sh
httpd -f -v -p "${PORT:-80}" -h /www &
trap 'echo stopping; kill $!; exit 0' TERM INT
echo "serving /www on port ${PORT:-80}"
wait $!
"""

Entry = tuple[tarfile.TarInfo, bytes]


def entry(path: str, kind: bytes, mode: int, content: bytes = b"", target: str = "") -> Entry:
    """One member of a layer; `kind` is one of tarfile's types."""
    info = tarfile.TarInfo(path)
    info.type, info.mode, info.size, info.linkname = kind, mode, len(content), target
    return info, content


def directory(path: str, mode: int = 0o755) -> Entry:
    return entry(path, tarfile.DIRTYPE, mode)


def regular_file(path: str, content: bytes, mode: int = 0o644) -> Entry:
    return entry(path, tarfile.REGTYPE, mode, content)


def symbolic_link(path: str, target: str) -> Entry:
    return entry(path, tarfile.SYMTYPE, 0o777, target=target)


def busybox_tree() -> list[Entry]:
    """A root file system with every applet of busybox in /bin, and users root and nobody."""
    listed = subprocess.run([BUSYBOX, "--list"], capture_output=True, text=True, check=True)
    applets = [name for name in listed.stdout.split() if name != "busybox"]
    return [
        *(directory(path) for path in ("bin", "dev", "etc", "proc", "sys", "var", "www")),
        directory("root", 0o700),
        directory("tmp", 0o1777),
        regular_file("bin/busybox", BUSYBOX.read_bytes(), 0o755),
        *(symbolic_link(f"bin/{name}", "busybox") for name in applets),
        regular_file(
            "etc/passwd",
            b"root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n",
        ),
        regular_file("etc/group", b"root:x:0:\nnogroup:x:65534:\n"),
    ]


def archive(entries: Iterable[Entry]) -> bytes:
    """The entries as an uncompressed tar file, in their order."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for info, content in entries:
            tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def digest_of(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltImage:
    """An image in memory. blobs: config and layers by digest."""

    manifest: bytes
    media_type: str = MANIFEST_TYPE
    blobs: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        return digest_of(self.manifest)


def descriptor(media_type: str, content: bytes) -> dict[str, object]:
    return {"mediaType": media_type, "digest": digest_of(content), "size": len(content)}


def demo_image() -> BuiltImage:
    """Busybox as a web server on $PORT (80) that serves /www and ends on SIGTERM."""
    entries = [
        *busybox_tree(),
        regular_file("www/index.html", PAGE.encode()),
        regular_file("bin/serve", SERVE.encode(), 0o755),
    ]
    tar = archive(entries)
    layer = gzip.compress(tar, 6, mtime=0)
    config = json.dumps(
        {
            "architecture": machine_architecture(),
            "os": "linux",
            "config": {
                "Cmd": ["/bin/serve"],
                "Env": [f"PATH={PATH_IN_IMAGE}"],
                "ExposedPorts": {"80/tcp": {}},
            },
            "rootfs": {"type": "layers", "diff_ids": [digest_of(tar)]},
        }
    ).encode()
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST_TYPE,
        "config": descriptor(CONFIG_TYPE, config),
        "layers": [descriptor(GZIP_LAYER_TYPE, layer)],
    }
    return BuiltImage(
        manifest=json.dumps(manifest).encode(),
        blobs={digest_of(content): content for content in (config, layer)},
    )


def machine_architecture() -> str:
    """This machine's architecture as OCI spells it."""
    machine = subprocess.run(["uname", "-m"], capture_output=True, text=True, check=True)
    return {"x86_64": "amd64", "aarch64": "arm64"}[machine.stdout.strip()]


class Registry:
    """Pushes to one registry on a loopback address, over plain HTTP."""

    def __init__(self, address: str, headers: Mapping[str, str] | None = None) -> None:
        self._connection = http.client.HTTPConnection(address, timeout=SECONDS_TO_ANSWER)
        self._headers = dict(headers or {})

    def close(self) -> None:
        self._connection.close()

    def _ask(
        self, method: str, path: str, wanted: tuple[int, ...], body: bytes = b"", kind: str = ""
    ) -> http.client.HTTPResponse:
        headers = self._headers | ({"Content-Type": kind} if kind else {})
        self._connection.request(method, path, body=body, headers=headers)
        answer = self._connection.getresponse()
        text = answer.read()
        if answer.status not in wanted:
            raise RuntimeError(f"{method} {path}: {answer.status} {text.decode(errors='replace')}")
        return answer

    def put_blob(self, repository: str, content: bytes) -> None:
        digest = digest_of(content)
        if self._ask("HEAD", f"/v2/{repository}/blobs/{digest}", (200, 404)).status == 200:
            return
        begun = self._ask("POST", f"/v2/{repository}/blobs/uploads/", (202,))
        place = urlsplit(begun.headers["Location"])
        query = "&".join(filter(None, [place.query, urlencode({"digest": digest})]))
        kind = "application/octet-stream"
        self._ask("PUT", f"{place.path}?{query}", (201,), content, kind)

    def put_manifest(self, repository: str, tag: str, content: bytes, media_type: str) -> None:
        self._ask("PUT", f"/v2/{repository}/manifests/{tag}", (201,), content, media_type)


def push(reference: str, image: BuiltImage, headers: Mapping[str, str] | None = None) -> str:
    """Push to `127.0.0.1:PORT/name:tag`; returns `127.0.0.1:PORT/name@sha256:…`."""
    address, _, path = reference.partition("/")
    repository, _, tag = path.partition(":")
    registry = Registry(address, headers)
    try:
        for content in image.blobs.values():
            registry.put_blob(repository, content)
        registry.put_manifest(repository, tag or "latest", image.manifest, image.media_type)
    finally:
        registry.close()
    return f"{address}/{repository}@{image.digest}"


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    print(push(sys.argv[1], demo_image()))
