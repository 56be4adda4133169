"""A scenario from its TOML file, or a complaint that names the line and what to write instead."""

import dataclasses
import difflib
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from hostless.compute.simulated.behaviour import Behaviour, Capacity, senseless_member
from hostless.domain.arns import Realm
from hostless.simulation.duration import Duration, duration_of
from hostless.simulation.places import Place, line_of
from hostless.simulation.scenario import (
    HEALTHY_AFTER,
    STEPS,
    Expectation,
    LoseZone,
    Scenario,
    ServiceSetup,
    SetAlarm,
    Step,
)

R = TypeVar("R")
_TOP = Place()
SHORTEST_SECONDS = 1.0
"""Of a rehearsal: the stage has been set by then."""
_TABLES = frozenset({"capacity", "behaviour", "service", "step", "expect"})
_PATH = re.compile(r"(?P<what>.*?)(?: - at `\$(?P<path>.*)`)?", re.DOTALL)


class ScenarioUnreadable(Exception):
    """message: what is wrong, with file and line. advice: what to do; may be empty."""

    def __init__(self, message: str, advice: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice


class _Wrong(Exception):
    """Something at a place of the file is wrong."""

    def __init__(self, place: Place, key: str | None, what: str, advice: str = "") -> None:
        super().__init__(what)
        self.place = place
        self.key = key
        self.what = what
        self.advice = advice


def read_scenario(path: Path) -> Scenario:
    """Raises ScenarioUnreadable."""
    try:
        text = path.read_text()
    except (OSError, UnicodeDecodeError) as failure:
        reason = failure.strerror if isinstance(failure, OSError) else "it is no text"
        raise ScenarioUnreadable(f"{path} cannot be read: {reason}") from failure
    return scenario_of(text, str(path))


def scenario_of(text: str, name: str = "scenario") -> Scenario:
    """name: of the file, for complaints. Raises ScenarioUnreadable."""
    try:
        said = tomllib.loads(text)
    except tomllib.TOMLDecodeError as failure:
        raise ScenarioUnreadable(f"{name} is not TOML: {failure}") from failure
    try:
        scenario = _scenario(said)
        _check(scenario)
    except _Wrong as wrong:
        line = line_of(text, wrong.place, wrong.key and re.split(r"[.\[]", wrong.key)[0])
        key = f", `{wrong.key}`" if wrong.key else ""
        message = f"{name}:{line}: {wrong.place}{key}: {wrong.what}"
        raise ScenarioUnreadable(message, wrong.advice) from None
    return scenario


@dataclass(frozen=True, slots=True, kw_only=True)
class _Top:
    """What stands before the first table."""

    title: str = ""
    seed: int = 0
    lasts: Duration | None = None
    healthy_after: Duration = HEALTHY_AFTER


def _scenario(said: Mapping[str, Any]) -> Scenario:
    _refuse_unknown(said, Scenario, _TOP)
    top = _record({n: v for n, v in said.items() if n not in _TABLES}, _Top, _TOP)
    at_capacity = Place(section="capacity")
    _need_table(said.get("capacity", {}), at_capacity)
    return Scenario(
        title=top.title,
        seed=top.seed,
        lasts=top.lasts,
        healthy_after=top.healthy_after,
        capacity=_record(said.get("capacity", {}), Capacity, at_capacity),
        behaviour=_records(said, "behaviour", Behaviour),
        service=_records(said, "service", ServiceSetup),
        step=tuple(_step(table, place) for table, place in _tables(said, "step")),
        expect=_records(said, "expect", Expectation),
    )


def _tables(said: Mapping[str, Any], section: str) -> Iterable[tuple[Mapping[str, Any], Place]]:
    listed = said.get(section, [])
    if not isinstance(listed, list):
        advice = f"Write [[{section}]], with two brackets: there may be several."
        raise _Wrong(Place(section=section), None, "is one table, not a list of them", advice)
    for number, table in enumerate(listed, start=1):
        place = Place(section=section, number=number)
        _need_table(table, place)
        yield table, place


def _need_table(table: object, place: Place) -> None:
    if not isinstance(table, Mapping):
        raise _Wrong(place, None, "is no table")


def _records(said: Mapping[str, Any], section: str, record: type[R]) -> tuple[R, ...]:
    return tuple(_record(table, record, place) for table, place in _tables(said, section))


def _step(table: Mapping[str, Any], place: Place) -> Step:
    word = table.get("do")
    if not isinstance(word, str) or word not in STEPS:
        what = "is missing" if word is None else f"{word!r} is nothing that can be done"
        raise _Wrong(place, "do", what, f"It is one of: {', '.join(STEPS)}.")
    return _record({n: v for n, v in table.items() if n != "do"}, STEPS[word], place)


def _record(table: Mapping[str, Any], record: type[R], place: Place) -> R:
    _refuse_unknown(table, record, place)
    try:
        return msgspec.convert(table, record, dec_hook=_converted)
    except msgspec.ValidationError as failure:
        raise _misfit(failure, record, place) from None


def _converted(type_: type, written: object) -> object:
    if type_ is Duration:
        return duration_of(written)
    raise NotImplementedError(type_)


def _misfit(failure: msgspec.ValidationError, record: type, place: Place) -> _Wrong:
    found = _PATH.fullmatch(str(failure))
    assert found is not None
    missing = re.fullmatch(r"Object missing required field `(\w+)`", found["what"])
    if missing is not None:
        return _Wrong(place, missing[1], "is missing", "Add it.")
    key = (found["path"] or "").removeprefix(".") or None
    what = found["what"][:1].lower() + found["what"][1:]
    allowed = _words_of(record, (key or "").rpartition(".")[2])
    return _Wrong(place, key, what, f"It is one of: {', '.join(allowed)}." if allowed else "")


def _words_of(record: type, key: str) -> tuple[str, ...]:
    """The words that a member may be, also in records within; none for a member of another kind."""
    for one in dataclasses.fields(record):
        if one.name == key:
            return tuple(word for word in _arguments_of(one.type) if isinstance(word, str))
        for inner in _records_in(one.type):
            if words := _words_of(inner, key):
                return words
    return ()


def _refuse_unknown(table: Mapping[str, Any], record: type, place: Place, within: str = "") -> None:
    """Also in tables within the table."""
    known = {one.name: one for one in dataclasses.fields(record)}
    for name, value in table.items():
        if name not in known:
            raise _Wrong(place, f"{within}{name}", "is not known here", _nearest(name, known))
        inner = list(_records_in(known[name].type)) if place.section else []
        for one in value if isinstance(value, list) else [value]:
            if inner and isinstance(one, Mapping):
                _refuse_unknown(one, inner[0], place, f"{within}{name}.")


def _arguments_of(annotation: object) -> Iterable[object]:
    """The types and words that an annotation such as `tuple[X, ...] | None` is made of."""
    arguments = getattr(annotation, "__args__", ())
    if not arguments:
        yield annotation
    for argument in arguments:
        yield from _arguments_of(argument)


def _records_in(annotation: object) -> Iterable[type]:
    for one in _arguments_of(annotation):
        if isinstance(one, type) and dataclasses.is_dataclass(one):
            yield one


def _nearest(name: str, known: Iterable[str]) -> str:
    names = list(known)
    near = difflib.get_close_matches(name, names, n=1)
    return f"Did you mean `{near[0]}`?" if near else f"Known are: {', '.join(names)}."


def _check(scenario: Scenario) -> None:
    """What cannot be seen in one table alone. Raises _Wrong."""
    if not scenario.service:
        advice = "Add a [[service]] with a name and an image."
        raise _Wrong(_TOP, None, "there is no service to rehearse with", advice)
    if scenario.lasts is not None and scenario.lasts < SHORTEST_SECONDS:
        raise _Wrong(_TOP, "lasts", "is no time for anything", "Make it a second at least.")
    for number, behaviour in enumerate(scenario.behaviour, start=1):
        wrong = senseless_member(behaviour)
        if wrong is not None:
            raise _Wrong(Place(section="behaviour", number=number), *wrong)
    names = [service.name for service in scenario.service]
    for number, service in enumerate(scenario.service, start=1):
        place = Place(section="service", number=number)
        if names.index(service.name) < number - 1:
            raise _Wrong(place, "name", f"there is a service {service.name} already")
        for zone in service.zones:
            _check_zone(zone, place, "zones")
    for number, step in enumerate(scenario.step, start=1):
        _check_step(step, scenario, names, Place(section="step", number=number))
    for number, expectation in enumerate(scenario.expect, start=1):
        _check_expectation(expectation, scenario, names, Place(section="expect", number=number))


def _check_step(step: Step, scenario: Scenario, names: list[str], place: Place) -> None:
    service = getattr(step, "service", None)
    if service is not None:
        _check_service(service, names, place)
    if isinstance(step, LoseZone):
        _check_zone(step.zone, place, "zone")
    if isinstance(step, SetAlarm):
        watched = sorted({alarm for one in scenario.service for alarm in one.alarms})
        if step.name not in watched:
            advice = f"Watched are: {', '.join(watched) or 'none; name some in `alarms`'}."
            raise _Wrong(place, "name", f"no service watches an alarm {step.name!r}", advice)
    if scenario.lasts is not None and step.at > scenario.lasts:
        raise _Wrong(place, "at", "is after the end", "Raise `lasts` at the top of the file.")


def _check_expectation(
    expectation: Expectation, scenario: Scenario, names: list[str], place: Place
) -> None:
    _check_service(expectation.service, names, place)
    said = {f.name for f in dataclasses.fields(expectation) if f.default is None} - _WINDOW
    if all(getattr(expectation, name) is None for name in said):
        raise _Wrong(place, None, "expects nothing", f"Say one of: {', '.join(sorted(said))}.")
    for key in sorted(_WINDOW):
        at = getattr(expectation, key)
        if scenario.lasts is not None and at is not None and at > scenario.lasts:
            raise _Wrong(place, key, "is after the end", "Raise `lasts` at the top of the file.")
    until, after = expectation.until, expectation.after
    if until is not None and after is not None and until < after:
        raise _Wrong(place, "until", "is before `after`")


_WINDOW = {"after", "until"}


def _check_service(name: str, names: list[str], place: Place) -> None:
    if name not in names:
        raise _Wrong(place, "service", f"there is no service {name!r}", _nearest(name, names))


def _check_zone(zone: str, place: Place, key: str) -> None:
    zones = Realm().zones()
    if zone not in zones:
        raise _Wrong(place, key, f"there is no zone {zone!r}", f"There are: {', '.join(zones)}.")
