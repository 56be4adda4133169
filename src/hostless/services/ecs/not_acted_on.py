"""What ECS callers may say here that changes nothing yet, and why: the honest list.

Names are dotted, by AWS's names, lists without an index. The coverage tables print it and the
gateway warns; whoever makes one of them work takes its line out.
"""

from collections.abc import Mapping

_LATER = "kept and shown; no engine part acts on it yet"
_ONE_PLACE = "kept and shown; says nothing about how a task runs here"

CLUSTER: Mapping[str, str] = {
    "settings": "containerInsights is kept and shown; no insights are gathered",
    "configuration": "kept and shown; exec sessions are neither logged nor encrypted by a key",
}
_OF_CONTAINERS: Mapping[str, str] = {
    "repositoryCredentials": "later: pulls use the engine's registry credentials",
    "links": "not possible with awsvpc",
    "restartPolicy": _LATER,
    "environmentFiles": _LATER,
    "mountPoints": _LATER,
    "volumesFrom": _LATER,
    "linuxParameters.tmpfs": _LATER,
    "linuxParameters.devices": "EC2 only",
    "linuxParameters.sharedMemorySize": "EC2 only",
    "linuxParameters.maxSwap": "EC2 only",
    "linuxParameters.swappiness": "EC2 only",
    "secrets": _LATER,
    "dependsOn": "checked; containers start in the order of the definition",
    "startTimeout": _LATER,
    "versionConsistency": "a tag is resolved once per task",
    "hostname": "EC2 only",
    "disableNetworking": "EC2 only",
    "privileged": "EC2 only",
    "dnsServers": "EC2 only",
    "dnsSearchDomains": "EC2 only",
    "extraHosts": "EC2 only",
    "dockerSecurityOptions": "EC2 only",
    "interactive": _LATER,
    "logConfiguration.secretOptions": _LATER,
    "healthCheck": "checked; health is always UNKNOWN yet",
    "systemControls": _LATER,
    "resourceRequirements": "no GPUs or accelerators here",
    "firelensConfiguration": _LATER,
    "credentialSpecs": "Windows only",
}
REGISTER_TASK_DEFINITION: Mapping[str, str] = {
    "taskRoleArn": "kept; containers get no credentials yet",
    "executionRoleArn": _ONE_PLACE,
    "volumes": _LATER,
    "placementConstraints": "EC2 only",
    "pidMode": _LATER,
    "ipcMode": "EC2 only",
    "proxyConfiguration": _LATER,
    "enableFaultInjection": _LATER,
    **{f"containerDefinitions.{name}": why for name, why in _OF_CONTAINERS.items()},
}
RUN_TASK: Mapping[str, str] = {
    "networkConfiguration.awsvpcConfiguration.assignPublicIp": (
        "kept; a task's address is reached from this machine directly"
    ),
    "networkConfiguration.awsvpcConfiguration.securityGroups": (
        "checked and shown; no rules can be made yet, so nothing is filtered"
    ),
    "overrides.containerOverrides.environmentFiles": _LATER,
    "overrides.containerOverrides.resourceRequirements": "no GPUs or accelerators here",
    "overrides.executionRoleArn": _ONE_PLACE,
    "overrides.taskRoleArn": "kept; containers get no credentials yet",
}
ACCOUNT_SETTINGS: Mapping[str, str] = {
    "value": "kept and shown; only containerInsights changes anything (new clusters)",
}
