"""Why a container could not start, in the words of AWS and Docker."""

import errno

import pytest

from hostless.compute.local.failures import disk_reason, runtime_sentence, start_reason


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        (
            "executable file `nope` not found in $PATH: No such file or directory\n",
            'exec: "nope": executable file not found in $PATH',
        ),
        (
            "\x1b[1;31m2026-11-23T06:38:55.576920Z: executable file `nope` not found in $PATH: "
            "No such file or directory\x1b[0m",
            'exec: "nope": executable file not found in $PATH',
        ),
        (
            "executable file `/bin/nope` not found in $PATH: No such file or directory",
            'exec: "/bin/nope": stat /bin/nope: no such file or directory',
        ),
        ("open executable: Permission denied", "exec: permission denied"),
        (
            'time="2026-11-23T06:38:55Z" level=error msg="runc create failed: unable to start '
            'container process: exec: \\"nope\\": executable file not found in $PATH"\n',
            'unable to start container process: exec: "nope": executable file not found in $PATH',
        ),
        ("", "the runtime gave no reason"),
        ("two\nlines", "two lines"),
    ],
)
def test_what_a_runtime_writes_becomes_one_sentence(written: str, sentence: str) -> None:
    assert runtime_sentence(written) == sentence


def test_a_start_reason_is_in_dockers_frame_and_not_too_long() -> None:
    assert start_reason("x") == (
        "CannotStartContainerError: failed to create new container runtime task: "
        "OCI runtime create failed: x: unknown"
    )
    assert len(start_reason("x" * 5000)) == 1024


def test_a_full_disk_is_named() -> None:
    full = disk_reason(OSError(errno.ENOSPC, "No space left on device", "/x"))
    assert full.startswith("CannotCreateContainerError: ")
    assert full.endswith("no space left on device")
    other = disk_reason(OSError(errno.EIO, "Input/output error", "/x"))
    assert other == (
        "ResourceInitializationError: failed to prepare the container: input/output error"
    )
