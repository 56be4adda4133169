"""The seccomp filter of containers: the default profile, resolved for one container.

`seccomp_profile.json` is derived from containers/common's default profile (Apache-2.0), with the
calls that make or enter namespaces and mounts refused as Docker's and containerd's profiles do.
What the kernel takes as `int` is compared by its lower 32 bits (a mask): the kernel looks at no
others, a filter at all 64. `socketcall` is refused: what it is asked for no filter sees.
Compiling the profile costs the runtime half of a start, so that the compiled form is kept
(`FilterCache`) and handed over ready.
"""

import base64
import hashlib
import importlib.resources
import platform
import shutil
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import msgspec

from hostless.compute.local.records import write_whole

Profile: TypeAlias = Mapping[str, Any]
"""In the form of the profiles of Docker and Podman: rules with `includes` and `excludes`."""
Section: TypeAlias = Mapping[str, Any]
"""`linux.seccomp` of an OCI spec."""

BPF_ANNOTATION = "run.oci.seccomp_bpf_data"
"""crun takes the compiled filter from here, base64. What it says of it: experimental."""

_GO_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
_OCI_ARCHITECTURES = {"x86_64": "SCMP_ARCH_X86_64", "aarch64": "SCMP_ARCH_AARCH64"}


def default_profile() -> Profile:
    text = importlib.resources.files(__package__).joinpath("seccomp_profile.json").read_bytes()
    profile: Profile = msgspec.json.decode(text)
    return profile


def resolve_profile(profile: Profile, machine: str, capabilities: Collection[str]) -> Section:
    """The section for a container on `machine` (as uname says it) with these `CAP_…`."""
    native = _OCI_ARCHITECTURES[machine]
    further: list[str] = next(
        (a["subArchitectures"] for a in profile["archMap"] if a["architecture"] == native), []
    )
    architecture = _GO_ARCHITECTURES[machine]
    return {
        "defaultAction": profile["defaultAction"],
        "defaultErrnoRet": profile["defaultErrnoRet"],
        "architectures": [native, *further],
        "syscalls": [
            {key: rule[key] for key in ("names", "action", "args", "errnoRet") if key in rule}
            for rule in profile["syscalls"]
            if _applies(rule, architecture, capabilities)
        ],
    }


def _applies(rule: Mapping[str, Any], architecture: str, capabilities: Collection[str]) -> bool:
    included, excluded = rule.get("includes", {}), rule.get("excludes", {})
    return (
        architecture in included.get("arches", [architecture])
        and set(included.get("caps", ())) <= set(capabilities)
        and architecture not in excluded.get("arches", ())
        and not set(excluded.get("caps", ())) & set(capabilities)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What goes into the OCI spec. key: of the compiled form; compiled: base64, None if not yet."""

    key: str
    section: Section
    compiled: str | None = None

    @property
    def spec_section(self) -> Section:
        """With a compiled filter at hand the section only keeps the runtime from skipping it.

        Were the annotation ignored, this section would refuse every call: it fails closed.
        """
        return self.section if self.compiled is None else {"defaultAction": "SCMP_ACT_ERRNO"}

    @property
    def annotations(self) -> Mapping[str, str]:
        return {} if self.compiled is None else {BPF_ANNOTATION: self.compiled}


class FilterCache:
    """Compiled filters in a folder, by runtime version, profile and machine.

    The first container of a kind is started with the profile itself; what the runtime compiled
    then is kept by `keep`.
    """

    def __init__(self, folder: Path, runtime_version: str) -> None:
        self._folder = folder
        self._version = runtime_version
        self._machine = platform.machine()
        self._profile = default_profile()
        self._ready: dict[frozenset[str], Filter] = {}

    def filter_for(self, capabilities: Collection[str]) -> Filter:
        wanted = frozenset(capabilities)
        known = self._ready.get(wanted)
        if known is not None:
            return known
        section = resolve_profile(self._profile, self._machine, wanted)
        text = msgspec.json.encode([self._version, self._machine, section])
        key = hashlib.sha256(text).hexdigest()
        found = Filter(key=key, section=section, compiled=self._compiled(key))
        if found.compiled is not None:
            self._ready[wanted] = found
        return found

    def _compiled(self, key: str) -> str | None:
        try:
            data = (self._folder / key).read_bytes()
        except FileNotFoundError:
            return None
        return base64.b64encode(data).decode()

    def keep(self, used: Filter, compiled_file: Path) -> None:
        """Take what the runtime left in the container's state folder; nothing there is no error."""
        if used.compiled is not None:
            return
        try:
            data = compiled_file.read_bytes()
        except FileNotFoundError:
            return
        if data and len(data) % 8 == 0:
            write_whole(self._folder / used.key, data)

    def clear(self) -> None:
        self._ready.clear()
        shutil.rmtree(self._folder, ignore_errors=True)
