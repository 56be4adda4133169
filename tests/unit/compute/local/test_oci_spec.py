"""The OCI spec of a container, from wishes, image and surroundings."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hostless.compute.images.image import ImageConfig
from hostless.compute.local.accounts import Account
from hostless.compute.local.oci_spec import (
    NoCommand,
    Surroundings,
    capabilities_of,
    command_of,
    environment_of,
    oci_spec,
    working_directory_of,
)
from hostless.compute.seam import ContainerSpec, FolderMount, MemoryMount, UlimitSpec

WISH = ContainerSpec(name="main", image="image", command=("run",))
IMAGE = ImageConfig()
AROUND = Surroundings(
    root=Path("/root-of-container"),
    cgroup="/hostless/e/t/c",
    host_name="ip-10-0-0-5.ec2.internal",
    etc=Path("/etc-of-task"),
    account=Account(uid=0, gid=0, home="/root"),
    task_memory_bytes=512 << 20,
    seccomp={"defaultAction": "SCMP_ACT_ERRNO"},
    namespace="/run/netns/task",
    annotations={"a": "b"},
    ceilings={},
)


def spec(wish: ContainerSpec = WISH, **around: Any) -> dict[str, Any]:
    return oci_spec(wish, IMAGE, replace(AROUND, **around))


@pytest.mark.parametrize(
    ("entry_point", "command", "wanted"),
    [
        ((), (), ("image-entry", "image-command")),
        ((), ("own",), ("image-entry", "own")),
        (("own-entry",), (), ("own-entry",)),
        (("own-entry",), ("own",), ("own-entry", "own")),
    ],
)
def test_commands_are_merged_as_docker_does(
    entry_point: tuple[str, ...], command: tuple[str, ...], wanted: tuple[str, ...]
) -> None:
    image = ImageConfig(entry_point=("image-entry",), command=("image-command",))
    assert command_of(replace(WISH, entry_point=entry_point, command=command), image) == wanted


def test_nothing_to_run_is_refused() -> None:
    with pytest.raises(NoCommand, match="no command specified"):
        command_of(replace(WISH, command=()), IMAGE)


def test_the_tasks_environment_wins_over_the_images_and_the_defaults() -> None:
    image = ImageConfig(environment=(("PATH", "/image"), ("A", "1"), ("B", "1")))
    wish = replace(WISH, environment=(("B", "2"), ("HOME", "/own")), has_terminal=True)
    assert environment_of(wish, image, "host", "/home/web") == (
        "PATH=/image",
        "HOSTNAME=host",
        "TERM=xterm",
        "A=1",
        "B=2",
        "HOME=/own",
    )


def test_home_is_the_accounts_when_nobody_says_otherwise() -> None:
    assert "HOME=/home/web" in environment_of(WISH, IMAGE, "host", "/home/web")


def test_a_working_directory_is_the_tasks_then_the_images_then_the_root() -> None:
    image = ImageConfig(working_directory="/image")
    assert working_directory_of(replace(WISH, working_directory="/own"), image) == "/own"
    assert working_directory_of(WISH, image) == "/image"
    assert working_directory_of(WISH, IMAGE) == "/"


def test_capabilities_are_dockers_but_for_what_is_added_and_dropped() -> None:
    assert len(capabilities_of(WISH)) == 14
    changed = replace(
        WISH, capabilities_added=("SYS_PTRACE",), capabilities_dropped=("CAP_CHOWN", "kill")
    )
    assert set(capabilities_of(changed)) ^ set(capabilities_of(WISH)) == {
        "CAP_SYS_PTRACE",
        "CAP_CHOWN",
        "CAP_KILL",
    }
    assert capabilities_of(replace(changed, capabilities_dropped=("ALL",))) == ("CAP_SYS_PTRACE",)


def test_a_user_that_is_not_root_has_bounding_capabilities_only() -> None:
    found = spec(account=Account(uid=5, gid=6, groups=(7, 6)))["process"]
    assert found["capabilities"]["effective"] == []
    assert found["capabilities"]["permitted"] == []
    assert len(found["capabilities"]["bounding"]) == 14
    assert found["user"] == {"uid": 5, "gid": 6, "additionalGids": [6, 7]}


def test_open_files_are_fargates_number_and_no_more_than_the_engine_may_give() -> None:
    def limits(**more: Any) -> dict[str, tuple[int, int]]:
        rows = spec(**more)["process"]["rlimits"]
        return {row["type"]: (row["soft"], row["hard"]) for row in rows}

    assert limits() == {"RLIMIT_NOFILE": (65535, 65535)}
    assert limits(ceilings={"nofile": 20000}) == {"RLIMIT_NOFILE": (20000, 20000)}
    assert limits(ceilings={"nofile": -1}) == {"RLIMIT_NOFILE": (65535, 65535)}
    wish = replace(
        WISH,
        ulimits=(
            UlimitSpec(name="nofile", soft=10, hard=30000),
            UlimitSpec(name="core", soft=-1, hard=-1),
        ),
    )
    assert limits(wish=wish, ceilings={"nofile": 20000, "core": 7}) == {
        "RLIMIT_NOFILE": (10, 20000),
        "RLIMIT_CORE": (7, 7),
    }


def test_an_unlimited_ulimit_is_the_greatest_number() -> None:
    wish = replace(WISH, ulimits=(UlimitSpec(name="memlock", soft=-1, hard=-1),))
    rows = spec(wish)["process"]["rlimits"]
    assert rows[1] == {"type": "RLIMIT_MEMLOCK", "soft": 2**64 - 1, "hard": 2**64 - 1}


def test_memory_and_shares_of_a_container() -> None:
    def resources(**wishes: Any) -> dict[str, Any]:
        found: dict[str, Any] = spec(replace(WISH, **wishes))["linux"]["resources"]
        return {"memory": found["memory"], "shares": found["cpu"]["shares"]}

    assert resources() == {"memory": {"limit": 512 << 20}, "shares": 2}
    assert resources(cpu_units=1) == {"memory": {"limit": 512 << 20}, "shares": 2}
    assert resources(cpu_units=300, memory_mib=64, memory_reservation_mib=32) == {
        "memory": {"limit": 64 << 20, "reservation": 32 << 20},
        "shares": 300,
    }


def test_the_network_is_the_tasks_and_all_else_the_containers_own() -> None:
    namespaces = spec()["linux"]["namespaces"]
    assert {"type": "network", "path": "/run/netns/task"} in namespaces
    own = {n["type"] for n in namespaces if "path" not in n}
    assert own == {"mount", "ipc", "uts", "pid", "cgroup"}
    assert {"type": "network"} in spec(namespace=None)["linux"]["namespaces"]


def test_processes_are_the_containers_own_the_tasks_or_the_sandboxs() -> None:
    shared = {"type": "pid", "path": "/proc/7/ns/pid"}
    assert shared in spec(pids=shared)["linux"]["namespaces"]
    assert "pid" not in {n["type"] for n in spec(pids=None)["linux"]["namespaces"]}


def test_etc_files_are_the_tasks() -> None:
    mounts = {m["destination"]: m for m in spec()["mounts"]}
    for name in ("hosts", "hostname", "resolv.conf"):
        assert mounts[f"/etc/{name}"]["source"] == f"/etc-of-task/{name}"
    assert "ro" in mounts["/sys/fs/cgroup"]["options"]


def test_an_init_process_is_put_before_the_command() -> None:
    wish = replace(WISH, has_init_process=True)
    found = spec(wish, init=Path("/usr/bin/catatonit"))
    assert found["process"]["args"] == ["/dev/init", "--", "run"]
    assert found["mounts"][-1]["source"] == "/usr/bin/catatonit"


def test_read_only_root_terminal_filter_and_notes_are_passed_on() -> None:
    found = spec(replace(WISH, is_root_read_only=True, has_terminal=True))
    assert found["root"] == {"path": "/root-of-container", "readonly": True}
    assert found["process"]["terminal"] is True
    assert found["linux"]["seccomp"] == {"defaultAction": "SCMP_ACT_ERRNO"}
    assert found["annotations"] == {"a": "b"}
    assert "seccomp" not in spec(seccomp=None)["linux"]


def test_volumes_and_memory_are_mounted_from_the_outside_in() -> None:
    wish = replace(
        WISH,
        memory_mounts=(
            MemoryMount(destination="/a/b", size_mib=2, options=("exec", "mode=700")),
            MemoryMount(destination="/a", size_mib=1),
        ),
    )
    volumes = (
        FolderMount(source=Path("/v/1"), destination="/a/b/c", is_read_only=True),
        FolderMount(source=Path("/v/2"), destination="/a-b"),
    )
    own = [m for m in spec(wish, volumes=volumes)["mounts"] if m["destination"].startswith("/a")]
    assert [(m["destination"], m["type"], m["options"]) for m in own] == [
        ("/a", "tmpfs", ["nosuid", "noexec", "nodev", "rprivate", "size=1048576"]),
        (
            "/a/b",
            "tmpfs",
            ["nosuid", "nodev", "rprivate", "exec", "mode=700", "size=2097152"],
        ),
        ("/a/b/c", "bind", ["rbind", "rprivate", "ro"]),
        ("/a-b", "bind", ["rbind", "rprivate"]),
    ]
