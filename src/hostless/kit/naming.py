"""AWS spells members in camel case, we in snake case: the one place that translates.

`sizeInGiB` is `size_in_gib`, `VPCId` is `vpc_id`; `from`, a word of Python's, is `from_`.
Protocol parsers hand requests over in snake case and renderers read records by the same rule.
"""

import functools
import keyword

from botocore import xform_name

_WHOLE_WORDS = (
    ("GiB", "Gib"),
    ("MiB", "Mib"),
    ("IPs", "Ips"),
    ("ARNs", "Arns"),
    ("IPv4", "Ipv4"),
    ("IPv6", "Ipv6"),
)


@functools.cache
def snake_case(aws_name: str) -> str:
    """The name inside hostless of the member that AWS calls `aws_name`."""
    for written, word in _WHOLE_WORDS:
        aws_name = aws_name.replace(written, word)
    name = str(xform_name(aws_name))
    return f"{name}_" if keyword.iskeyword(name) else name
