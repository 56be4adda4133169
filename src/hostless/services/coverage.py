"""The coverage tables in docs/coverage, written anew from the operations and AWS's models.

`python -m hostless.services.coverage docs/coverage`. A test fails when the pages are stale.
"""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from botocore.session import Session

from hostless.compute.seam import Capabilities
from hostless.domain.settings import Settings
from hostless.kit.clock import SystemClock
from hostless.kit.ids import system_ids
from hostless.services.acm.managed import ManagedCertificates
from hostless.services.acm.operations import acm_api
from hostless.services.coverage_table import MemberRow, OperationTable, ServiceTable, table_of
from hostless.services.ec2.operations import ec2_api
from hostless.services.ecs.exec_sessions import ExecSessions
from hostless.services.ecs.execute_command import ExecuteCommand
from hostless.services.ecs.operations import ecs_api
from hostless.services.efs.operations import efs_api
from hostless.services.elbv2.operations import elbv2_api
from hostless.services.logs.operations import logs_api
from hostless.services.operation import ServiceApi
from hostless.services.servicediscovery.operations import service_discovery_api
from hostless.services.sts.operations import sts_api
from hostless.store.storage import MemoryStorage
from hostless.store.store import Store
from hostless.telemetry.buckets import Buckets
from hostless.telemetry.events.store import EventStore

_NOTE = "<!-- Written by `python -m hostless.services.coverage docs/coverage`; do not edit. -->\n"


def documented_apis() -> tuple[ServiceApi, ...]:
    """Every service that the engine offers, over an empty store: only the tables are read."""
    clock, ids = SystemClock(), system_ids()
    store = Store(MemoryStorage(), clock)
    nothing = Capabilities(isolation_levels=(), cpu_units=0, memory_mib=0)
    exec_command = ExecuteCommand(store, ExecSessions(clock, ids), "ws://nowhere")
    settings = Settings(state_dir="/")
    certify = ManagedCertificates(ids).put
    ecs = ecs_api(store, ids, settings, nothing, certify, (exec_command.operation(),))
    events = EventStore(Path("/nowhere"), clock)
    return (
        ecs,
        logs_api(store, events),
        ec2_api(store, ids, settings),
        service_discovery_api(store, ids),
        elbv2_api(store, ids, settings.api_limits.quotas, Buckets(Path("/nowhere"))),
        acm_api(store, ids),
        efs_api(store, ids),
        sts_api(),
    )


def pages(apis: Sequence[ServiceApi]) -> Mapping[str, str]:
    """The pages by file name."""
    session = Session()
    tables = [table_of(api, session.get_service_model(api.name)) for api in apis]
    return {
        "README.md": _index(tables),
        **{f"{table.service}.md": _page(table) for table in tables},
    }


def _index(tables: Sequence[ServiceTable]) -> str:
    rows = [
        f"| [{table.service}]({table.service}.md) | {len(table.operations)} "
        f"| {len(table.operations) + len(table.missing)} |"
        for table in tables
    ]
    return "\n".join(
        (
            _NOTE,
            "# What of AWS is here",
            "",
            "Of every operation's request members one reads whether they are acted on, refused,",
            "or accepted without being acted on; the engine's log warns of the last kind.",
            "",
            "| service | operations here | operations at AWS |",
            "|---|---|---|",
            *rows,
            "",
        )
    )


def _page(table: ServiceTable) -> str:
    total = len(table.operations) + len(table.missing)
    parts = [
        _NOTE,
        f"# {table.service}: {len(table.operations)} of {total} operations",
        "",
        *(line for operation in table.operations for line in _section(operation)),
    ]
    if table.missing:
        parts += ["## Not here yet", "", ", ".join(table.missing) + ".", ""]
    return "\n".join(parts)


def _section(operation: OperationTable) -> list[str]:
    if operation.always_refused:
        return [f"## {operation.name}", "", f"Always refused: {operation.always_refused}.", ""]
    acted_on = [row.path for row in operation.members if row.standing == "acted on"]
    lines = [f"## {operation.name}", ""]
    if acted_on:
        lines += ["Acted on: " + ", ".join(f"`{path}`" for path in acted_on) + ".", ""]
    for standing, title in (("refused", "Refused"), ("not acted on", "Not acted on")):
        rows = [row for row in operation.members if row.standing == standing]
        if rows:
            lines += [f"{title}:", "", *(_bullet(row) for row in rows), ""]
    return lines


def _bullet(row: MemberRow) -> str:
    return f"- `{row.path}`: {row.why}"


def write(folder: Path) -> None:
    """Have exactly the pages of today in the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    today = pages(documented_apis())
    for stale in folder.glob("*.md"):
        if stale.name not in today:
            stale.unlink()
    for name, text in today.items():
        (folder / name).write_text(text)


if __name__ == "__main__":
    write(Path(sys.argv[1]))
