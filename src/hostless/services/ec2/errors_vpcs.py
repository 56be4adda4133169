"""EC2's errors about VPCs, subnets, their ranges and DHCP options, in its words."""

from collections.abc import Iterable

from hostless.domain.errors import ApiError


class VpcRangeInUse(ApiError):
    code = "InvalidCidrBlock.InUse"

    def __init__(self, vpc_id: str, cidr: str) -> None:
        super().__init__(f"The vpc {vpc_id} currently has a subnet within CIDR block {cidr}")


class SubnetRangeInUse(ApiError):
    """why: such as `its subnet has assign-ipv6-address-on-creation set to true`."""

    code = "InvalidCidrBlock.InUse"

    def __init__(self, association_id: str, why: str) -> None:
        super().__init__(
            f"The subnet IPv6 CIDR block with association ID {association_id} may not be "
            f"disassociated, because {why}."
        )


class NoCidr(ApiError):
    """member: such as `cidrBlock`."""

    code = "InvalidParameterValue"

    def __init__(self, given: str, member: str) -> None:
        super().__init__(
            f"Value ({given}) for parameter {member} is invalid. This is not a valid CIDR block."
        )


class NoSubnetIpv6Cidr(ApiError):
    code = "InvalidParameterValue"

    def __init__(self, given: str) -> None:
        super().__init__(f"invalid value for parameter ipv6-cidr-block: {given}")


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
    """What EC2 says of a subnet; noun: of what has no room here."""

    code = "InsufficientCidrBlocks"

    def __init__(self, noun: str) -> None:
        super().__init__(
            f"The specified {noun} does not have enough free cidr blocks to satisfy the request"
        )


class VpcAssociationNotFound(ApiError):
    code = "InvalidVpcCidrBlockAssociationID.NotFound"

    def __init__(self, given: str) -> None:
        super().__init__(f"The vpc CIDR block association ID '{given}' does not exist")


class SubnetAssociationNotFound(ApiError):
    code = "InvalidSubnetCidrBlockAssociationID.NotFound"

    def __init__(self, given: str) -> None:
        super().__init__(f"The subnet CIDR block with association ID '{given}' does not exist")


class AssociationMalformed(ApiError):
    """noun: `subnet` or `vpc`."""

    def __init__(self, noun: str, given: str) -> None:
        super().__init__(
            f"The {noun} CIDR block with association ID {given} is malformed",
            code=f"Invalid{noun.capitalize()}CidrBlockAssociationId.Malformed",
        )


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
        super().__init__("There is no default VPC in which to carry out the request.")


class DefaultSubnetExists(ApiError):
    code = "DefaultSubnetAlreadyExistsInAvailabilityZone"

    def __init__(self) -> None:
        super().__init__("A default subnet already exists in the specified Availability Zone.")


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
