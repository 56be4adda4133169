"""The seccomp profile, resolved for a container, and the cache of compiled filters."""

import base64
from collections.abc import Callable
from pathlib import Path

import pytest

from hostless.compute.local.oci_spec import capabilities_of
from hostless.compute.local.seccomp import (
    BPF_ANNOTATION,
    FilterCache,
    Section,
    default_profile,
    resolve_profile,
)
from hostless.compute.seam import ContainerSpec

DEFAULT = capabilities_of(ContainerSpec(name="c", image="i"))


def allowed(section: Section) -> set[str]:
    """Calls that are allowed whatever their arguments."""
    return {
        name
        for rule in section["syscalls"]
        if rule["action"] == "SCMP_ACT_ALLOW" and not rule.get("args")
        for name in rule["names"]
    }


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_ordinary_calls_are_allowed_and_those_that_leave_the_container_are_not(
    machine: str,
) -> None:
    calls = allowed(resolve_profile(default_profile(), machine, DEFAULT))
    assert {"read", "write", "execve", "openat", "socketpair", "futex", "ptrace"} <= calls
    refused = {"mount", "umount2", "unshare", "setns", "pivot_root", "bpf", "kexec_load", "reboot"}
    refused |= {"init_module", "clone", "clone3", "syslog", "open_by_handle_at", "swapon"}
    refused |= {
        "keyctl",
        "add_key",
        "request_key",
        "io_uring_setup",
        "userfaultfd",
        "perf_event_open",
    }
    assert not calls & (refused - {"reboot"})


def test_clone_is_allowed_but_for_new_namespaces() -> None:
    section = resolve_profile(default_profile(), "x86_64", DEFAULT)
    rules = [rule for rule in section["syscalls"] if "clone" in rule["names"]]
    assert [rule["args"][0]["op"] for rule in rules if rule["action"] == "SCMP_ACT_ALLOW"] == [
        "SCMP_CMP_MASKED_EQ"
    ]


_COMPARE: dict[str, Callable[[int, int, int], bool]] = {
    "SCMP_CMP_EQ": lambda given, value, _: given == value,
    "SCMP_CMP_MASKED_EQ": lambda given, mask, value: given & mask == value,
}


@pytest.mark.parametrize("dropped", [[], ["AUDIT_WRITE"]])
@pytest.mark.parametrize("above", [0, 1 << 32, 5 << 40])
def test_sockets_to_the_machine_below_or_its_ciphers_are_refused_and_all_others_are_not(
    dropped: list[str], above: int
) -> None:
    """AF_VSOCK leads from a virtual machine to its host, past every network namespace; by AF_ALG
    what tasks share read-only was written to. above: what the kernel does not look at."""
    wish = ContainerSpec(name="c", image="i", capabilities_dropped=tuple(dropped))
    section = resolve_profile(default_profile(), "x86_64", capabilities_of(wish))
    rules = [
        rule["args"]
        for rule in section["syscalls"]
        if "socket" in rule["names"] and rule["action"] == "SCMP_ACT_ALLOW"
    ]

    def is_allowed(*given: int) -> bool:
        return any(
            all(_COMPARE[a["op"]](given[a["index"]], a["value"], a["valueTwo"]) for a in arguments)
            for arguments in rules
        )

    refused = [family for family in range(46) if not is_allowed(above | family, 1, 0)]
    assert refused == [38, 40]
    protocols = [number for number in range(32) if not is_allowed(above | 16, 3, above | number)]
    assert protocols == ([9] if dropped else [])


def test_sockets_by_a_call_whose_arguments_no_filter_sees_are_refused() -> None:
    """With an error that is not the default's: a runtime would leave the rule out as needless, and
    libseccomp then makes one of its own that lets `socket` through."""
    section = resolve_profile(default_profile(), "x86_64", DEFAULT)
    rules = [rule for rule in section["syscalls"] if "socketcall" in rule["names"]]
    assert [rule["action"] for rule in rules] == ["SCMP_ACT_ERRNO"]
    assert rules[0]["errnoRet"] != section["defaultErrnoRet"]


def test_capabilities_open_and_close_calls() -> None:
    profile = default_profile()
    with_trace = allowed(resolve_profile(profile, "x86_64", [*DEFAULT, "CAP_SYS_PTRACE"]))
    assert with_trace - allowed(resolve_profile(profile, "x86_64", DEFAULT)) == {
        "kcmp",
        "process_madvise",
    }
    without_chroot = set(DEFAULT) - {"CAP_SYS_CHROOT"}
    assert "chroot" not in allowed(resolve_profile(profile, "x86_64", without_chroot))


def test_an_architecture_has_its_own_calls_and_its_older_ones() -> None:
    section = resolve_profile(default_profile(), "x86_64", DEFAULT)
    assert section["architectures"] == ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"]
    assert "arch_prctl" in allowed(section)
    assert "arch_prctl" not in allowed(resolve_profile(default_profile(), "aarch64", DEFAULT))


def test_what_was_compiled_once_is_handed_over_ready(tmp_path: Path) -> None:
    cache = FilterCache(tmp_path / "filters", "crun 1")
    first = cache.filter_for(DEFAULT)
    assert first.annotations == {}
    assert first.spec_section == first.section
    compiled = tmp_path / "seccomp.bpf"
    compiled.write_bytes(b"12345678" * 3)
    cache.keep(first, compiled)
    for again in (cache, FilterCache(tmp_path / "filters", "crun 1")):
        found = again.filter_for(DEFAULT)
        assert found.annotations == {BPF_ANNOTATION: base64.b64encode(b"12345678" * 3).decode()}
        assert found.spec_section == {"defaultAction": "SCMP_ACT_ERRNO"}


def test_another_runtime_or_other_capabilities_do_not_share_a_filter(tmp_path: Path) -> None:
    cache = FilterCache(tmp_path, "crun 1")
    compiled = tmp_path / "bpf"
    compiled.write_bytes(b"12345678")
    cache.keep(cache.filter_for(DEFAULT), compiled)
    assert cache.filter_for([]).compiled is None
    assert FilterCache(tmp_path, "crun 2").filter_for(DEFAULT).compiled is None


def test_nothing_or_half_an_instruction_is_not_kept(tmp_path: Path) -> None:
    cache = FilterCache(tmp_path, "crun 1")
    used = cache.filter_for(DEFAULT)
    cache.keep(used, tmp_path / "missing")
    (tmp_path / "half").write_bytes(b"1234")
    cache.keep(used, tmp_path / "half")
    assert cache.filter_for(DEFAULT).compiled is None
