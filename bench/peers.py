"""The peers: podman and docker on their default bridge networks, each with the image at hand.

Both run in a network namespace of their own, because they rewrite the host's rules and leave
bridges behind; folders and sockets are private too, so nothing is left on the machine.
"""

import contextlib
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

NAMESPACE = "hostless-bench"
IMAGE = "localhost/busybox:1"


def run(*command: str | Path, check: bool = True) -> str:
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if check and done.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))}: {done.stderr}")
    return done.stdout


@contextlib.contextmanager
def namespace() -> Iterator[None]:
    run("ip", "netns", "add", NAMESPACE)
    run("nsenter", f"--net=/run/netns/{NAMESPACE}", "ip", "link", "set", "lo", "up")
    try:
        yield
    finally:
        run("ip", "netns", "del", NAMESPACE)


class Peer:
    """A container command line; `prefix` goes before every subcommand."""

    def __init__(self, name: str, prefix: Sequence[str | Path], *remove_flags: str) -> None:
        self.name = name
        self.remove_flags = remove_flags
        self.prefix = ["nsenter", f"--net=/run/netns/{NAMESPACE}", *prefix]

    def start(self, *more: str) -> str:
        """`run -d` a container with the same limits that a small Fargate task has; its id.

        more: flags.
        """
        limits = [
            *("-m", "512m"),
            *("--cpus", "0.25"),
            *("--ulimit", "nofile=1024:4096"),
            *("--ulimit", "nproc=1024:4096"),
        ]
        return run(*self.prefix, "run", "-d", *limits, *more, IMAGE, "sleep", "1000000").strip()

    def start_joined(self, count: int) -> list[str]:
        """As many, one after the other, in the network of the first; the last has a volume."""
        started: list[str] = []
        for left in reversed(range(count)):
            joined = ("--network", f"container:{started[0]}") if started else ()
            started.append(self.start(*joined, *(() if left else ("--volume", "/data"))))
        return started

    def remove(self, ids: Sequence[str]) -> None:
        for at in range(0, len(ids), 50):
            run(*self.prefix, "rm", "-f", *self.remove_flags, *ids[at : at + 50])


@contextlib.contextmanager
def podman(folder: Path, archive: Path) -> Iterator[Peer]:
    home = folder / "podman"
    peer = Peer("podman", ["podman", "--root", home / "root", "--runroot", home / "run"], "-t", "0")
    run(*peer.prefix, "load", "-i", archive)
    try:
        yield peer
    finally:
        run(*peer.prefix, "rm", "-fa", "-t", "0", check=False)
        run(*peer.prefix, "rmi", "-fa", check=False)
        shutil.rmtree(home, ignore_errors=True)


@contextlib.contextmanager
def docker(folder: Path, archive: Path) -> Iterator[Peer]:
    home = folder / "docker"
    home.mkdir()
    socket = home / "docker.sock"
    flags = ["--data-root", home / "data", "--exec-root", home / "run", "-p", home / "pid"]
    with (home / "log").open("wb") as log:
        daemon = subprocess.Popen(
            [
                "nsenter",
                f"--net=/run/netns/{NAMESPACE}",
                "dockerd",
                *flags,
                "-H",
                f"unix://{socket}",
            ],
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
        )
    peer = Peer("docker", ["docker", "-H", f"unix://{socket}"])
    try:
        deadline = time.monotonic() + 60
        while not run(*peer.prefix, "version", "-f", "{{.Server.Version}}", check=False).strip():
            if time.monotonic() > deadline or daemon.poll() is not None:
                raise RuntimeError(f"dockerd does not serve: {(home / 'log').read_text()[-2000:]}")
            time.sleep(0.1)
        run(*peer.prefix, "load", "-i", archive)
        yield peer
    finally:
        ids = run(*peer.prefix, "ps", "-aq", check=False).split()
        if ids:
            peer.remove(ids)
        daemon.terminate()
        daemon.wait(60)
        shutil.rmtree(home, ignore_errors=True)


def archive_of(registry: str, folder: Path) -> Path:
    """The registry's busybox image as a file that podman and docker load."""
    path = folder / "busybox.tar"
    source = f"docker://{registry}/busybox:1"
    run("skopeo", "copy", "--src-tls-verify=false", source, f"docker-archive:{path}:{IMAGE}")
    return path
