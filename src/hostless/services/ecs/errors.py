"""ECS's errors that several files raise; rarer ones are raised by code where they happen."""

from hostless.domain.errors import ApiError, ClientError, InvalidParameter


class ClusterInactive(ApiError):
    code = "ClusterNotFoundException"

    def __init__(self) -> None:
        super().__init__("The referenced cluster was inactive.")


class ClusterContainsTasks(ApiError):
    code = "ClusterContainsTasksException"

    def __init__(self) -> None:
        super().__init__("The Cluster cannot be deleted while Tasks are active.")


class ClusterContainsServices(ApiError):
    code = "ClusterContainsServicesException"

    def __init__(self) -> None:
        super().__init__("The Cluster cannot be deleted while Services are active.")


class ServiceNotFound(ApiError):
    code = "ServiceNotFoundException"

    def __init__(self) -> None:
        super().__init__("Service not found.")


class ServiceNotActive(ApiError):
    code = "ServiceNotActiveException"

    def __init__(self) -> None:
        super().__init__("Service was not ACTIVE.")


class TaskNotFound(InvalidParameter):
    def __init__(self) -> None:
        super().__init__("The referenced task was not found.")


class ContainerInstanceNotFound(InvalidParameter):
    def __init__(self) -> None:
        super().__init__("The referenced container instance was not found.")


class TaskDefinitionNotFound(ClientError):
    def __init__(self) -> None:
        super().__init__("TaskDefinition not found.")


class ResourceNotFound(ApiError):
    code = "ResourceNotFoundException"

    def __init__(self) -> None:
        super().__init__("The specified resource wasn't found.")


class UnsupportedFeature(ApiError):
    code = "UnsupportedFeatureException"


class PlatformUnknown(ApiError):
    code = "PlatformUnknownException"

    def __init__(self) -> None:
        super().__init__("The specified platform does not exist.")


class PlatformIncompatible(ApiError):
    code = "PlatformTaskDefinitionIncompatibilityException"

    def __init__(self) -> None:
        super().__init__("One or more of the requested capabilities are not supported.")


class TokenConflict(ApiError):
    code = "ConflictException"

    def __init__(self, resource_ids: tuple[str, ...]) -> None:
        super().__init__(
            "The RunTask request could not be processed due to conflicts. "
            "The provided clientToken is already in use with a different RunTask request.",
            members={"resourceIds": resource_ids},
        )


class InvalidToken(InvalidParameter):
    def __init__(self) -> None:
        super().__init__("Invalid token.")
