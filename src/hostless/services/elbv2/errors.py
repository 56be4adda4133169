"""The errors of Elastic Load Balancing, in its words. HTTP statuses are the model's.

Sentences are AWS's own, except where a comment says "our words".
"""

from hostless.domain.errors import ApiError


class BadRequest(ApiError):
    """A value that cannot be."""

    code = "ValidationError"


class BadConfiguration(ApiError):
    """Values that do not go together, or with what there is."""

    code = "InvalidConfigurationRequest"


class BucketDenied(ApiError):
    """The bucket for logs is not there, or cannot be written to."""

    code = "InvalidConfigurationRequest"

    def __init__(self, bucket: str) -> None:
        super().__init__(f"Access Denied for bucket: {bucket}. Please check S3bucket permission")


class LoadBalancerNotFound(ApiError):
    code = "LoadBalancerNotFound"


class TargetGroupNotFound(ApiError):
    code = "TargetGroupNotFound"


class ListenerNotFound(ApiError):
    code = "ListenerNotFound"


class RuleNotFound(ApiError):
    code = "RuleNotFound"


class DuplicateLoadBalancerName(ApiError):
    code = "DuplicateLoadBalancerName"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"A load balancer with the same name '{name}' exists, but with different settings"
        )


class DuplicateTargetGroupName(ApiError):
    code = "DuplicateTargetGroupName"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"A target group with the same name '{name}' exists, but with different settings"
        )


class DuplicateListener(ApiError):
    code = "DuplicateListener"

    def __init__(self, load_balancer_arn: str) -> None:
        super().__init__(
            f"A listener already exists on this port for this load balancer '{load_balancer_arn}'"
        )


class SubnetNotFound(ApiError):
    code = "SubnetNotFound"

    def __init__(self, subnet_id: str) -> None:
        super().__init__(f"The subnet ID '{subnet_id}' does not exist")


class InvalidSubnet(ApiError):
    code = "InvalidSubnet"


class InvalidSecurityGroup(ApiError):
    code = "InvalidSecurityGroup"

    def __init__(self) -> None:
        super().__init__("One or more security groups are invalid")


class AllocationIdNotFound(ApiError):
    code = "AllocationIdNotFound"

    def __init__(self, allocation_id: str) -> None:
        super().__init__(f"The allocation ID '{allocation_id}' does not exist")  # our words


class OperationNotPermitted(ApiError):
    code = "OperationNotPermitted"


class ResourceInUse(ApiError):
    code = "ResourceInUse"


class PriorityInUse(ApiError):
    code = "PriorityInUse"

    def __init__(self, priority: int) -> None:
        super().__init__(f"Priority '{priority}' is currently in use")


class IncompatibleProtocols(ApiError):
    code = "IncompatibleProtocols"

    def __init__(self, target_group_arn: str, listener: str, group: str) -> None:
        super().__init__(
            f"The listener and its associated target group '{target_group_arn}' have incompatible "
            f"protocols: '{listener}' and '{group}'"
        )


class InvalidLoadBalancerAction(ApiError):
    code = "InvalidLoadBalancerAction"


class TooManyLoadBalancers(ApiError):
    code = "TooManyLoadBalancers"

    def __init__(self) -> None:
        super().__init__(_limit("load balancers for your Amazon Web Services account"))


class TooManyTargetGroups(ApiError):
    code = "TooManyTargetGroups"

    def __init__(self) -> None:
        super().__init__(_limit("target groups for your Amazon Web Services account"))


class TooManyListeners(ApiError):
    code = "TooManyListeners"

    def __init__(self) -> None:
        super().__init__(_limit("listeners per load balancer"))


class TooManyRules(ApiError):
    code = "TooManyRules"

    def __init__(self) -> None:
        super().__init__(_limit("rules per load balancer"))


class TooManyCertificates(ApiError):
    code = "TooManyCertificates"

    def __init__(self) -> None:
        super().__init__(_limit("certificates per load balancer"))


class TooManyTargets(ApiError):
    code = "TooManyTargets"

    def __init__(self) -> None:
        super().__init__(_limit("targets"))


class TooManyUniqueTargetGroups(ApiError):
    code = "TooManyUniqueTargetGroupsPerLoadBalancer"

    def __init__(self) -> None:
        super().__init__(
            _limit("unique target groups per load balancer across all listeners")
            + " If a target group is used by multiple actions for a load balancer, it is counted "
            "as only one use."
        )


class TooManyActions(ApiError):
    code = "TooManyActions"

    def __init__(self) -> None:
        super().__init__(_limit("actions per rule"))


class TargetGroupAssociationLimit(ApiError):
    code = "TargetGroupAssociationLimit"

    def __init__(self, arns: str) -> None:
        super().__init__(
            "The following target groups cannot be associated with more than one load balancer: "
            f"{arns}"
        )


class CertificateNotFound(ApiError):
    code = "CertificateNotFound"

    def __init__(self, arn: str) -> None:
        super().__init__(f"Certificate '{arn}' not found")


class SslPolicyNotFound(ApiError):
    code = "SSLPolicyNotFound"

    def __init__(self, name: str) -> None:
        super().__init__(f"SSL policy '{name}' not found")


class AlpnPolicyNotFound(ApiError):
    code = "ALPNPolicyNotFound"

    def __init__(self, name: str) -> None:
        super().__init__(f"ALPN policy '{name}' not found")  # our words


class InvalidTarget(ApiError):
    code = "InvalidTarget"


class DuplicateTagKeys(ApiError):
    code = "DuplicateTagKeys"

    def __init__(self) -> None:
        super().__init__("A tag key was specified more than once.")


class TooManyTags(ApiError):
    code = "TooManyTags"

    def __init__(self) -> None:
        super().__init__(_limit("tags for this resource"))


class CaCertificatesBundleNotFound(ApiError):
    code = "CaCertificatesBundleNotFound"

    def __init__(self) -> None:
        super().__init__("The specified ca certificate bundle does not exist.")


class TrustStoreNotFound(ApiError):
    code = "TrustStoreNotFound"

    def __init__(self) -> None:
        super().__init__("The specified trust store does not exist.")


class ResourceNotFound(ApiError):
    code = "ResourceNotFound"

    def __init__(self) -> None:
        super().__init__("The specified resource does not exist.")


def _limit(of: str) -> str:
    return f"You've reached the limit on the number of {of}."
