"""How long until a container's process runs, and how many tasks start in a second.

hostless: from the RunTask call until DescribeTasks says RUNNING to a polling client, and until the
engine's own `startedAt`; image cached, own network namespace, limits, seccomp profile, durable
state. podman, docker: `run -d` on the default bridge network with the same limits.

usage: python -m bench.task_start [RUNS] [TASKS]
"""

import concurrent.futures
import statistics
import sys
import time
from pathlib import Path

from bench.hosted import Hosted, hosted, workplace
from bench.peers import Peer, archive_of, docker, namespace, podman

WORKERS = 4


def latency_of_hostless(bench: Hosted, runs: int) -> tuple[list[float], list[float]]:
    seen, started, arns = [], [], []
    for _ in range(runs):
        begin, wall = time.perf_counter(), time.time()
        (arn,) = bench.run()
        while True:
            (task,) = bench.tasks([arn])
            if task["lastStatus"] == "RUNNING":
                break
            time.sleep(0.002)
        seen.append((time.perf_counter() - begin) * 1e3)
        started.append((task["startedAt"].timestamp() - wall) * 1e3)
        arns.append(arn)
    bench.stop(arns)
    return seen, started


def latency_of_peer(peer: Peer, runs: int) -> list[float]:
    taken = []
    for _ in range(runs):
        begin = time.perf_counter()
        identity = peer.start()
        taken.append((time.perf_counter() - begin) * 1e3)
        peer.remove([identity])
    return taken


def rate_of_hostless(bench: Hosted, count: int) -> float:
    begin = time.time()
    arns: list[str] = []
    while len(arns) < count:
        arns += bench.run(min(10, count - len(arns)))
    bench.wait(arns, "RUNNING", every=0.5)
    last = max(task["startedAt"].timestamp() for task in bench.tasks(arns))
    bench.stop(arns)
    return count / (last - begin)


def rate_of_peer(peer: Peer, count: int) -> float:
    begin = time.perf_counter()
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        ids = list(pool.map(lambda _: peer.start(), range(count)))
    rate = count / (time.perf_counter() - begin)
    peer.remove(ids)
    return rate


def main(runs: int, count: int) -> None:
    """The engine stays while the peers run: it also mends hybrid cgroups, on which crun refuses."""
    with workplace() as (folder, registry), hosted(folder, f"{registry}/busybox:1") as bench:
        bench.stop(bench.run(2))  # the image is cached from here on
        seen, started = latency_of_hostless(bench, runs)
        rate = rate_of_hostless(bench, count)
        own, by_clock = statistics.median(seen), statistics.median(started)
        print(f"hostless: {own:.0f} ms seen by a polling client (startedAt: {by_clock:.0f} ms)")
        print(f"          slowest of {runs}: {max(seen):.0f} ms; {rate:.1f} tasks/s over {count}")
        with namespace():
            archive = archive_of(registry, folder)
            for make, limit in ((podman, 4), (docker, 8)):
                compare(make, limit, folder, archive, (own, rate), (runs, count))


def compare(
    make: object,
    limit: int,
    folder: Path,
    archive: Path,
    own: tuple[float, float],
    size: tuple[int, int],
) -> None:
    runs, count = size
    with make(folder, archive) as peer:  # type: ignore[operator]
        peer.remove([peer.start()])
        median = statistics.median(latency_of_peer(peer, runs))
        rate = rate_of_peer(peer, min(count, 60))
    print(f"{peer.name}: {median:.0f} ms; {rate:.1f} containers/s over {min(count, 60)}")
    print(f"  start: 1/{median / own[0]:.1f} of {peer.name} (goal 1/{limit})")
    print(f"  rate: {own[1] / rate:.1f} times {peer.name}")


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:]]
    main(*(numbers + [30, 200][len(numbers) :]))
