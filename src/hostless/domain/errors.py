"""Errors that reach a caller, named after the fact; AWS's code is data inside.

`message` is for the caller, `detail` for the log. Errors of one service live in that service's
folder; here is their common form and those that several services share.
"""


class ApiError(Exception):
    """An answer that says no.

    code: AWS's error code or the name of the error's shape in the model.
    message: for the caller. detail: for the log only.
    members: further members of the error's shape, by AWS's name.
    status: HTTP status where the model does not state one.
    """

    code = "InternalFailure"
    status: int | None = None

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        detail: str = "",
        status: int | None = None,
        members: dict[str, object] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code or type(self).code
        self.message = message
        self.detail = detail
        self.status = status or type(self).status
        self.members = members or {}


class InvalidParameter(ApiError):
    """A member of the request is missing, of the wrong form, or names nothing that exists."""

    code = "InvalidParameterException"


class ClientError(ApiError):
    """ECS's answer to most requests that it refuses."""

    code = "ClientException"


class ClusterNotFound(ApiError):
    code = "ClusterNotFoundException"

    def __init__(self) -> None:
        super().__init__("Cluster not found.")
