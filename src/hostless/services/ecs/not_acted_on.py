"""What ECS callers may say here that changes nothing yet or is refused by rule, and why.

Names are dotted, by AWS's names, lists without an index. The coverage tables print it and the
gateway warns; whoever makes one of them work takes its line out.
"""

from collections.abc import Mapping

_LATER = "kept and shown; no engine part acts on it yet"
_ONE_PLACE = "kept and shown; says nothing about how a task runs here"

CLUSTER: Mapping[str, str] = {
    "configuration": "kept and shown; exec sessions are neither logged nor encrypted by a key",
}
_OF_CONTAINERS: Mapping[str, str] = {
    "repositoryCredentials": "later: pulls use the engine's registry credentials",
    "environmentFiles": _LATER,
    "secrets": _LATER,
    "interactive": _LATER,
    "logConfiguration.secretOptions": _LATER,
    "logConfiguration.options.max-buffer-size": "kept and shown; 64 MiB of lines wait on the disk",
    "firelensConfiguration": _LATER,
    "credentialSpecs": "Windows only",
}
_NOT_ON_FARGATE = "not on Fargate; kept in definitions for EC2, which nothing here can run"
_NOT_YET = "there is none here yet; kept in definitions for EC2, which nothing here can run"
REFUSED_IN_DEFINITIONS: Mapping[str, str] = {
    "inferenceAccelerators": "Unsupported field 'inferenceAccelerators'",
    "trustedExecutionConfiguration": _NOT_ON_FARGATE,
    "placementConstraints": _NOT_ON_FARGATE,
    "ipcMode": _NOT_ON_FARGATE,
    "volumes.host.sourcePath": _NOT_ON_FARGATE,
    "volumes.dockerVolumeConfiguration": _NOT_ON_FARGATE,
    "volumes.fsxWindowsFileServerVolumeConfiguration": _NOT_ON_FARGATE,
    "volumes.s3filesVolumeConfiguration": _NOT_YET,
    **{
        f"containerDefinitions.{name}": _NOT_ON_FARGATE
        for name in (
            "links",
            "linuxParameters.devices",
            "linuxParameters.sharedMemorySize",
            "linuxParameters.maxSwap",
            "linuxParameters.swappiness",
            "hostname",
            "disableNetworking",
            "privileged",
            "dnsServers",
            "dnsSearchDomains",
            "extraHosts",
            "dockerSecurityOptions",
            "resourceRequirements",
        )
    },
}
_EFS = "volumes.efsVolumeConfiguration"
_NO_TRAFFIC = "checked; nothing is sent: a folder of the engine's is mounted"
_NO_POLICY = "checked; no policy of the file system or of the role is"
REGISTER_TASK_DEFINITION: Mapping[str, str] = {
    "taskRoleArn": "kept; containers get no credentials yet",
    "executionRoleArn": _ONE_PLACE,
    "proxyConfiguration": _LATER,
    f"{_EFS}.transitEncryption": _NO_TRAFFIC,
    f"{_EFS}.transitEncryptionPort": _NO_TRAFFIC,
    f"{_EFS}.authorizationConfig.iam": _NO_POLICY,
    "enableFaultInjection": _LATER,
    **{f"containerDefinitions.{name}": why for name, why in _OF_CONTAINERS.items()},
}
_VOLUME = "volumeConfigurations.managedEBSVolume"
_NOT_PACED = "checked and shown; a volume is as fast as the disk that it lies on"
_VOLUMES: Mapping[str, str] = {
    f"{_VOLUME}.roleArn": "kept and shown; nothing is asked of IAM",
    f"{_VOLUME}.encrypted": "kept and shown; nothing is encrypted",
    f"{_VOLUME}.kmsKeyId": "kept and shown; nothing is encrypted",
    f"{_VOLUME}.volumeType": _NOT_PACED,
    f"{_VOLUME}.iops": _NOT_PACED,
    f"{_VOLUME}.throughput": _NOT_PACED,
    f"{_VOLUME}.volumeInitializationRate": "checked and shown; a volume begins with all its data",
}
RUN_TASK: Mapping[str, str] = {
    "overrides.containerOverrides.environmentFiles": _LATER,
    "overrides.containerOverrides.resourceRequirements": "no GPUs or accelerators here",
    "overrides.executionRoleArn": _ONE_PLACE,
    "overrides.taskRoleArn": "kept; containers get no credentials yet",
    **_VOLUMES,
}
_NO_BLUE_GREEN = "only rolling updates are supported here"
_ONE_LEVEL = "kept and shown; what the proxy logs has one level"
REFUSED_IN_SERVICES: Mapping[str, str] = {
    "loadBalancers.advancedConfiguration": _NO_BLUE_GREEN,
    "deploymentConfiguration.lifecycleHooks": _NO_BLUE_GREEN,
    "deploymentConfiguration.linearConfiguration": _NO_BLUE_GREEN,
    "deploymentConfiguration.canaryConfiguration": _NO_BLUE_GREEN,
    "serviceConnectConfiguration.services.tls": "there is no AWS Private CA here",
    "serviceConnectConfiguration.services.clientAliases.testTrafficRules": _NO_BLUE_GREEN,
    "vpcLatticeConfigurations": "there is no VPC Lattice here",
}
"""Refused by the gateway, with an error that the operations declare."""
REFUSED_BY_RULE_IN_SERVICES: Mapping[str, str] = {
    "placementConstraints": "not supported with FARGATE launch type",
    "placementStrategy": "not supported with FARGATE launch type",
    "loadBalancers.loadBalancerName": "Classic Load Balancers are not supported with Fargate",
    "deploymentController": "another one than ECS is refused",
    "deploymentConfiguration.strategy": "another one than ROLLING is refused",
}
SERVICES: Mapping[str, str] = {
    "monitoring": "no metrics of services are published yet",
    "serviceConnectConfiguration.containerConfigurations": _ONE_LEVEL,
    "serviceConnectConfiguration.logConfiguration.secretOptions": _LATER,
    **_VOLUMES,
}
_NOT_SCALED = "kept and shown; nothing scales by metrics yet: there are minTaskCount tasks"
EXPRESS_SERVICES: Mapping[str, str] = {
    "infrastructureRoleArn": "kept and shown; nothing is asked of IAM",
    "executionRoleArn": _ONE_PLACE,
    "taskRoleArn": "kept; containers get no credentials yet",
    "primaryContainer.repositoryCredentials": _OF_CONTAINERS["repositoryCredentials"],
    "primaryContainer.secrets": _LATER,
    "scalingTarget.maxTaskCount": _NOT_SCALED,
    "scalingTarget.autoScalingMetric": _NOT_SCALED,
    "scalingTarget.autoScalingTargetValue": _NOT_SCALED,
}
REFUSED_IN_GATEWAYS: Mapping[str, str] = {
    "configuration.hostSharedAlb.webACLArn": "there is no WAF here",
}
"""Refused by the gateway."""
REFUSED_BY_RULE_IN_GATEWAYS: Mapping[str, str] = {
    "configuration.hostSharedAlb.httpDesync": "another mode than defensive is refused",
    "configuration.hostSharedAlb.port": "another one than 443 is refused",
    "configuration.hostSharedAlb.protocol": "another one than HTTPS is refused",
}
GATEWAYS: Mapping[str, str] = {
    "infrastructureRoleArn": "kept and shown; nothing is asked of IAM",
    "configuration.hostSharedAlb.testTrafficRules": "kept; there are no progressive deployments",
}
ACCOUNT_SETTINGS: Mapping[str, str] = {
    "value": "kept and shown; containerInsights alone changes anything (new clusters). Not so "
    "defaultLogDriverMode: a container says its mode itself",
}
