"""What an AWS operation is here: a name, a typed request, a function, and what it leaves out.

A service is a table of operations (`services/<name>/operations.py`). The gateway parses a request
by AWS's model, turns it into the operation's request record (member names in snake case, see
`hostless.kit.naming`; members the record lacks are reported as not acted on), and renders the
answer by the model again. The coverage tables in docs/ are generated from these tables.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypeAlias, TypeVar

from hostless.domain.arns import Realm
from hostless.kit.clock import Timestamp

Q = TypeVar("Q")
Answer: TypeAlias = Mapping[str, object] | None
"""By AWS's member names; a value may be a record, whose members are read in snake case.

Members that are None are left out.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """The circumstances of one request. principal_arn: who signed it."""

    realm: Realm
    principal_arn: str
    request_id: str
    now: Timestamp


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation(Generic[Q]):
    """refused: members (dotted, by AWS's names) that the gateway refuses when given, each with why.

    refused_by_rule: members that the operation itself refuses, in AWS's words; for the tables.
    not_acted_on: members that the record has (so that they can be shown again) but that change
    nothing, each with why.
    always_refused: why, when every call ends in an error; for the tables.
    """

    name: str
    request: type[Q]
    perform: Callable[[Q, Call], Awaitable[Answer]]
    refused: Mapping[str, str] = field(default_factory=dict)
    refused_by_rule: Mapping[str, str] = field(default_factory=dict)
    not_acted_on: Mapping[str, str] = field(default_factory=dict)
    always_refused: str = ""


ValidationStyle = Literal[
    "InvalidParameterException",
    "ValidationException",
    "CountedInvalidParameter",
    "InvalidInput",
    "EC2",
]
"""How a service words a request that its model does not allow.

`InvalidParameterException` (ECS), `ValidationException` ("1 validation error detected: …": STS and
most others), `CountedInvalidParameter` (the same wording with the code InvalidParameterException:
Logs), `InvalidInput` (the same with that code: Cloud Map), `EC2` (MissingParameter,
InvalidParameterValue).
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceApi:
    """name: botocore's name of the service."""

    name: str
    validation_style: ValidationStyle
    operations: tuple[Operation[Any], ...]
