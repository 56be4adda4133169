"""What can be wrong with a request before any operation sees it; the codes differ by protocol."""

from hostless.domain.errors import ApiError


class SerializationFault(ApiError):
    """The body is not of the protocol's form, or a value in it is not of its member's type."""

    code = "SerializationException"
    status = 400


class MalformedInput(ApiError):
    """A form (query protocol) that does not fit the operation."""

    code = "MalformedInput"
    status = 400


class MalformedXml(ApiError):
    code = "MalformedXML"
    status = 400


class UnknownOperation(ApiError):
    """The request names an operation that the service does not have."""

    code = "UnknownOperationException"
    status = 400


class UnknownService(ApiError):
    """The request is for a service that is not offered here."""

    code = "UnknownOperationException"
    status = 400


class NotInModel(Exception):
    """An answer has a member that AWS's model does not know: a bug of ours."""
