"""The story of every service in a rehearsal: counts over time, events, attempts to deploy."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from hostless.domain.deployments import ENDED, ServiceDeployment
from hostless.domain.new_service import newest_of
from hostless.domain.services import Service, ServiceEvent
from hostless.domain.tasks import Task
from hostless.kit.clock import Timestamp
from hostless.simulation.counting import (
    ceiling_of,
    floor_of,
    healthy_among,
    is_live,
    is_running,
    is_starting,
)
from hostless.simulation.ledger import Change, Ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What was true of a service from an instant on.

    running: by revision. stopping: tasks that are told to stop and have not yet. zones: in which
    tasks run, with how many. is_stable: one deployment is left, it is complete, and as many tasks
    run as are desired.
    """

    desired: int
    floor: int
    ceiling: int
    healthy: int
    starting: int
    stopping: int
    running: tuple[tuple[str, int], ...]
    zones: tuple[tuple[str, int], ...]
    is_stable: bool

    @property
    def all_running(self) -> int:
        return sum(count for _, count in self.running)

    @property
    def live(self) -> int:
        return self.all_running + self.starting


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """at: seconds from the start of the rehearsal."""

    at: float
    counts: Counts


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """Something that was said, and when."""

    at: float
    text: str


class ServiceStory:
    """What is known of one service; it grows as the rehearsal goes on.

    revisions: by ARN, in order of appearance, what a person calls them. attempts: as they are now,
    the oldest first. failed_tasks: that never got to RUNNING, by their own fault.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.samples: list[Sample] = []
        self.events: list[Moment] = []
        self.news: list[Moment] = []
        self.revisions: dict[str, str] = {}
        self.attempts: dict[str, ServiceDeployment] = {}
        self.failed_tasks = 0

    @property
    def last(self) -> Counts | None:
        return self.samples[-1].counts if self.samples else None


class History:
    """Notes what commits say. start: the instant that is 0 in the story."""

    def __init__(self, ledger: Ledger, start: Timestamp, healthy_after: float) -> None:
        self._ledger = ledger
        self._start = start
        self._healthy_after = healthy_after
        self._seen_events: set[str] = set()
        self.stories: dict[str, ServiceStory] = {}

    def story_of(self, name: str) -> ServiceStory | None:
        return next((s for s in self.stories.values() if s.name == name), None)

    def note(self, changes: Iterable[Change], now: Timestamp) -> None:
        """What commits say is kept at once; counts are taken by `look`."""
        for change in changes:
            self._note_news(change, now - self._start)

    def look(self, now: Timestamp) -> None:
        """Take the counts; to be called after commits, and when time alone makes tasks healthy."""
        for service in self._ledger.services.values():
            self._sample(service, now)

    def _story(self, arn: str) -> ServiceStory:
        return self.stories.setdefault(arn, ServiceStory(name=arn.rsplit("/", 1)[-1]))

    def _sample(self, service: Service, now: Timestamp) -> None:
        story = self._story(service.arn)
        counts = self._counts(service, now)
        if story.last != counts:
            story.samples.append(Sample(at=now - self._start, counts=counts))

    def _counts(self, service: Service, now: Timestamp) -> Counts:
        tasks = [t for t in self._ledger.tasks_of(service.arn) if t.status != "STOPPED"]
        running = [task for task in tasks if is_running(task)]
        return Counts(
            desired=service.desired_count,
            floor=floor_of(service),
            ceiling=ceiling_of(service),
            healthy=healthy_among(running, self._ledger, self._healthy_after, now),
            starting=sum(is_starting(task) for task in tasks),
            stopping=sum(not is_live(task) for task in tasks),
            running=_counted(self._revision_of(task) for task in running),
            zones=_counted(task.zone or "" for task in running),
            is_stable=self._is_stable(service, tasks),
        )

    def _revision_of(self, task: Task) -> str:
        deployment = self._ledger.deployments.get(task.started_by or "")
        return "" if deployment is None else deployment.revision_arn

    def _is_stable(self, service: Service, tasks: list[Task]) -> bool:
        primary = newest_of(self._ledger.deployments_of(service.arn))
        live = [task for task in tasks if is_live(task)]
        return (
            primary is not None
            and primary.rollout_state == "COMPLETED"
            and all(task.started_by == primary.id and not task.is_host_lost for task in live)
            and all(task.status == "RUNNING" for task in live)
            and len(live) == service.desired_count
        )

    def _note_news(self, change: Change, at: float) -> None:
        after, before = change.after, change.before
        if isinstance(after, ServiceEvent):
            if after.id not in self._seen_events:
                self._seen_events.add(after.id)
                self._story(after.service_arn).events.append(Moment(at=at, text=after.message))
        elif isinstance(after, ServiceDeployment):
            self._note_attempt(before, after, at)
        elif isinstance(after, Task) and isinstance(before, Task) and after.service_arn is not None:
            has_failed = after.status == "STOPPED" != before.status and after.started_at is None
            if has_failed and after.stop_request and after.stop_request.code == "TaskFailedToStart":
                self._story(after.service_arn).failed_tasks += 1

    def _note_attempt(self, before: object | None, after: ServiceDeployment, at: float) -> None:
        story = self._story(after.service_arn)
        story.attempts[after.arn] = after
        label = self._label(story, after.target_revision_arn)
        if isinstance(before, ServiceDeployment) and before.status == after.status:
            return
        reason = f": {after.status_reason}" if after.status_reason and after.status in ENDED else ""
        story.news.append(Moment(at=at, text=f"deployment of {label}: {after.status}{reason}"))

    def _label(self, story: ServiceStory, arn: str) -> str:
        """The revision as a person calls it: its image, with a number from the second on."""
        if arn not in story.revisions:
            revision = self._ledger.revisions.get(arn)
            images = () if revision is None else revision.container_images
            name = images[0].image if images else arn.rsplit("/", 1)[-1]
            twins = sum(label.split(" #")[0] == name for label in story.revisions.values())
            story.revisions[arn] = f"{name} #{twins + 1}" if twins else name
        return story.revisions[arn]


def _counted(names: Iterable[str]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(Counter(names).items()))
