"""How long until a container's process runs, and how many tasks start in a second.

hostless: from the RunTask call until the task's `startedAt`, which is taken when the container's
process runs, while the client sleeps; and, in starts of its own, until a client that polls
DescribeTasks sees RUNNING. The polls cost a core and more, of two: that figure is also theirs.
And until `startedAt` of a task of two containers with dependsOn, a volume and a health check.
Image cached, own network namespace, limits, seccomp profile, durable state. podman, docker:
`run -d` on the default bridge network with the same limits, until it returns.

usage: python -m bench.task_start [RUNS] [TASKS]
"""

import concurrent.futures
import statistics
import sys
import time
from contextlib import ExitStack

from bench.hosted import Hosted, hosted, workplace
from bench.peers import Peer, archive_of, docker, namespace, podman

WORKERS = 4
ASIDE_SECONDS = 0.1
"""How long the client keeps off a task that it wants to know the start of."""
GOALS = (4, 8)
"""Of podman's and of docker's time to start, the part that may be taken."""


def start_hostless(bench: Hosted) -> tuple[str, float]:
    """The task, and milliseconds from the call until its `startedAt`."""
    wall = time.time()
    (arn,) = bench.run()
    time.sleep(ASIDE_SECONDS)
    while (task := bench.tasks([arn])[0])["lastStatus"] != "RUNNING":
        time.sleep(ASIDE_SECONDS)
    return arn, (task["startedAt"].timestamp() - wall) * 1e3


def start_polled(bench: Hosted) -> tuple[str, float]:
    """The task, and milliseconds from the call until a client saw RUNNING."""
    begin = time.perf_counter()
    (arn,) = bench.run()
    while bench.tasks([arn])[0]["lastStatus"] != "RUNNING":
        time.sleep(0.002)
    return arn, (time.perf_counter() - begin) * 1e3


def start_peer(peer: Peer) -> tuple[str, float]:
    begin = time.perf_counter()
    identity = peer.start()
    return identity, (time.perf_counter() - begin) * 1e3


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
    with ExitStack() as places:
        folder, registry = places.enter_context(workplace())
        bench = places.enter_context(hosted(folder, f"{registry}/busybox:1"))
        bench.stop(bench.run(2))  # the image is cached from here on
        places.enter_context(namespace())
        archive = archive_of(registry, folder)
        peers = [places.enter_context(make(folder, archive)) for make in (podman, docker)]
        for peer in peers:
            peer.remove([peer.start()])
        seen = show_latency(bench, peers, runs)
        print(f"          slowest of {runs}: {max(seen):.0f} ms")
        show_whole(bench, peers, runs)
        rate = rate_of_hostless(bench, count)
        print(f"hostless: {rate:.1f} tasks/s over {count}")
        for peer in peers:
            theirs = rate_of_peer(peer, min(count, 60))
            print(f"{peer.name}: {theirs:.1f} containers/s over {min(count, 60)}")
            print(f"  rate: {rate / theirs:.1f} times {peer.name}")


def show_latency(bench: Hosted, peers: list[Peer], runs: int) -> list[float]:
    """They take turns, so that whatever else the machine does meets all of them alike.

    Nothing is removed in between: the kernel takes networks down under a lock that starts need.
    """
    own: list[tuple[str, float]] = []
    polled: list[tuple[str, float]] = []
    taken: dict[str, list[tuple[str, float]]] = {peer.name: [] for peer in peers}
    for _ in range(runs):
        own.append(start_hostless(bench))
        polled.append(start_polled(bench))
        for peer in peers:
            taken[peer.name].append(start_peer(peer))
    bench.stop([arn for arn, _ in own + polled])
    for peer in peers:
        peer.remove([identity for identity, _ in taken[peer.name]])
    started, seen = _median(own), _median(polled)
    print(f"hostless: {started:.0f} ms until startedAt, {seen:.0f} ms seen by a polling client")
    for peer, goal in zip(peers, GOALS, strict=True):
        theirs = _median(taken[peer.name])
        shares = f"1/{theirs / started:.1f} until startedAt, 1/{theirs / seen:.1f} until seen"
        print(f"{peer.name}: {theirs:.0f} ms; hostless takes {shares} (goal 1/{goal})")
    return [milliseconds for _, milliseconds in own]


VOLUME = {"mountPoints": [{"sourceVolume": "data", "containerPath": "/data"}]}
CHECKED = {"healthCheck": {"command": ["CMD-SHELL", "exit 0"]}}
AFTER = {"dependsOn": [{"containerName": "c0", "condition": "START"}]}


def show_whole(bench: Hosted, peers: list[Peer], runs: int) -> None:
    """A container with a volume and a health check, and two, of which it waits for the other.

    Next to as many of the peers, with the volume: podman checks no health where systemd does not
    run.
    """
    definitions = (({**VOLUME, **CHECKED},), ({}, {**VOLUME, **CHECKED, **AFTER}))
    for containers in definitions:
        bench.define(*containers, volumes=[{"name": "data"}])
        own: list[tuple[str, float]] = []
        taken: dict[str, list[float]] = {peer.name: [] for peer in peers}
        for _ in range(runs):
            own.append(start_hostless(bench))
            for peer in peers:
                begin = time.perf_counter()
                identities = peer.start_joined(len(containers))
                taken[peer.name].append((time.perf_counter() - begin) * 1e3)
                for each in identities[
                    ::-1
                ]:  # podman removes those it is told at once side by side
                    peer.remove([each])
        bench.stop([arn for arn, _ in own])
        started = _median(own)
        what = ", dependsOn" if len(containers) > 1 else ""
        print(f"with a volume and a health check{what}, containers: {len(containers)}")
        print(f"  hostless: {started:.0f} ms")
        for peer, goal in zip(peers, GOALS, strict=True):
            theirs = statistics.median(taken[peer.name])
            print(f"  {peer.name}: {theirs:.0f} ms; 1/{theirs / started:.1f} (goal 1/{goal})")
    bench.define({})


def _median(starts: list[tuple[str, float]]) -> float:
    return statistics.median(milliseconds for _, milliseconds in starts)


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:]]
    main(*(numbers + [30, 200][len(numbers) :]))
