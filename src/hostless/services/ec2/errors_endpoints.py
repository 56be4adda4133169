"""EC2's errors about VPC endpoints, in its words."""

from hostless.domain.errors import ApiError


class BadEndpoint(ApiError):
    code = "InvalidParameter"


class ServiceUnknown(ApiError):
    code = "InvalidServiceName"

    def __init__(self, name: str) -> None:
        super().__init__(f"The Vpc Endpoint Service '{name}' does not exist")


class ZoneTwice(ApiError):
    code = "DuplicateSubnetsInSameZone"

    def __init__(self, subnet_id: str) -> None:
        super().__init__(
            f"Found another VPC endpoint subnet in the availability zone of {subnet_id}"
        )


class SubnetFull(ApiError):
    code = "InsufficientFreeAddressesInSubnet"

    def __init__(self) -> None:
        super().__init__(
            "The specified subnet does not have enough free addresses to satisfy the request."
        )


class HasEndpointRoute(ApiError):
    code = "RouteAlreadyExists"

    def __init__(self, table_id: str, prefix_list_id: str) -> None:
        super().__init__(
            f"route table {table_id} already has a route with destination-prefix-list-id "
            f"{prefix_list_id}"
        )


class BadPolicy(ApiError):
    code = "InvalidPolicyDocument"

    def __init__(self) -> None:
        super().__init__("The policy document is not valid JSON")  # our words
