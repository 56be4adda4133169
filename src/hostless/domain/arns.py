"""Resource names: distinct types, and the one place that spells them.

Forms: `arn:aws:ecs:R:A:task/<cluster>/<32 hex>` and so on (the long form, which new accounts use).
"""

from dataclasses import dataclass
from typing import NewType

ClusterArn = NewType("ClusterArn", str)
TaskArn = NewType("TaskArn", str)
TaskId = NewType("TaskId", str)
"""The 32 hexadecimal digits at the end of a task's ARN; names it in the compute backend."""
ContainerArn = NewType("ContainerArn", str)
TaskDefinitionArn = NewType("TaskDefinitionArn", str)
ServiceArn = NewType("ServiceArn", str)
ServiceRevisionArn = NewType("ServiceRevisionArn", str)
ServiceDeploymentArn = NewType("ServiceDeploymentArn", str)
DeploymentId = NewType("DeploymentId", str)
"""`ecs-svc/<19 digits>`; what a task of a service names in `startedBy`."""
VpcId = NewType("VpcId", str)
SubnetId = NewType("SubnetId", str)
SecurityGroupId = NewType("SecurityGroupId", str)
SecurityGroupRuleId = NewType("SecurityGroupRuleId", str)
NetworkInterfaceId = NewType("NetworkInterfaceId", str)
RouteTableId = NewType("RouteTableId", str)
InternetGatewayId = NewType("InternetGatewayId", str)
EgressOnlyGatewayId = NewType("EgressOnlyGatewayId", str)
NatGatewayId = NewType("NatGatewayId", str)
AllocationId = NewType("AllocationId", str)
"""Of an elastic address."""
NetworkAclId = NewType("NetworkAclId", str)
DhcpOptionsId = NewType("DhcpOptionsId", str)
PrefixListId = NewType("PrefixListId", str)
VpcEndpointId = NewType("VpcEndpointId", str)
LogGroupName = NewType("LogGroupName", str)
NamespaceId = NewType("NamespaceId", str)
DiscoveryServiceId = NewType("DiscoveryServiceId", str)
"""Of a service of Cloud Map; nothing to do with ECS's."""
InstanceId = NewType("InstanceId", str)
"""Of an instance of such a service; callers choose it."""
DiscoveryOperationId = NewType("DiscoveryOperationId", str)
LoadBalancerArn = NewType("LoadBalancerArn", str)
ListenerArn = NewType("ListenerArn", str)
ListenerRuleArn = NewType("ListenerRuleArn", str)
TargetGroupArn = NewType("TargetGroupArn", str)
CertificateArn = NewType("CertificateArn", str)
FileSystemId = NewType("FileSystemId", str)
"""Of EFS: `fs-<17 hex>`."""
MountTargetId = NewType("MountTargetId", str)
AccessPointId = NewType("AccessPointId", str)
VolumeId = NewType("VolumeId", str)
"""Of EBS: `vol-<17 hex>`."""
SnapshotId = NewType("SnapshotId", str)


@dataclass(frozen=True, slots=True, kw_only=True)
class Realm:
    """The account and region this engine plays."""

    account_id: str = "000000000000"
    region: str = "us-east-1"

    def arn(self, service: str, resource: str) -> str:
        """`arn:aws:<service>:<region>:<account>:<resource>`."""
        return f"arn:aws:{service}:{self.region}:{self.account_id}:{resource}"

    def cluster_arn(self, name: str) -> ClusterArn:
        return ClusterArn(self.arn("ecs", f"cluster/{name}"))

    def task_arn(self, cluster_name: str, task_id: str) -> TaskArn:
        return TaskArn(self.arn("ecs", f"task/{cluster_name}/{task_id}"))

    def container_arn(self, cluster_name: str, task_id: str, container_id: str) -> ContainerArn:
        return ContainerArn(self.arn("ecs", f"container/{cluster_name}/{task_id}/{container_id}"))

    def task_definition_arn(self, family: str, revision: int) -> TaskDefinitionArn:
        return TaskDefinitionArn(self.arn("ecs", f"task-definition/{family}:{revision}"))

    def service_arn(self, cluster_name: str, name: str) -> ServiceArn:
        return ServiceArn(self.arn("ecs", f"service/{cluster_name}/{name}"))

    def service_revision_arn(
        self, cluster_name: str, service_name: str, digits: str
    ) -> ServiceRevisionArn:
        """digits: 19 decimal ones."""
        place = f"{cluster_name}/{service_name}/{digits}"
        return ServiceRevisionArn(self.arn("ecs", f"service-revision/{place}"))

    def service_deployment_arn(
        self, cluster_name: str, service_name: str, id_: str
    ) -> ServiceDeploymentArn:
        """id_: 21 letters, digits, `_` and `-`."""
        place = f"{cluster_name}/{service_name}/{id_}"
        return ServiceDeploymentArn(self.arn("ecs", f"service-deployment/{place}"))

    def log_group_arn(self, name: str) -> str:
        """Without the `:*` behind it that policies want."""
        return self.arn("logs", f"log-group:{name}")

    def zones(self) -> tuple[str, ...]:
        """The three availability zones of the region."""
        return tuple(f"{self.region}{letter}" for letter in "abc")


def name_of(arn: str) -> str:
    """The last part of an ARN, or the name itself when it is no ARN."""
    return arn.rsplit("/", 1)[-1]


def cluster_name_of(arn: ClusterArn) -> str:
    return name_of(arn)


def task_id_of(arn: TaskArn) -> TaskId:
    return TaskId(name_of(arn))


def admin_arn_of(account_id: str) -> str:
    """The IAM user that an engine's key belongs to; an account has no other."""
    return f"arn:aws:iam::{account_id}:user/admin"
