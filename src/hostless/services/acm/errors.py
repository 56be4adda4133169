"""The errors of Certificate Manager, in its words. HTTP statuses are the model's."""

from hostless.domain.errors import ApiError


class BadCertificate(ApiError):
    """A value that cannot be, a certificate that does not hold above all."""

    code = "ValidationException"


class CertificateNotFound(ApiError):
    code = "ResourceNotFoundException"

    def __init__(self, arn: str) -> None:
        super().__init__(f"Could not find certificate {arn}.")


class CertificateInUse(ApiError):
    code = "ResourceInUseException"


class InvalidState(ApiError):
    code = "InvalidStateException"


class InvalidArgs(ApiError):
    code = "InvalidArgsException"


class TooManyTags(ApiError):
    code = "TooManyTagsException"


class QuotaExceeded(ApiError):
    code = "ServiceQuotaExceededException"


class InvalidTag(ApiError):
    code = "InvalidTagException"


class InvalidDomainOptions(ApiError):
    code = "InvalidDomainValidationOptionsException"
