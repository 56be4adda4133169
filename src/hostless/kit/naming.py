"""AWS spells members in camel case, we in snake case: the one place that translates.

`sizeInGiB` is `size_in_gib`, `VPCId` is `vpc_id`. Protocol parsers hand requests over in snake case
and renderers read records by the same rule.
"""

import functools

from botocore import xform_name

_WHOLE_WORDS = (("GiB", "Gib"), ("MiB", "Mib"), ("IPs", "Ips"), ("ARNs", "Arns"))


@functools.cache
def snake_case(aws_name: str) -> str:
    """The name inside hostless of the member that AWS calls `aws_name`."""
    for written, word in _WHOLE_WORDS:
        aws_name = aws_name.replace(written, word)
    return str(xform_name(aws_name))
