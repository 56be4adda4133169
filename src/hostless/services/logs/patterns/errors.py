"""A filter pattern that CloudWatch Logs would refuse, in its words."""

from hostless.domain.errors import InvalidParameter


class BadPattern(InvalidParameter):
    """AWS's code is InvalidParameterException."""

    def __init__(self, message: str = "Invalid filter pattern") -> None:
        super().__init__(message)


def bad_characters(run: str) -> BadPattern:
    return BadPattern(f"Invalid character(s) in term '{run}'")
