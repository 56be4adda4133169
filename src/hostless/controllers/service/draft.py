"""A plan in the making: records as they are becoming, and what has been decided so far.

It lives within one decision. Each part of the decision adds to it; nothing is decided here.
"""

from dataclasses import replace

from hostless.controllers.service.facts import ServiceFacts
from hostless.controllers.service.news import News, is_new
from hostless.controllers.service.plan import Forgotten, Plan, Starts, Stop
from hostless.domain.deployments import ENDED, Deployment, ServiceDeployment, ServiceRevision
from hostless.domain.new_service import newest_of
from hostless.domain.services import Service
from hostless.domain.tasks import Task
from hostless.kit.clock import Timestamp


class Draft:
    """deployments, attempts: by key, as they are becoming."""

    def __init__(self, facts: ServiceFacts) -> None:
        self.facts = facts
        self.deployments: dict[str, Deployment] = {d.id: d for d in facts.deployments}
        self.attempts: dict[str, ServiceDeployment] = {a.arn: a for a in facts.attempts}
        self.revisions: dict[str, ServiceRevision] = {}
        self.service: Service | None = None
        self.counted: list[Task] = []
        self.stops: list[Stop] = []
        self.starts: list[Starts] = []
        self.forgotten = Forgotten()
        self.is_short_of_room = False
        self._news: list[News] = []
        self._late_news: list[News] = []
        self._rechecks: list[Timestamp] = []

    @property
    def primary(self) -> Deployment | None:
        return newest_of(self.deployments.values())

    @property
    def attempt(self) -> ServiceDeployment | None:
        """The service deployment that is under way, if any; the newest when there are several."""
        under_way = [a for a in self.attempts.values() if a.status not in ENDED]
        return under_way[-1] if under_way else None

    def put_deployment(self, deployment: Deployment) -> None:
        self.deployments[deployment.id] = deployment

    def put_attempt(self, attempt: ServiceDeployment) -> None:
        self.attempts[attempt.arn] = attempt

    def tell(self, news: News, *, is_late: bool = False) -> None:
        """Once, and not again while nothing has changed."""
        facts = self.facts
        if is_new(news, facts.service.name, facts.events, facts.now):
            (self._late_news if is_late else self._news).append(news)

    def look_again(self, at: Timestamp | None) -> None:
        if at is not None:
            self._rechecks.append(at)

    def plan(self) -> Plan:
        """What became of it; records that stayed as they were are no part of it."""
        now = self.facts.now
        before: set[object] = {*self.facts.deployments, *self.facts.attempts}
        gone = set(self.forgotten.deployments)
        deployments = [d for d in self.deployments.values() if d not in before]
        attempts = [a for a in self.attempts.values() if a not in before]
        return Plan(
            counted=tuple(self.counted),
            stops=tuple(self.stops),
            starts=tuple(self.starts),
            service=self.service,
            deployments=tuple(replace(d, updated_at=now) for d in deployments if d.id not in gone),
            attempts=tuple(replace(a, updated_at=now) for a in attempts),
            revisions=tuple(self.revisions.values()),
            forgotten=self.forgotten,
            news=tuple(self._news),
            late_news=tuple(self._late_news),
            recheck_at=min(self._rechecks, default=None),
            is_short_of_room=self.is_short_of_room,
        )
