"""AWS's words for "it is our fault"; they never say what went wrong inside."""

from hostless.domain.errors import ApiError
from hostless.protocols.routing import Route

_UNKNOWN = "The request processing has failed because of an unknown error, exception or failure."


def server_fault(route: Route | None) -> ApiError:
    """The server fault that the route's service declares; InternalFailure where it has none."""
    if route is None:
        return ApiError(_UNKNOWN, code="InternalFailure", status=500)
    if route.protocol.name == "ec2":
        return ApiError("An internal error has occurred", code="InternalError", status=500)
    declared = route.service.description.exception_names
    if "ServerException" in declared:
        sentence = "Service Unavailable. Please try again later."
        return ApiError(sentence, code="ServerException", status=500)
    return ApiError(_UNKNOWN, code="InternalFailure", status=500)
