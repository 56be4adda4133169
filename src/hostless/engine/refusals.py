"""Why an engine could not start, in a sentence for the person at the keyboard."""

import contextlib
import errno
from collections.abc import Iterator

from hostless.cli.engine_commands import EngineCannotStart
from hostless.compute.local.host import HostUnfit
from hostless.compute.simulated.behaviour import BehaviourUnreadable
from hostless.domain.default_vpc import BadRange
from hostless.domain.settings import Settings
from hostless.network.seam import NetworkFailed
from hostless.store.database import UnknownFormat
from hostless.store.keys import KeysUnreadable


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
    except (BadRange, BehaviourUnreadable, KeysUnreadable, UnknownFormat) as unusable:
        raise EngineCannotStart(str(unusable)) from unusable
    except OSError as error:
        if error.errno not in (errno.EADDRINUSE, errno.EADDRNOTAVAIL, errno.EACCES):
            raise
        raise EngineCannotStart(
            f"cannot listen at {settings.listen}: {error.strerror}",
            "Stop what listens there, or name another address with --listen.",
        ) from error
