"""How AWS words a request that the model does not allow; five styles, chosen per service."""

import re
from collections.abc import Sequence
from typing import Literal, TypeAlias

from hostless.domain.errors import ApiError
from hostless.protocols.constraints import NOT_NULL, Path, Step, Violation

Style: TypeAlias = Literal[
    "InvalidParameterException",
    "ValidationException",
    "CountedInvalidParameter",
    "InvalidInput",
    "EC2",
]
_LONGEST_VALUE = 1000


def refusal(violations: Sequence[Violation], style: Style, protocol: str) -> ApiError:
    """The error for a request with at least one violation. protocol: botocore's name."""
    if style == "EC2":
        return _ec2(violations[0])
    if style == "InvalidParameterException":
        return _ecs(violations[0])
    return _validation_error(violations, style, protocol)


def _validation_error(violations: Sequence[Violation], style: Style, protocol: str) -> ApiError:
    """`1 validation error detected: Value 'x' at 'y' failed to satisfy constraint: …`."""
    count = len(violations)
    sentences = "; ".join(_sentence(violation) for violation in violations)
    plural = "" if count == 1 else "s"
    return ApiError(
        f"{count} validation error{plural} detected: {sentences}",
        code=_counted_code(style, protocol),
        status=400,
    )


def _counted_code(style: Style, protocol: str) -> str:
    """ValidationError in the query protocol (STS, IAM), else ValidationException; some differ."""
    if style == "CountedInvalidParameter":
        return "InvalidParameterException"
    if style == "InvalidInput":
        return style
    return "ValidationError" if protocol == "query" else "ValidationException"


def _sentence(violation: Violation) -> str:
    path, demand = violation.path, violation.demand
    shown = "" if violation.kind == "missing" else f" '{_shown(violation)}'"
    if path and not path[-1].is_member:
        path, demand = path[:-1], f"Member must satisfy constraint: [{demand}]"
        shown = shown or " '[null]'"
    return f"Value{shown} at '{_dotted(path)}' failed to satisfy constraint: {demand}"


def _dotted(path: Path) -> str:
    """`containerDefinitions.1.member.name`: list elements are spelled with `member`."""
    parts = []
    for step in path:
        parts.append(step.name[0].lower() + step.name[1:] if step.is_member else step.name)
        if not step.is_member:
            parts.append("member")
    return ".".join(parts)


def _ecs(violation: Violation) -> ApiError:
    """ECS words most refusals by hand: `Tasks cannot be empty.`, `launch type should be one of …`.

    Its service words what it knows better; this is for the rest, in the same manner.
    """
    name = _last_member(violation.path)
    if violation.kind == "missing":
        message = f"{name[0].upper()}{name[1:]} cannot be empty."
    elif violation.kind == "enum":
        message = f"{_in_words(name)} should be one of [{','.join(violation.allowed)}]"
    elif violation.kind == "pattern":
        message = f"{name[0].upper()}{name[1:]} contains invalid characters."
    else:
        demand = violation.demand.replace("Member must", "must", 1)
        message = f"{name[0].upper()}{name[1:]} {demand}."
    return ApiError(message, code="InvalidParameterException", status=400)


def _ec2(violation: Violation) -> ApiError:
    name = ".".join(_capitalised(step.name) for step in violation.path)
    if violation.kind == "missing":
        message = f"The request must contain the parameter {name}"
        return ApiError(message, code="MissingParameter", status=400)
    message = f"Value ({_shown(violation)}) for parameter {name} is invalid."
    if violation.kind != "enum":
        message += f" {violation.demand}."
    return ApiError(message, code="InvalidParameterValue", status=400)


def _last_member(path: Path) -> str:
    members = [step.name for step in path if step.is_member]
    return members[-1] if members else "request"


def _in_words(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name).lower()


def _capitalised(name: str) -> str:
    return name[:1].upper() + name[1:]


def _shown(violation: Violation) -> str:
    if violation.is_secret:
        return "***"
    text = _as_java(violation.value)
    return text if len(text) <= _LONGEST_VALUE else text[:_LONGEST_VALUE] + "..."


def _as_java(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "[" + ", ".join(_as_java(element) for element in value[:_LONGEST_VALUE]) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}={_as_java(each)}" for key, each in value.items()) + "}"
    if isinstance(value, bytes):
        return f"java.nio.HeapByteBuffer[pos=0 lim={len(value)} cap={len(value)}]"
    return str(value)


def misfit(explanation: str, style: Style, protocol: str) -> ApiError:
    """The error for a request that the model allows and our record of the request does not.

    explanation: msgspec's, for example "Expected `int`, got `str` - at `$.count`".
    """
    missing = re.match(r"Object missing required field `(\w+)`", explanation)
    if missing is not None:
        path = (Step(name=_camel_case(missing[1]), is_member=True),)
        absent = Violation(kind="missing", path=path, value=None, demand=NOT_NULL)
        return refusal([absent], style, protocol)
    plain = explanation.replace("`", "'").replace("$.", "")
    codes = {"EC2": "InvalidParameterValue", "InvalidParameterException": style}
    fallback = _counted_code(style, protocol)
    return ApiError(f"Invalid request: {plain}", code=codes.get(style, fallback), status=400)


def _camel_case(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)
