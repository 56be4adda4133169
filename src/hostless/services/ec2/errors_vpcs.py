"""EC2's errors about VPCs, subnets, their ranges and DHCP options, in its words."""

from collections.abc import Iterable

from hostless.domain.errors import ApiError


class RangeHasDependencies(ApiError):
    code = "DependencyViolation"

    def __init__(self, noun: str, given: str) -> None:
        # our words
        super().__init__(
            f"The {noun} CIDR block with association ID {given} has dependencies and cannot be "
            "disassociated."
        )


class NoCidr(ApiError):
    """member: such as `cidrBlock`."""

    code = "InvalidParameterValue"

    def __init__(self, given: str, member: str) -> None:
        super().__init__(
            f"Value ({given}) for parameter {member} is invalid. This is not a valid CIDR block."
        )


class VpcRangeInvalid(ApiError):
    code = "InvalidVpc.Range"

    def __init__(self, cidr: str) -> None:
        super().__init__(f"The CIDR '{cidr}' is invalid.")


class VpcRangeRestricted(ApiError):
    code = "InvalidVpc.Range"

    def __init__(self, cidr: str) -> None:
        super().__init__(f"The CIDR '{cidr}' is restricted.")


class SubnetRangeInvalid(ApiError):
    code = "InvalidSubnet.Range"

    def __init__(self, cidr: str) -> None:
        super().__init__(f"The CIDR '{cidr}' is invalid.")


class SubnetConflict(ApiError):
    code = "InvalidSubnet.Conflict"

    def __init__(self, cidr: str) -> None:
        super().__init__(f"The CIDR '{cidr}' conflicts with another subnet")


class NoSuchZone(ApiError):
    """member: `availabilityZone` or `availabilityZoneId`. zones: that there are, spelled alike."""

    code = "InvalidParameterValue"

    def __init__(self, given: str, member: str, zones: Iterable[str]) -> None:
        super().__init__(
            f"Value ({given}) for parameter {member} is invalid. Subnets can currently only be "
            f"created in the following availability zones: {', '.join(zones)}."
        )


class TooManyRanges(ApiError):
    code = "CidrLimitExceeded"

    def __init__(self, network_id: str, most: int) -> None:
        super().__init__(
            f"This network '{network_id}' has met its maximum number of allowed CIDRs: {most}"
        )


class NoFreeBlock(ApiError):
    code = "InsufficientCidrBlocks"

    def __init__(self, vpc_id: str) -> None:
        # our words
        super().__init__(f"There is no free CIDR block of the needed size in the VPC '{vpc_id}'.")


class VpcAssociationNotFound(ApiError):
    code = "InvalidVpcCidrBlockAssociationID.NotFound"

    def __init__(self, given: str) -> None:
        super().__init__(f"The vpc CIDR block association ID '{given}' does not exist")


class SubnetAssociationNotFound(ApiError):
    code = "InvalidSubnetCidrBlockAssociationID.NotFound"

    def __init__(self, given: str) -> None:
        super().__init__(f"The subnet CIDR block with association ID '{given}' does not exist")


class PrimaryRangeStays(ApiError):
    code = "OperationNotPermitted"

    def __init__(self, given: str) -> None:
        super().__init__(
            f"The vpc CIDR block with association ID {given} may not be disassociated. "
            "It is the primary IPv4 CIDR block of the VPC"
        )


class DefaultVpcExists(ApiError):
    code = "DefaultVpcAlreadyExists"

    def __init__(self) -> None:
        super().__init__("A Default VPC already exists for this account in this region.")


class DefaultVpcMissing(ApiError):
    code = "DefaultVpcDoesNotExist"

    def __init__(self) -> None:
        # our words
        super().__init__("There is no default VPC for this account in this region.")


class DefaultSubnetExists(ApiError):
    code = "DefaultSubnetAlreadyExistsInAvailabilityZone"

    def __init__(self, zone: str, subnet_id: str) -> None:
        # our words
        super().__init__(f"The default subnet '{subnet_id}' already exists in {zone}.")


class TooManyVpcs(ApiError):
    code = "VpcLimitExceeded"

    def __init__(self) -> None:
        super().__init__("The maximum number of VPCs has been reached.")


class TooManySubnets(ApiError):
    code = "SubnetLimitExceeded"

    def __init__(self) -> None:
        super().__init__("The maximum number of subnets has been reached.")


class ManyAttributes(ApiError):
    """given: as EC2 spells them."""

    code = "InvalidParameterCombination"

    def __init__(self, given: Iterable[str]) -> None:
        names = ", ".join(sorted(given))
        super().__init__(f"Fields for multiple attribute types specified: {names}")


class NoAttribute(ApiError):
    code = "InvalidParameterCombination"

    def __init__(self) -> None:
        super().__init__("No attributes specified.")


class ClassicIsGone(ApiError):
    """What AWS says where there is no EC2-Classic."""

    code = "UnsupportedOperation"

    def __init__(self) -> None:
        super().__init__("The functionality you requested is not available in this region.")
