"""Unit tests of the sentences for the person whose engine does not start."""

import errno
import os

import pytest

from hostless.cli.engine_commands import EngineCannotStart
from hostless.compute.local.host import HostUnfit
from hostless.domain.settings import Settings
from hostless.engine.refusals import explained
from hostless.engine.serving import AddressUnusable
from hostless.network.seam import NetworkFailed
from hostless.store.keys import KeysUnreadable
from hostless.store.storage import StorageFailed

SETTINGS = Settings(state_dir="/state", listen="127.0.0.1:4566")


def os_error(number: int) -> OSError:
    return OSError(number, os.strerror(number))


@pytest.mark.parametrize(
    ("trouble", "message", "advice"),
    [
        (HostUnfit("conmon is not installed"), "conmon is not installed", "hostless doctor"),
        (NetworkFailed("The range is taken"), "The range is taken", ""),
        (KeysUnreadable("keys.json is damaged"), "keys.json is damaged", ""),
        (AddressUnusable("in use"), "cannot listen at 127.0.0.1:4566: in use", "--listen"),
        (StorageFailed("is full"), "the state in /state cannot be read and written: is full", ""),
        (os_error(errno.ENOSPC), "written: No space left on device", "--state-dir"),
        (os_error(errno.EROFS), "written: Read-only file system", "--state-dir"),
    ],
)
def test_what_went_wrong_is_told_with_what_to_do(
    trouble: Exception, message: str, advice: str
) -> None:
    with pytest.raises(EngineCannotStart) as told, explained(SETTINGS):
        raise trouble
    assert message in told.value.message
    assert advice in told.value.advice


@pytest.mark.parametrize("bug", [os_error(errno.EBADF), ValueError("x")])
def test_a_bug_keeps_its_traceback(bug: Exception) -> None:
    with pytest.raises(type(bug)), explained(SETTINGS):
        raise bug
