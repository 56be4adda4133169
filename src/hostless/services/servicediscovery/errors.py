"""The errors of Cloud Map, in its words. HTTP statuses are the model's."""

from hostless.domain.errors import ApiError


class InvalidInput(ApiError):
    code = "InvalidInput"


class NamespaceNotFound(ApiError):
    code = "NamespaceNotFound"


class NamespaceAlreadyExists(ApiError):
    code = "NamespaceAlreadyExists"


class ServiceNotFound(ApiError):
    code = "ServiceNotFound"


class ServiceAlreadyExists(ApiError):
    code = "ServiceAlreadyExists"


class InstanceNotFound(ApiError):
    code = "InstanceNotFound"


class OperationNotFound(ApiError):
    code = "OperationNotFound"


class ResourceInUse(ApiError):
    code = "ResourceInUse"


class ResourceLimitExceeded(ApiError):
    code = "ResourceLimitExceeded"


class DuplicateRequest(ApiError):
    code = "DuplicateRequest"


class CustomHealthNotFound(ApiError):
    code = "CustomHealthNotFound"


class ResourceNotFound(ApiError):
    code = "ResourceNotFoundException"


class TooManyTags(ApiError):
    code = "TooManyTagsException"


class ServiceAttributesLimitExceeded(ApiError):
    code = "ServiceAttributesLimitExceededException"


def duplicate_request(creator_request_id: str) -> DuplicateRequest:
    return DuplicateRequest(
        f"Another request was made with the CreatorRequestId '{creator_request_id}'."
    )
