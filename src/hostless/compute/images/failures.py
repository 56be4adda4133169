"""Why an image could not be pulled, in the sentences that a Fargate user finds in a stopped task.

Fargate's agent shows containerd's own errors behind `CannotPullContainerError:`; so do we. The
sentences were taken from the developer guide's page "CannotPullContainer task errors" and from
stopped tasks that people have published.
"""

REASON_LENGTH = 1024
"""The longest reason that ECS shows of a container."""


class PullFailed(Exception):
    """The image cannot be had. reason: for `stoppedReason` and the container's `reason`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason[:REASON_LENGTH])
        self.reason = reason[:REASON_LENGTH]


class RegistryFailed(Exception):
    """A registry did not do as asked. detail: containerd's words; tries: how often we asked."""

    def __init__(self, detail: str, tries: int = 1) -> None:
        super().__init__(detail)
        self.detail = detail
        self.tries = tries


class ManifestUnknown(RegistryFailed):
    """The registry answers, and has no such tag or digest."""


class UnpackFailed(Exception):
    """A layer cannot be unpacked. detail: containerd's words, without the layer's name."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


def cannot_normalize(reference: str) -> PullFailed:
    """The text of the image in the task definition names no image."""
    return PullFailed(
        "InternalError: failed to create container model: "
        f'failed to normalize image reference "{reference}"'
    )


def cannot_resolve(reference: str, failure: RegistryFailed) -> PullFailed:
    """The registry did not say which manifest the reference names."""
    detail = f"{reference}: not found" if isinstance(failure, ManifestUnknown) else failure.detail
    return _pull_failed(
        "pull image manifest", failure.tries, f"failed to resolve ref {reference}: {detail}"
    )


def cannot_use_manifest(detail: str) -> PullFailed:
    """The manifest is there and no image that can run here."""
    return _pull_failed("pull image manifest", 1, detail)


def cannot_copy(failure: RegistryFailed) -> PullFailed:
    """The manifest is known; the configuration or a layer did not arrive whole."""
    return _pull_failed("ref pull", failure.tries, f"failed to copy: {failure.detail}")


def cannot_extract(diff_id: str, failure: UnpackFailed) -> PullFailed:
    return _pull_failed("ref pull", 1, f"failed to extract layer {diff_id}: {failure.detail}")


def does_not_fit(layer: str) -> PullFailed:
    """The task's ephemeral storage, which its images share, is too small for this layer."""
    failure = UnpackFailed("write /: no space left on device")
    return cannot_extract(f"sha256:{layer}", failure)


def cannot_ask(detail: str) -> PullFailed:
    """The pull did not get as far as the registry."""
    return PullFailed(f"CannotPullContainerError: {detail}")


def _pull_failed(step: str, tries: int, detail: str) -> PullFailed:
    return PullFailed(
        f"CannotPullContainerError: {step} has been retried {tries} time(s): {detail}"
    )
