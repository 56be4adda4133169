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


class MissingParameter(ApiError):
    code = "MissingParameter"


class NoDefaultVpc(ApiError):
    code = "VPCIdNotSpecified"

    def __init__(self) -> None:
        super().__init__("No default VPC for this user")


class GroupNotFound(ApiError):
    code = "InvalidGroup.NotFound"


class GroupDuplicate(ApiError):
    code = "InvalidGroup.Duplicate"

    def __init__(self, name: str, vpc_id: str) -> None:
        super().__init__(f"The security group '{name}' already exists for VPC '{vpc_id}'")


class DefaultGroupStays(ApiError):
    code = "CannotDelete"

    def __init__(self, group_id: str) -> None:
        super().__init__(
            f'the specified group: "{group_id}" name: "default" cannot be deleted by a user'
        )


class GroupInUse(ApiError):
    code = "DependencyViolation"

    def __init__(self, group_id: str) -> None:
        super().__init__(f"resource {group_id} has a dependent object")


class PermissionDuplicate(ApiError):
    """permission: in EC2's words."""

    code = "InvalidPermission.Duplicate"

    def __init__(self, permission: object) -> None:
        super().__init__(f'the specified rule "{permission}" already exists')


class PermissionNotFound(ApiError):
    code = "InvalidPermission.NotFound"

    def __init__(self) -> None:
        super().__init__("The specified rule does not exist in this security group.")


class TooManyRules(ApiError):
    code = "RulesPerSecurityGroupLimitExceeded"

    def __init__(self) -> None:
        super().__init__("The maximum number of rules per security group has been reached.")


class BadId(ApiError):
    code = "InvalidID"

    def __init__(self, given: str) -> None:
        super().__init__(f"The ID '{given}' is not valid")


class TooManyTags(ApiError):
    code = "TagLimitExceeded"

    def __init__(self) -> None:
        super().__init__("The maximum number of Tags for a resource has been reached.")


class NotYours(ApiError):
    code = "AuthFailure"
    status = 403

    def __init__(self) -> None:
        super().__init__("You do not have permission to access the specified resource.")


class TokenMismatch(ApiError):
    code = "IdempotentParameterMismatch"

    def __init__(self) -> None:
        super().__init__(
            "Arguments on this idempotent request are inconsistent with arguments used in previous "
            "request(s)."
        )


class HasDependencies(ApiError):
    """spoken: as EC2 names the kind (`vpc`, `networkAcl`)."""

    code = "DependencyViolation"

    def __init__(self, spoken: str, id_: str) -> None:
        super().__init__(f"The {spoken} '{id_}' has dependencies and cannot be deleted.")


class AclEntryDuplicate(ApiError):
    code = "NetworkAclEntryAlreadyExists"

    def __init__(self, number: int) -> None:
        super().__init__(f"The network acl entry identified by {number} already exists.")


class AclEntryNotFound(ApiError):
    code = "InvalidNetworkAclEntry.NotFound"

    def __init__(self, number: int) -> None:
        super().__init__(f"The network acl entry identified by {number} does not exist.")


class VersionMismatch(ApiError):
    code = "PrefixListVersionMismatch"

    def __init__(self) -> None:
        super().__init__("The prefix list has the incorrect version number.")


class PrefixListFull(ApiError):
    code = "PrefixListMaxEntriesExceeded"

    def __init__(self) -> None:
        super().__init__("You've reached the maximum number of entries for the prefix list.")


class BadPrefixListChange(ApiError):
    """An entry is to be added that is there, or removed that is not."""

    code = "InvalidRequest"

    def __init__(self) -> None:
        super().__init__("The request received was invalid.")


class NotPermitted(ApiError):
    code = "OperationNotPermitted"
