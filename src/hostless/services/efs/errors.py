"""The errors of EFS, in its words. HTTP statuses are the model's."""

from hostless.domain.errors import ApiError


class EfsError(ApiError):
    """Every error of EFS names its code a second time, in a member of its own."""

    def __init__(self, message: str, **members: object) -> None:
        super().__init__(message, members={"ErrorCode": type(self).code, **members})


class BadRequest(EfsError):
    code = "BadRequest"


class FileSystemNotFound(EfsError):
    code = "FileSystemNotFound"

    def __init__(self, given: str) -> None:
        super().__init__(f"File system '{given}' does not exist.")


class FileSystemAlreadyExists(EfsError):
    code = "FileSystemAlreadyExists"

    def __init__(self, file_system_id: str, token: str) -> None:
        super().__init__(
            f"File system '{file_system_id}' already exists with creation token '{token}'",
            FileSystemId=file_system_id,
        )


class FileSystemInUse(EfsError):
    code = "FileSystemInUse"

    def __init__(self, file_system_id: str) -> None:
        super().__init__(
            f"The file system '{file_system_id}' cannot be deleted because it has mount targets. "
            "You must delete the mount targets, and then try again."
        )


class IncorrectFileSystemLifeCycleState(EfsError):
    code = "IncorrectFileSystemLifeCycleState"


class MountTargetNotFound(EfsError):
    code = "MountTargetNotFound"

    def __init__(self, given: str) -> None:
        super().__init__(f"Mount target '{given}' does not exist.")


class MountTargetConflict(EfsError):
    code = "MountTargetConflict"


class AvailabilityZonesMismatch(EfsError):
    code = "AvailabilityZonesMismatch"


class UnsupportedAvailabilityZone(EfsError):
    code = "UnsupportedAvailabilityZone"


class SubnetNotFound(EfsError):
    code = "SubnetNotFound"

    def __init__(self, given: str) -> None:
        super().__init__(f"The subnet ID '{given}' does not exist")


class SecurityGroupNotFound(EfsError):
    code = "SecurityGroupNotFound"

    def __init__(self, given: str) -> None:
        super().__init__(f"The SecurityGroup ID '{given}' does not exist")


class SecurityGroupLimitExceeded(EfsError):
    code = "SecurityGroupLimitExceeded"


class NoFreeAddressesInSubnet(EfsError):
    code = "NoFreeAddressesInSubnet"


class IpAddressInUse(EfsError):
    code = "IpAddressInUse"


class AccessPointNotFound(EfsError):
    code = "AccessPointNotFound"

    def __init__(self, given: str) -> None:
        super().__init__(f"Access Point '{given}' does not exist.")


class AccessPointAlreadyExists(EfsError):
    code = "AccessPointAlreadyExists"

    def __init__(self, access_point_id: str, token: str) -> None:
        super().__init__(
            f"Access Point '{access_point_id}' already exists with client token '{token}'",
            AccessPointId=access_point_id,
        )


class PolicyNotFound(EfsError):
    code = "PolicyNotFound"


class InvalidPolicy(EfsError):
    code = "InvalidPolicyException"


class ReplicationNotFound(EfsError):
    code = "ReplicationNotFound"
