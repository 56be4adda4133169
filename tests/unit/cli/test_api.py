"""What the command line asks of AWS's operations."""

from typing import Any

import pytest

from hostless.cli.api import Address, Api


@pytest.mark.parametrize(
    ("told", "asked"),
    [("nextToken", "nextToken"), ("NextToken", "NextToken"), ("NextMarker", "Marker")],
)
def test_every_page_is_read_whatever_a_service_calls_the_next_one(
    told: str, asked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages: list[dict[str, Any]] = [{"Items": [1, 2], told: "more"}, {"Items": [3]}]
    seen: list[dict[str, Any]] = []

    def answer(_: Api, service: str, operation: str, /, **members: Any) -> dict[str, Any]:
        seen.append(members)
        return pages[len(seen) - 1]

    monkeypatch.setattr(Api, "call", answer)
    api = Api(Address(endpoint="http://127.0.0.1:1", region="us-east-1"))
    assert list(api.pages("any", "list_items", "Items", Name="web")) == [1, 2, 3]
    assert seen == [{"Name": "web"}, {"Name": "web", asked: "more"}]
