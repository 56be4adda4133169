"""All that one isolation level needs: its runtime, and what starts, reads and removes with it."""

from dataclasses import dataclass

from hostless.compute.local.observing import Observer
from hostless.compute.local.runtimes import OciRuntime
from hostless.compute.local.starting import Starter
from hostless.compute.local.sweeping import Sweeper
from hostless.domain.tasks import IsolationLevel


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    level: IsolationLevel
    runtime: OciRuntime
    starter: Starter
    observer: Observer
    sweeper: Sweeper
