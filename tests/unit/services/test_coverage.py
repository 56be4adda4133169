"""The coverage tables say what is so."""

from pathlib import Path

import pytest
from botocore.session import Session

from hostless.services.coverage import documented_apis, pages, write
from hostless.services.coverage_table import StaleTable, table_of
from hostless.services.operation import Operation, ServiceApi
from hostless.services.sts.operations import GetCallerIdentity, get_caller_identity

FOLDER = Path(__file__).parents[3] / "docs" / "coverage"


def test_the_pages_in_docs_are_those_of_today() -> None:
    written = {path.name: path.read_text() for path in FOLDER.glob("*.md")}
    assert written == pages(documented_apis()), (
        "run: python -m hostless.services.coverage docs/coverage"
    )


def test_writing_leaves_no_page_of_yesterday(tmp_path: Path) -> None:
    (tmp_path / "gone.md").write_text("old")
    write(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == set(pages(documented_apis()))


@pytest.mark.parametrize(
    ("path", "standing"),
    [
        ("containerDefinitions.command", "acted on"),
        ("containerDefinitions.ulimits", "acted on"),
        ("containerDefinitions.linuxParameters.capabilities", "acted on"),
        ("containerDefinitions.linuxParameters.tmpfs", "acted on"),
        ("containerDefinitions.mountPoints", "acted on"),
        ("volumes.efsVolumeConfiguration.rootDirectory", "acted on"),
        ("containerDefinitions.systemControls", "acted on"),
        ("pidMode", "acted on"),
        ("proxyConfiguration", "not acted on"),
        ("containerDefinitions.healthCheck", "acted on"),
        ("inferenceAccelerators", "refused"),
    ],
)
def test_members_stand_where_they_should(path: str, standing: str) -> None:
    ecs = documented_apis()[0]
    table = table_of(ecs, Session().get_service_model("ecs"))
    register = next(o for o in table.operations if o.name == "RegisterTaskDefinition")
    assert next(row.standing for row in register.members if row.path == path) == standing


def test_what_a_record_lacks_is_not_acted_on() -> None:
    ecs = documented_apis()[0]
    table = table_of(ecs, Session().get_service_model("ecs"))
    run_task = next(o for o in table.operations if o.name == "RunTask")
    row = next(row for row in run_task.members if row.path == "referenceId")
    assert (row.standing, row.why) == ("not acted on", "not known here")


def test_a_note_about_a_member_that_aws_does_not_have_is_an_error() -> None:
    operation = Operation(
        name="GetCallerIdentity",
        request=GetCallerIdentity,
        perform=get_caller_identity,
        not_acted_on={"colour": "why not"},
    )
    api = ServiceApi(name="sts", validation_style="EC2", operations=(operation,))
    with pytest.raises(StaleTable, match="colour"):
        table_of(api, Session().get_service_model("sts"))
