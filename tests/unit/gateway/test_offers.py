"""The tables of the real services fit AWS's models: names, records, refused and idle members."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import pytest
from botocore.model import ListShape, MapShape, Shape, StructureShape
from tests.support.api_world import World

from hostless.gateway.inspection import Inspection
from hostless.gateway.offer import Offer
from hostless.gateway.offers import Offers
from hostless.kit.naming import snake_case
from hostless.protocols.catalogue import ServiceDescription
from hostless.protocols.constraints import Constraints
from hostless.services.coverage import documented_apis
from hostless.services.coverage_table import table_of
from hostless.services.operation import ServiceApi


async def test_every_operation_of_every_service_fits_its_model() -> None:
    for api in World().apis.values():
        description, constraints = ServiceDescription(api.name), Constraints()
        for operation in api.operations:
            model = description.find_operation(operation.name)
            assert model is not None, f"{api.name} has no operation {operation.name}"
            Offer(model, operation, api.validation_style, constraints)
            Inspection(model.input_shape, operation.request, operation.refused_by_rule, {})


async def test_every_member_of_every_request_record_is_a_member_of_the_model() -> None:
    strangers = []
    for api in World().apis.values():
        description = ServiceDescription(api.name)
        for operation in api.operations:
            model = description.find_operation(operation.name)
            shape = model.input_shape if model is not None else None
            known = {snake_case(name) for name in shape.members} if shape is not None else set()
            if operation.request is dict:
                continue
            held = {field.name for field in fields(operation.request)}
            strangers += [f"{api.name} {operation.name}: {name}" for name in held - known]
    assert not strangers


def given(shape: Shape, path: Sequence[str]) -> object:
    """A request, as parsed, that gives the member at a path and nothing else."""
    if isinstance(shape, ListShape):
        return [given(shape.member, path)]
    if not path:
        return "something"
    if isinstance(shape, MapShape):
        return {path[0]: given(shape.value, path[1:])}
    assert isinstance(shape, StructureShape)
    return {snake_case(path[0]): given(shape.members[path[0]], path[1:])}


async def test_whatever_the_coverage_tables_call_not_acted_on_is_warned_about() -> None:
    rows, silent = 0, []
    for api in documented_apis():
        model = ServiceDescription(api.name).model
        operations = {operation.name: operation for operation in api.operations}
        for table in table_of(api, model).operations:
            if table.always_refused:
                continue
            operation = operations[table.name]
            shape = model.operation_model(table.name).input_shape
            looking = Inspection(
                shape, operation.request, operation.refused, operation.not_acted_on
            )
            for row in table.members:
                if row.standing == "not acted on":
                    rows += 1
                    request: Any = given(shape, row.path.split("."))
                    if row.path not in looking.findings(request).idle:
                        silent.append(f"{api.name} {table.name} {row.path}")
    assert rows
    assert not silent


async def test_a_path_that_names_no_member_is_a_mistake() -> None:
    shape = ServiceDescription("ecs").model.operation_model("RunTask").input_shape
    with pytest.raises(ValueError, match=r"no such members in the model: overrides\.colour"):
        Inspection(shape, object, {"overrides.colour": "none"}, {})


async def test_a_service_or_operation_twice_is_a_mistake() -> None:
    api = World().apis["sts"]
    with pytest.raises(ValueError, match="twice"):
        Offers([api, api])
    doubled = ServiceApi(
        name="sts", validation_style="ValidationException", operations=api.operations * 2
    )
    with pytest.raises(ValueError, match="twice"):
        Offers([doubled])
