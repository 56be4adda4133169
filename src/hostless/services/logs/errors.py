"""The errors of CloudWatch Logs, in its words."""

from hostless.domain.errors import ApiError, InvalidParameter


class ResourceNotFound(ApiError):
    code = "ResourceNotFoundException"


class ResourceAlreadyExists(ApiError):
    code = "ResourceAlreadyExistsException"


class TooManyTags(ApiError):
    code = "TooManyTagsException"


class DeletionProtected(ApiError):
    code = "ValidationException"


class ServiceUnavailable(ApiError):
    """The disk refuses events. detail: its own words."""

    code = "ServiceUnavailableException"
    status = 503

    def __init__(self, detail: str) -> None:
        super().__init__("The service cannot complete the request.", detail=detail)


def group_not_found() -> ResourceNotFound:
    return ResourceNotFound("The specified log group does not exist.")


def stream_not_found() -> ResourceNotFound:
    return ResourceNotFound("The specified log stream does not exist.")


def bad_token() -> InvalidParameter:
    return InvalidParameter("The specified nextToken is invalid.")


def bad_value(value: object, member: str, demand: str) -> InvalidParameter:
    """A constraint that the model does not state, worded like those that it does."""
    return InvalidParameter(
        f"1 validation error detected: Value '{value}' at '{member}' failed to satisfy "
        f"constraint: {demand}"
    )
