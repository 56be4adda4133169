"""How an image is named, and what Docker understands by it.

The rules are those of the `distribution/reference` grammar, which Fargate uses too: a first part
with a dot, a colon or the name `localhost` is a registry; what has none comes from Docker Hub.
Asking the registry is `registry`'s business.
"""

import ipaddress
import re
from dataclasses import dataclass

DOCKER_HUB = "docker.io"
DOCKER_HUB_HOST = "registry-1.docker.io"
MAXIMUM_NAME_LENGTH = 255

_ALPHANUMERIC = r"[a-z0-9]+"
_COMPONENT = rf"{_ALPHANUMERIC}(?:(?:\.|_|__|-+){_ALPHANUMERIC})*"
_DOMAIN_PART = r"(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])"
_DOMAIN = rf"(?:{_DOMAIN_PART}(?:\.{_DOMAIN_PART})*|\[(?:[a-fA-F0-9:]+)\])(?::[0-9]+)?"

_is_repository = re.compile(rf"{_COMPONENT}(?:/{_COMPONENT})*").fullmatch
_is_domain = re.compile(_DOMAIN).fullmatch
_is_tag = re.compile(r"[\w][\w.-]{0,127}", re.ASCII).fullmatch
_is_digest = re.compile(r"sha256:[a-f0-9]{64}").fullmatch
_is_identifier = re.compile(r"[a-f0-9]{64}").fullmatch


class InvalidReference(ValueError):
    """The text names no image; the message says why, in Docker's words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageReference:
    """registry: a host with an optional port, or `docker.io`. repository: `library/busybox`.

    With a digest the tag is only a remark.
    """

    registry: str
    repository: str
    tag: str | None = None
    digest: str | None = None

    def __str__(self) -> str:
        """The full form, `docker.io/library/busybox:latest`."""
        tag = f":{self.tag}" if self.tag else ""
        digest = f"@{self.digest}" if self.digest else ""
        return f"{self.registry}/{self.repository}{tag}{digest}"

    @property
    def host(self) -> str:
        """Where the registry's API is, `host[:port]`."""
        return DOCKER_HUB_HOST if self.registry == DOCKER_HUB else self.registry

    @property
    def wanted(self) -> str:
        """What to ask the registry for: the digest, else the tag."""
        return self.digest or self.tag or "latest"


def parse_reference(text: str) -> ImageReference:
    """The image that `text` names to Docker. Raises InvalidReference."""
    if _is_identifier(text):
        raise InvalidReference(
            f"invalid repository name ({text}), cannot specify 64-byte hexadecimal strings"
        )
    rest, at, digest = text.partition("@")
    if at and not _is_digest(digest):
        raise InvalidReference("invalid reference format")
    registry, path = _split_registry(rest)
    repository, colon, tag = path.partition(":")
    if colon and not _is_tag(tag):
        raise InvalidReference("invalid reference format")
    if repository != repository.lower():
        raise InvalidReference("invalid reference format: repository name must be lowercase")
    if not _is_domain(registry) or not _is_repository(repository):
        raise InvalidReference("invalid reference format")
    if registry == DOCKER_HUB and "/" not in repository:
        repository = f"library/{repository}"
    if len(f"{registry}/{repository}") > MAXIMUM_NAME_LENGTH:
        raise InvalidReference("repository name must not be more than 255 characters")
    if not tag and not digest:
        tag = "latest"
    return ImageReference(
        registry=registry, repository=repository, tag=tag or None, digest=digest or None
    )


def _split_registry(name: str) -> tuple[str, str]:
    """Registry and path; a first part that cannot be a host belongs to the path."""
    first, slash, rest = name.partition("/")
    if not slash or not _reads_as_host(first):
        return DOCKER_HUB, name
    return (DOCKER_HUB if first == f"index.{DOCKER_HUB}" else first), rest


def _reads_as_host(part: str) -> bool:
    return "." in part or ":" in part or part == "localhost" or part != part.lower()


def is_loopback(host: str) -> bool:
    """Whether `host[:port]` is this machine by its name or address, without asking a resolver."""
    name = host.rpartition(":")[0] if re.search(r":[0-9]+$", host) else host
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return False
