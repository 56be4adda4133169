"""What one process of a node has done, of HAProxy's statistics. Pure.

Its own statistics do not tell a target's answer from HAProxy's, forget what a server did that is
gone, and know of times but a mean; so application load balancers tally these apart (`backends`).
"""

import csv
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from hostless.balancer.local.words import TALLY, group_name_of, open_name_of, trial_name_of
from hostless.balancer.seam import GroupCounters, NodeCounters, NodePlan
from hostless.domain.arns import TargetGroupArn
from hostless.kit.clock import Timestamp

QUESTIONS = ("show stat", f"show table {TALLY}", "show info")
"""To be asked at once. A process that ends may stop in the middle of an answer: it is whole if it
comes to which process it is."""
_INFO = "\nName: HAProxy\n"
CLASSES = ("1xx", "2xx", "3xx", "4xx", "5xx")
_KEY, _TIMES = " key=", " conn_cnt="
_COLUMNS = (
    *("pxname", "svname", "mode", "status", "scur", "stot", "bin", "bout", "econ", "wretr"),
    *("wredis", "connect", "used_conn_cur", "idle_conn_cur", "ssl_failed_handshake"),
    *(f"hrsp_{each}" for each in CLASSES),
)
Row = Mapping[str, str]


def counters_of(plan: NodePlan, said: str, now: Timestamp) -> NodeCounters:
    """said: HAProxy's answers to QUESTIONS, together and whole."""
    process = process_in(said)
    assert process is not None, "somebody did not look whether they are whole"
    rows = tuple(rows_in(said))
    fronts = [row for row in rows if row["svname"] == "FRONTEND"]
    by_name: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_name[row["pxname"]].append(row)
    tallies = _tallies_in(said)
    classes = {each: sum_of(fronts, f"hrsp_{each}") for each in CLASSES}
    return NodeCounters(
        at=now,
        process=process,
        requests=sum(classes.values()),
        responses_by_class=classes,
        target_responses_by_class=_classes_of(*tallies.values()),
        connections=sum_of(fronts, "stot"),
        active=sum_of(fronts, "scur"),
        failed_handshakes=sum_of(fronts, "ssl_failed_handshake"),
        bytes_in=sum_of(fronts, "bin"),
        bytes_out=sum_of(fronts, "bout"),
        groups={arn: _group(arn, by_name, tallies) for arn in plan.groups},
    )


def rows_in(statistics: str) -> Iterator[Row]:
    """Rows of `show stat`, whatever follows, and of their columns those that count here."""
    lines = csv.reader(statistics.lstrip("# ").splitlines())
    headings = next(lines, [])
    places = [(name, headings.index(name)) for name in _COLUMNS if name in headings]
    for line in lines:
        if len(line) < len(headings):
            return
        yield {name: line[place] for name, place in places}


def process_in(said: str) -> str | None:
    """When it began and which one it is, for the kernel gives numbers of processes anew; None where
    the answers to QUESTIONS are not whole, or are of a process that is stopping: it forgets its
    tables."""
    lines = (line.partition(": ") for line in said.rpartition(_INFO)[2].splitlines())
    found = {name: value for name, _, value in lines}
    if not {"Pid", "Start_time_sec"} <= found.keys() or found.get("Stopping") != "0":
        return None
    return f"{found['Start_time_sec']}-{found['Pid']}"


def _tallies_in(said: str) -> dict[str, Counter[tuple[str, str]]]:
    """By group's name and (class, time), how many; ("", "") are requests that were sent although
    no target is healthy."""
    found: dict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
    for line in said.splitlines():
        _, is_entry, entry = line.partition(_KEY)
        if not is_entry:
            continue
        key, _, rest = entry.partition(" ")
        time, _, ending = key.rpartition(":")[0].partition(":")
        found[key.rpartition(":")[2]][ending, time] += int(rest.partition(_TIMES)[2].split()[0])
    return found


def _group(
    arn: TargetGroupArn,
    by_name: Mapping[str, Sequence[Row]],
    tallies: Mapping[str, Counter[tuple[str, str]]],
) -> GroupCounters:
    name = group_name_of(arn)
    tried = [row for row in by_name.get(name, ()) if row["svname"] != "BACKEND"]
    new = [row for row in by_name.get(trial_name_of(name), ()) if row["svname"] != "BACKEND"]
    rows = [*by_name.get(name, ()), *by_name.get(open_name_of(name), ())]
    backs = [row for row in rows if row["svname"] == "BACKEND"]
    servers = [row for row in rows if row["svname"] != "BACKEND"]
    asked = [row for row in backs if row["pxname"] == name and row["mode"] == "http"]
    down = sum(1 for row in tried if row["status"].startswith("DOWN"))
    draining = sum(1 for row in tried if row["status"].startswith(("MAINT", "DRAIN")))
    tally = tallies.get(name, Counter())
    times: Counter[float] = Counter()
    for (_, time), count in tally.items():
        if time:
            times[_seconds_of(time)] += count
    return GroupCounters(
        requests=tally["", ""] + sum_of(asked, "stot"),
        responses_by_class=_classes_of(tally),
        response_times=dict(times),
        connections=sum_of(backs, "connect"),
        failed_connections=sum(sum_of(backs, column) for column in ("econ", "wretr", "wredis")),
        active=sum_of(servers, "used_conn_cur") + sum_of(servers, "idle_conn_cur"),
        healthy=len(tried) - down - draining,
        unhealthy=down + len(new),
    )


def _classes_of(*tallies: Counter[tuple[str, str]]) -> dict[str, int]:
    found = dict.fromkeys(CLASSES, 0)
    for tally in tallies:
        for (class_, time), count in tally.items():
            if time:
                found[f"{class_}xx"] = found.get(f"{class_}xx", 0) + count
    return found


def _seconds_of(time: str) -> float:
    """Of `5.12`, 12,000 to 12,999 microseconds, the middle: 0.0125."""
    length, _, digits = time.partition(".")
    if digits.startswith("-"):
        return 0.0  # the machine's clock was set back meanwhile
    if length == "1":
        return int(digits) / 1e6
    return (int(digits) + 0.5) * 10.0 ** (int(length) - len(digits) - 6)


def sum_of(rows: Iterable[Row], column: str) -> int:
    return sum(int(row.get(column) or 0) for row in rows)


def mean_seconds(rows: Sequence[Row], column: str) -> float:
    """Weighted by how much each backend was asked. column: with milliseconds."""
    weights = [(int(row["stot"] or 0), int(row[column] or 0)) for row in rows]
    total = sum(weight for weight, _ in weights)
    return sum(weight * ms for weight, ms in weights) / total / 1000 if total else 0.0
