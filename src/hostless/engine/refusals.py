"""Why an engine could not start, in a sentence for the person at the keyboard."""

import contextlib
import errno
from collections.abc import Iterator

from hostless.cli.engine_commands import EngineCannotStart
from hostless.compute.local.host import HostUnfit
from hostless.compute.simulated.behaviour import BehaviourUnreadable
from hostless.domain.default_vpc import BadRange
from hostless.domain.settings import Settings
from hostless.engine.belonging import StateOfAnother
from hostless.engine.first_start import NoFreePool
from hostless.engine.serving import AddressUnusable
from hostless.network.seam import NetworkFailed
from hostless.store.database import UnknownFormat
from hostless.store.keys import KeysUnreadable
from hostless.store.storage import StorageFailed

_OF_THE_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO)


@contextlib.contextmanager
def explained(settings: Settings) -> Iterator[None]:
    """Turn what the parts raise into EngineCannotStart."""
    try:
        yield
    except HostUnfit as unfit:
        advice = "`hostless doctor` checks this machine and says how to mend it."
        raise EngineCannotStart(str(unfit), advice) from unfit
    except NetworkFailed as failed:
        raise EngineCannotStart(failed.reason) from failed
    except (BadRange, NoFreePool, BehaviourUnreadable, KeysUnreadable, UnknownFormat) as unusable:
        raise EngineCannotStart(str(unusable)) from unusable
    except StateOfAnother as other:
        raise EngineCannotStart(
            str(other), "Start it as before, or name another folder with --state-dir."
        ) from other
    except AddressUnusable as unusable:
        raise EngineCannotStart(
            f"cannot listen at {settings.listen}: {unusable}",
            "Stop what listens there, or name another address with --listen.",
        ) from unusable
    except StorageFailed as failed:
        raise EngineCannotStart(*_unusable_state(settings, str(failed))) from failed
    except OSError as error:
        if error.errno not in _OF_THE_DISK:
            raise
        raise EngineCannotStart(*_unusable_state(settings, error.strerror or "")) from error


def _unusable_state(settings: Settings, why: str) -> tuple[str, str]:
    return (
        f"the state in {settings.state_dir} cannot be read and written: {why}",
        "Make room on its disk or mend it, or name another folder with --state-dir.",
    )
