"""Version consistency: all tasks of a revision run the images that its first task got.

The first task of a deployment resolves tags to digests when it pulls; until then no others are
started (ECS API, ContainerDefinition `versionConsistency`).
"""

from collections.abc import Iterable
from dataclasses import replace

from hostless.controllers.service.facts import RevisionFacts
from hostless.domain.deployments import ContainerImage, ServiceRevision
from hostless.domain.tasks import Task


def unresolved(facts: RevisionFacts) -> frozenset[str]:
    """Containers whose image could still become another one, by name."""
    if facts.definition is None:
        return frozenset()
    known = digests_of(facts.revision)
    return frozenset(
        container.name or ""
        for container in facts.definition.container_definitions
        if container.version_consistency != "disabled"
        and "@" not in (container.image or "")
        and container.name not in known
    )


def digests_of(revision: ServiceRevision) -> dict[str, str]:
    """By container name, for new tasks."""
    return {
        image.container_name: image.image_digest
        for image in revision.container_images
        if image.image_digest is not None
    }


def resolved(facts: RevisionFacts, tasks: Iterable[Task]) -> ServiceRevision:
    """The revision with what its tasks have found out; itself when that is nothing new."""
    missing = unresolved(facts)
    found: dict[str, str] = {}
    for task in tasks if missing else ():
        for container in task.containers:
            if container.name in missing and container.image_digest is not None:
                found.setdefault(container.name, container.image_digest)
        if len(found) == len(missing):
            break
    if not found:
        return facts.revision
    images = tuple(_with_digest(image, found) for image in facts.revision.container_images)
    return replace(facts.revision, container_images=images)


def _with_digest(image: ContainerImage, found: dict[str, str]) -> ContainerImage:
    digest = found.get(image.container_name)
    return image if digest is None else replace(image, image_digest=digest)
