"""A task whose image is not here yet: from the call until it runs, next to podman's pull and run.

The image is real files of this machine, some 500 MB in five layers as gzip leaves them, in a
registry on loopback. Each round begins with nothing at hand. As root.
"""

import contextlib
import os
import shutil
import statistics
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from tests.support.engine import RunningEngine
from tests.support.images import Layer, build_image, busybox_tree, digest_of, layer_of, push

from bench import peers
from bench.hosted import Hosted, workplace

ROUNDS, LAYERS, LAYER_BYTES = 3, 5, 100_000_000
SOURCES = (Path("/usr/lib"), Path("/usr/share"))
GOAL = 0.5


def files_of_this_machine() -> Iterator[tuple[str, int]]:
    for source in SOURCES:
        for folder, _, names in os.walk(source):
            for name in sorted(names):
                path = Path(folder, name)
                if path.is_file() and not path.is_symlink():
                    yield str(path), path.stat().st_size


def layers(folder: Path) -> list[Layer]:
    """Each of other files than the ones before."""
    made: list[Layer] = []
    files = files_of_this_machine()
    for number in range(LAYERS):
        listed, size = [], 0
        while size < LAYER_BYTES:
            path, bytes_ = next(files)
            listed.append(path.lstrip("/"))
            size += bytes_
        names = folder / f"layer-{number}"
        names.write_text("\n".join(listed))
        tar = folder / f"layer-{number}.tar"
        subprocess.run(["tar", "-C", "/", "-cf", tar, "-T", names], check=True)
        subprocess.run(["gzip", "-6", "-k", tar], check=True)
        blob = tar.with_suffix(".tar.gz").read_bytes()
        made.append(Layer(blob=blob, diff_id=digest_of(tar.read_bytes())))
    return made


@contextlib.contextmanager
def engine_in(folder: Path) -> Iterator[RunningEngine]:
    """It stays while podman runs: it also mends hybrid cgroups, on which crun refuses."""
    engine = RunningEngine(folder / "state")
    engine.start()
    try:
        yield engine
    finally:
        engine.purge()


def hostless_seconds(engine: RunningEngine, image: str) -> float:
    hosted = Hosted(engine, image)
    started = time.perf_counter()
    arns = hosted.run()
    hosted.wait(arns, "RUNNING")
    took = time.perf_counter() - started
    hosted.stop(arns)
    hosted.wait(arns, "STOPPED")
    return took


def podman_seconds(folder: Path, image: str) -> float:
    """The pull in the host's network, where the registry is."""
    home = folder / "podman"
    places = ("--root", home / "root", "--runroot", home / "run")
    peer = peers.Peer("podman", ["podman", *places], "-t", "0")
    try:
        started = time.perf_counter()
        peers.run("podman", *places, "pull", "--tls-verify=false", image)
        peers.run("podman", *places, "tag", image, peers.IMAGE)
        container = peer.start()
        took = time.perf_counter() - started
        peer.remove([container])
    finally:
        peers.run("podman", *places, "rmi", "-fa", check=False)
        shutil.rmtree(home, ignore_errors=True)
    return took


def main() -> None:
    with workplace() as (folder, registry), peers.namespace():
        made = layers(folder)
        image = build_image([*made, layer_of(busybox_tree())])
        push(registry, "large:1", image)
        packed = sum(len(layer.blob) for layer in made)
        print(f"{LAYERS} layers, {LAYERS * LAYER_BYTES / 1e6:.0f} MB, {packed / 1e6:.0f} MB packed")
        ours, others = [], []
        for _ in range(ROUNDS):
            with engine_in(folder) as engine:
                ours.append(hostless_seconds(engine, f"{registry}/large:1"))
                others.append(podman_seconds(folder, f"{registry}/large:1"))
        shares = [one / other for one, other in zip(ours, others, strict=True)]
        print(f"  hostless {told(ours)} s, podman {told(others)} s")
        print(f"  ratio {statistics.median(shares):.2f} of podman's time (goal {GOAL})")


def told(seconds: list[float]) -> str:
    return f"{statistics.median(seconds):.1f} ({min(seconds):.1f} to {max(seconds):.1f})"


if __name__ == "__main__":
    main()
