"""EC2's errors, in its words."""

from hostless.domain.errors import ApiError


class BadParameter(ApiError):
    code = "InvalidParameterValue"


class BadCombination(ApiError):
    code = "InvalidParameterCombination"


class DryRun(ApiError):
    code = "DryRunOperation"
    status = 412

    def __init__(self) -> None:
        super().__init__("Request would have succeeded, but DryRun flag is set.")


class IdNotFound(ApiError):
    """noun: as EC2 writes it in the code (`SubnetID`); spoken: as in the sentence."""

    def __init__(self, noun: str, spoken: str, given: str) -> None:
        super().__init__(f"The {spoken} '{given}' does not exist", code=f"Invalid{noun}.NotFound")


class IdMalformed(ApiError):
    def __init__(self, noun: str, given: str, prefix: str) -> None:
        super().__init__(
            f'Invalid id: "{given}" (expecting "{prefix}...")', code=f"Invalid{noun}.Malformed"
        )
