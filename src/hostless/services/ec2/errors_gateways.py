"""EC2's errors about routes, gateways and public addresses, in its words."""

from hostless.domain.errors import ApiError


class RouteDuplicate(ApiError):
    code = "RouteAlreadyExists"

    def __init__(self, destination: str) -> None:
        super().__init__(f"The route identified by {destination} already exists.")


class RouteNotFound(ApiError):
    """kind: of the destination, as in `destination-cidr-block`."""

    code = "InvalidRoute.NotFound"

    def __init__(self, kind: str, destination: str, table_id: str) -> None:
        super().__init__(f"no route with {kind} {destination} in route table {table_id}")


class UnsupportedTarget(ApiError):
    code = "RouteNotSupported"

    def __init__(self, target: str) -> None:
        super().__init__(
            f"Route table contains unsupported route target: {target}. "
            "VPC Endpoints of this type cannot be used as route targets."
        )


class AssociationConflict(ApiError):
    code = "Resource.AlreadyAssociated"

    def __init__(self, table_id: str) -> None:
        super().__init__(
            f"the specified association for route table {table_id} conflicts with an existing "
            "association"
        )


class AlreadyAttached(ApiError):
    code = "Resource.AlreadyAssociated"

    def __init__(self, gateway_id: str, vpc_id: str) -> None:
        super().__init__(f"resource {gateway_id} is already attached to network {vpc_id}")


class NotAttached(ApiError):
    code = "Gateway.NotAttached"

    def __init__(self, gateway_id: str, vpc_id: str) -> None:
        super().__init__(f"resource {gateway_id} is not attached to network {vpc_id}")


class MappedAddresses(ApiError):
    code = "DependencyViolation"

    def __init__(self, vpc_id: str) -> None:
        super().__init__(
            f"Network {vpc_id} has some mapped public address(es). "
            "Please unmap those public address(es) before detaching the gateway."
        )


class OverQuota(ApiError):
    """noun: as EC2 writes it in the code (`RouteTable`); spoken: many of them."""

    def __init__(self, noun: str, spoken: str) -> None:
        super().__init__(
            f"The maximum number of {spoken} has been reached.", code=f"{noun}LimitExceeded"
        )


class NoFreeAddress(ApiError):
    code = "InsufficientAddressCapacity"

    def __init__(self) -> None:
        super().__init__("Not enough available addresses to satisfy your minimum request.")


class AddressInUse(ApiError):
    code = "InvalidIPAddress.InUse"

    def __init__(self, address: str) -> None:
        super().__init__(f"Address {address} is in use.")


class AddressAssociated(ApiError):
    code = "Resource.AlreadyAssociated"

    def __init__(self, allocation_id: str, association_id: str | None) -> None:
        super().__init__(
            f"resource {allocation_id} is already associated with associate-id {association_id}"
        )


class AddressNotFound(ApiError):
    code = "InvalidAddress.NotFound"

    def __init__(self, address: str) -> None:
        super().__init__(f"Address '{address}' not found.")


class NoSuchSubnet(ApiError):
    code = "InvalidSubnet"

    def __init__(self, subnet_id: str) -> None:
        super().__init__(f"Subnet {subnet_id} was not found")


class NatGatewayNotFound(ApiError):
    code = "NatGatewayNotFound"

    def __init__(self, gateway_id: str) -> None:
        super().__init__(f"NAT gateway {gateway_id} was not found")


class NatGatewayMalformed(ApiError):
    code = "NatGatewayMalformed"

    def __init__(self, given: str) -> None:
        super().__init__(f"NAT gateway ID '{given}' is malformed")  # our words


class ElasticIpMalformed(ApiError):
    code = "InvalidElasticIpID.Malformed"

    def __init__(self, given: str) -> None:
        super().__init__(f"The elastic-ip ID '{given}' is malformed")


class OneAddressOnly(ApiError):
    code = "UnsupportedOperation"

    def __init__(self) -> None:
        super().__init__("A NAT gateway has one address only")  # our words
