"""How long until a process runs in a kernel of its own, beside docker's containers with runc.

hostless: tasks with gVisor, from the RunTask call until the task's `startedAt`, which is taken when
the container's process runs, while the client sleeps; image cached, own network interface, limits,
durable state. docker: `run -d` with runc on the default bridge network, with the same limits, until
it returns. They take turns. Beside them tasks as containers, for what gVisor costs.

usage: python -m bench.gvisor_start [RUNS]
"""

import statistics
import sys
from contextlib import ExitStack

from bench.hosted import Hosted, hosted, workplace
from bench.peers import archive_of, docker, namespace
from bench.task_start import start_hostless, start_peer


def level_of(bench: Hosted, arn: str) -> str:
    (task,) = bench.tasks([arn])
    shown = {each["name"]: each["value"] for each in task["attributes"]}
    return str(shown["hostless.isolation"])


def main(runs: int) -> None:
    with ExitStack() as places:
        folder, registry = places.enter_context(workplace())
        image = f"{registry}/busybox:1"
        levels: dict[str, Hosted] = {}
        for level in ("gvisor", "container"):
            (folder / level).mkdir()
            levels[level] = places.enter_context(
                hosted(folder / level, image, "--isolation", level)
            )
            levels[level].stop(levels[level].run(2))  # the image is cached from here on
        places.enter_context(namespace())
        peer = places.enter_context(docker(folder, archive_of(registry, folder)))
        peer.remove([peer.start()])
        taken: dict[str, list[float]] = {level: [] for level in (*levels, "docker")}
        for _ in range(runs):
            begun: dict[str, str] = {}
            for level, bench in levels.items():
                begun[level], milliseconds = start_hostless(bench)
                assert level_of(bench, begun[level]) == level
                taken[level].append(milliseconds)
            identity, milliseconds = start_peer(peer)
            taken["docker"].append(milliseconds)
            for level, bench in levels.items():
                bench.stop([begun[level]])
            peer.remove([identity])
    show(taken)


def show(taken: dict[str, list[float]]) -> None:
    middle = {name: statistics.median(each) for name, each in taken.items()}
    for name, each in taken.items():
        print(f"{name}: {middle[name]:.0f} ms, {min(each):.0f} to {max(each):.0f} of {len(each)}")
    print(f"gvisor takes {middle['gvisor'] / middle['docker']:.2f} of docker's time (goal 1)")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
