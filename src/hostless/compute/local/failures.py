"""What keeps a container from starting, in the words a Fargate user knows. Pure."""

import errno
import re

_LONGEST = 1024
"""ContainerInstance and Container reasons hold no more (ECS API reference)."""
_NOT_FOUND = re.compile(
    r"executable file [`'](?P<name>[^`']*)[`'] not found in \$PATH.*", re.DOTALL
)
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_TIMESTAMP = re.compile(r"^\d{4}-\d\d-\d\dT[\d:.]+Z: ", re.MULTILINE)
_RUNC_LINE = re.compile(r'(?:^|\s)(?:level=\w+ )?msg="(?P<message>(?:[^"\\]|\\.)*)"')


def start_reason(sentence: str) -> str:
    """CannotStartContainerError with the runtime's sentence in Docker's frame."""
    return _cut(
        "CannotStartContainerError: failed to create new container runtime task: "
        f"OCI runtime create failed: {sentence}: unknown"
    )


def create_reason(sentence: str) -> str:
    return _cut(f"CannotCreateContainerError: {sentence}")


def volume_reason(sentence: str) -> str:
    return _cut(f"CannotCreateVolumeError: {sentence}")


def resource_reason(sentence: str) -> str:
    return _cut(f"ResourceInitializationError: {sentence}")


def disk_reason(error: OSError) -> str:
    """A full disk is the task's storage at its end; all else is the machine's own trouble."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return create_reason(
            f"failed to create container storage: {_says(error)}: no space left on device"
        )
    return resource_reason(f"failed to prepare the container: {_says(error)}")


def _says(error: OSError) -> str:
    return f"{(error.strerror or str(error)).lower()}"


def runtime_sentence(output: str) -> str:
    """The essence of what crun or runc wrote to its error stream, in runc's words."""
    text = _TIMESTAMP.sub("", _COLOUR.sub("", output)).strip()
    logged = _RUNC_LINE.findall(text)
    if logged:
        text = logged[-1].replace('\\"', '"').replace("\\n", " ")
    text = text.removeprefix("runc create failed: ").rstrip("\n")
    missing = _NOT_FOUND.fullmatch(text)
    if missing:
        name = missing["name"]
        if "/" in name:
            return f'exec: "{name}": stat {name}: no such file or directory'
        return f'exec: "{name}": executable file not found in $PATH'
    if text.startswith("open executable: "):
        return f"exec: {text.removeprefix('open executable: ').lower()}"
    return " ".join(text.split()) or "the runtime gave no reason"


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
