"""Reads what the containers of a task wrote, through the Logs API, in the order of time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from hostless.cli.api import Api, Refusal
from hostless.cli.find_task import TaskView, id_of


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSource:
    """Where one container's lines are."""

    container: str
    group: str
    stream: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """at_ms: milliseconds since the epoch."""

    at_ms: int
    container: str
    text: str


def sources_of(api: Api, task: TaskView) -> list[LogSource]:
    """One for every container that logs to CloudWatch Logs."""
    answer = api.call("ecs", "describe_task_definition", taskDefinition=task["taskDefinitionArn"])
    return [
        LogSource(
            container=definition["name"],
            group=options["awslogs-group"],
            stream=f"{options['awslogs-stream-prefix']}/{definition['name']}/{id_of(task)}",
        )
        for definition in answer["taskDefinition"]["containerDefinitions"]
        if (options := _awslogs_options(definition))
    ]


def _awslogs_options(definition: dict[str, Any]) -> dict[str, str] | None:
    configuration = definition.get("logConfiguration") or {}
    return configuration.get("options") if configuration.get("logDriver") == "awslogs" else None


class LogReader:
    """Remembers how far each source was read."""

    def __init__(self, api: Api, sources: Sequence[LogSource], since_ms: int = 0) -> None:
        self._api = api
        self._sources = sources
        self._since_ms = since_ms
        self._tokens: dict[LogSource, str] = {}

    def new_lines(self) -> list[LogLine]:
        """What was written since the last call, all sources merged."""
        lines = [line for source in self._sources for line in self._read(source)]
        lines.sort(key=lambda line: line.at_ms)
        return lines

    def _read(self, source: LogSource) -> Iterator[LogLine]:
        while True:
            answer = self._page(source)
            for event in answer.get("events", ()):
                yield LogLine(
                    at_ms=event["timestamp"], container=source.container, text=event["message"]
                )
            token = answer.get("nextForwardToken")
            if token is None or token == self._tokens.get(source):
                return
            self._tokens[source] = token

    def _page(self, source: LogSource) -> dict[str, Any]:
        members: dict[str, Any] = {"startFromHead": True}
        if source in self._tokens:
            members["nextToken"] = self._tokens[source]
        if self._since_ms:
            members["startTime"] = self._since_ms
        try:
            return self._api.call(
                "logs",
                "get_log_events",
                logGroupName=source.group,
                logStreamName=source.stream,
                **members,
            )
        except Refusal as refusal:
            if refusal.code != "ResourceNotFoundException":
                raise
            return {}  # nothing was written yet
