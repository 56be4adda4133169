"""Every operation and every member of AWS's models: no answer is a server fault.

Every error is one that the operation's model declares or one of the few named here, and what is
refused changes nothing. Operations are found in the tables; nothing is to be added here for one
more. A sample by seed is asked; `--run-slow` asks every case, `--seed N` replays one seed.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from botocore import xform_name
from botocore.exceptions import ClientError
from botocore.model import OperationModel
from tests.support.client import LoopThread, make_client
from tests.support.model_cases import Case, Cases
from tests.support.sweep_world import Answered, SweepWorld, Tables
from tests.support.world_application import application_of

from hostless.domain.errors import ApiError, InvalidParameter
from hostless.services.coverage import documented_apis
from hostless.services.operation import Answer, Call, Operation
from hostless.store.kinds import CLUSTERS

SEED = 20261123
SAMPLE = 100
"""Cases of one operation that are asked in the usual run."""
RANDOM_MIXES = 20
UNDECLARED = {
    "ecs": {"SerializationException"},
    "logs": {"SerializationException", "InvalidParameterException"},
    "servicediscovery": {"SerializationException", "InvalidInput"},
    "elbv2": {"ValidationError", "MalformedInput", "OperationNotPermitted", "DuplicateTagKeys"},
    "acm": {"SerializationException", "ValidationException"},
    "efs": {"SerializationException", "ValidationException", "UnknownOperationException"},
    "sts": {"ValidationError", "MalformedInput"},
    "ec2": {
        "MissingParameter",
        "InvalidParameterValue",
        "InvalidParameterCombination",
        "InvalidParameter",
        "UnsupportedOperation",
        "InvalidNextToken",
        "DryRunOperation",
        "MalformedInput",
        "AuthFailure",
        "CannotDelete",
        "CidrLimitExceeded",
        "DefaultSubnetAlreadyExistsInAvailabilityZone",
        "DefaultVpcAlreadyExists",
        "DependencyViolation",
        "Gateway.NotAttached",
        "InvalidID",
        "InvalidIPAddress.InUse",
        "InvalidSubnet",
        "IdempotentParameterMismatch",
        "DuplicateSubnetsInSameZone",
        "InvalidPolicyDocument",
        "InvalidRequest",
        "InvalidServiceName",
        "NetworkAclEntryAlreadyExists",
        "OperationNotPermitted",
        "PrefixListMaxEntriesExceeded",
        "PrefixListVersionMismatch",
        "NatGatewayMalformed",
        "NatGatewayNotFound",
        "Resource.AlreadyAssociated",
        "RouteAlreadyExists",
        "RouteNotSupported",
        "RulesPerSecurityGroupLimitExceeded",
        "TagLimitExceeded",
    },
}
"""By service, what AWS answers to a request of the wrong form without declaring it."""
EC2_ENDINGS = (".NotFound", ".Malformed", ".Duplicate", ".Range", ".Conflict", ".InUse")
"""EC2 declares no error at all; these are named after what was wrong."""


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    given = request.config.getoption("--seed")
    return SEED if given is None else int(given)


def allowed_codes(service: str, model: OperationModel) -> set[str]:
    declared = {shape.name for shape in model.error_shapes}
    declared |= {shape.metadata.get("error", {}).get("code", "") for shape in model.error_shapes}
    return declared - {"ServerException", ""} | UNDECLARED[service]


def fault_of(answered: Answered, allowed: set[str], is_changed: bool) -> str | None:
    """What is wrong with an answer."""
    if answered.status >= 500:
        return f"status {answered.status}"
    if not answered.code:
        return None
    if answered.code not in allowed and not answered.code.endswith(EC2_ENDINGS):
        return f"undeclared {answered.code}: {answered.members['Error']}"
    return "refused, but something changed" if is_changed else None


def is_same(one: Tables, other: Tables) -> bool:
    """Records are compared by identity: a refused request writes none, not even an equal one."""
    return all(
        one[kind].keys() == other[kind].keys()
        and all(one[kind][key] is record for key, record in other[kind].items())
        for kind in one
    )


class Sweep:
    def __init__(self, world: SweepWorld, seed: int, *, is_whole: bool) -> None:
        self.world = world
        self.random = random.Random(seed)
        self.is_whole = is_whole
        self.faults: dict[tuple[str, str], str] = {}
        self.refused_rights: list[str] = []
        self.refusing = world.always_refused()

    async def run(self) -> None:
        for service, model in self.world.operations():
            has_raw = self.world.protocol_of(service) == "json"
            usual = self.world.usual(service, model.name)
            cases = Cases(self.random, self.world.known, usual, has_raw=has_raw)
            every = cases.of(model)
            asked = every
            if not self.is_whole and len(every) - 2 > SAMPLE:
                asked = [*every[:2], *self.random.sample(every[2:], SAMPLE)]
            mixes = [cases.random_case(model, every) for _ in range(RANDOM_MIXES)]
            for case in (*asked, *mixes):
                await self.ask(service, model, case)

    async def ask(self, service: str, model: OperationModel, case: Case) -> None:
        before = self.world.tables()
        answered = await self.world.ask(service, model, case.members, is_raw=case.is_raw)
        is_changed = not is_same(before, self.world.tables())
        fault = fault_of(answered, allowed_codes(service, model), is_changed)
        if case.is_misfit and not answered.code:
            self.faults[(model.name, "misfit")] = f"{model.name} [{case.label}]: granted"
        if model.name in self.refusing and not answered.code:
            self.faults[(model.name, "granted")] = f"{model.name} [{case.label}]: granted"
        if case.label == "right" and answered.code and model.name not in self.refusing:
            self.refused_rights.append(f"{service} {model.name}: {answered.members['Error']}")
        if fault is not None:
            name = f"{service} {model.name}"
            self.faults.setdefault((name, fault[:60]), f"{name} [{case.label}]: {fault}")
        if is_changed:
            await self.world.put_back()


async def swept(folder: Path, seed: int, *, is_whole: bool) -> Sweep:
    world = SweepWorld(folder)
    try:
        await world.furnish()
        sweep = Sweep(world, seed, is_whole=is_whole)
        await sweep.run()
    finally:
        world.close()
    return sweep


async def check(folder: Path, seed: int, *, is_whole: bool) -> None:
    sweep = await swept(folder, seed, is_whole=is_whole)
    found = "\n".join(sweep.faults.values())
    if sweep.faults:
        pytest.fail(f"--seed {seed}: {len(sweep.faults)} faults\n{found}", pytrace=False)
    refused = sweep.refused_rights
    granting = len(sweep.world.operations()) - len(sweep.refusing)
    assert len(refused) <= 0.1 * granting, "\n".join(refused)


async def test_no_request_of_the_models_is_a_fault_of_ours(tmp_path: Path, seed: int) -> None:
    await check(tmp_path, seed, is_whole=False)


@pytest.mark.slow
@pytest.mark.timeout(1800)
async def test_no_request_of_the_models_is_a_fault_of_ours_in_any_case(
    tmp_path: Path, seed: int
) -> None:
    await check(tmp_path, seed, is_whole=True)


async def test_the_sweep_asks_every_operation_that_is_documented(tmp_path: Path) -> None:
    world = SweepWorld(tmp_path)
    world.close()
    asked = {(service, model.name) for service, model in world.operations()}
    served = {(api.name, each.name) for api in documented_apis() for each in api.operations}
    assert served == asked


async def furnished(folder: Path) -> SweepWorld:
    world = SweepWorld(folder)
    await world.furnish()
    return world


def code_of(call: Callable[..., object], members: dict[str, object]) -> str:
    """Of the error that a client's call ends in; empty for none."""
    try:
        call(**members)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return ""


def test_real_clients_read_the_same_errors(tmp_path: Path, seed: int) -> None:
    source = random.Random(seed)
    with LoopThread() as portal:
        world = portal.run(furnished(tmp_path))
        clients = {name: make_client(world.application, portal, name) for name in world.world.apis}
        for service, model in world.operations():
            cases = Cases(source, world.known, world.usual(service, model.name), has_raw=False)
            every = cases.of(model)
            for case in (every[0], *source.sample(every, min(3, len(every)))):
                code = code_of(getattr(clients[service], xform_name(model.name)), case.members)
                allowed = allowed_codes(service, model) | {""}
                is_allowed = code in allowed or code.endswith(EC2_ENDINGS)
                assert is_allowed, f"--seed {seed}: {model.name} [{case.label}]: {code}"
            portal.run(world.put_back())
        world.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyList:
    max_results: int | None = None


async def test_the_sweep_finds_each_kind_of_fault(tmp_path: Path) -> None:
    world = await furnished(tmp_path)
    store = world.world.store
    cluster = next(iter(store.all(CLUSTERS)))

    async def crash(request: AnyList, _: Call) -> Answer:
        raise KeyError("bug")

    async def refuse_oddly(request: AnyList, _: Call) -> Answer:
        raise ApiError("no", code="ClusterContainsTasksException")

    async def write_and_refuse(request: AnyList, _: Call) -> Answer:
        transaction = store.transaction("a bug")
        transaction.put(CLUSTERS, replace(cluster, status="INACTIVE"))
        await transaction.commit()
        raise InvalidParameter("no")

    for perform, fault in (
        (crash, "status 500"),
        (refuse_oddly, "undeclared ClusterContainsTasksException"),
        (write_and_refuse, "refused, but something changed"),
    ):
        broken = Operation(name="ListClusters", request=AnyList, perform=perform)
        world.world.apis = {"ecs": replace(world.world.apis["ecs"], operations=(broken,))}
        world.application = application_of(world.world)
        sweep = Sweep(world, SEED, is_whole=False)
        await sweep.run()
        assert any(what.startswith(fault) for _, what in sweep.faults), fault
    world.close()
