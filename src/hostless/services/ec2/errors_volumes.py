"""EC2's errors about volumes and snapshots of EBS, in its words."""

from hostless.domain.errors import ApiError


class VolumeNotFound(ApiError):
    code = "InvalidVolume.NotFound"

    def __init__(self, given: str) -> None:
        super().__init__(f"The volume '{given}' does not exist.")


class VolumeInUse(ApiError):
    """holder: what has it; on AWS an instance."""

    code = "VolumeInUse"

    def __init__(self, id_: str, holder: str) -> None:
        super().__init__(f"Volume {id_} is currently attached to {holder}")


class VolumeNotReady(ApiError):
    code = "IncorrectState"

    def __init__(self, id_: str, state: str) -> None:
        super().__init__(f"The volume '{id_}' is in the '{state}' state.")  # our words


class SnapshotNotFound(ApiError):
    code = "InvalidSnapshot.NotFound"

    def __init__(self, given: str) -> None:
        super().__init__(f"The snapshot '{given}' does not exist.")


class SnapshotInUse(ApiError):
    """holder: what is being made from it."""

    code = "InvalidSnapshot.InUse"

    def __init__(self, id_: str, holder: str) -> None:
        super().__init__(f"The snapshot {id_} is currently in use by {holder}")
