"""Every rule about task definitions: the sentence that a client gets, and that nothing changed."""

from typing import Any

import pytest
from tests.support.api_world import AWSLOGS, ROLE, fargate, refusal

OPEN, CLOSE = "\N{LEFT SINGLE QUOTATION MARK}", "\N{RIGHT SINGLE QUOTATION MARK}"


def app(**members: Any) -> dict[str, Any]:
    """A definition whose one container has these members."""
    return {"containerDefinitions": [{"name": "app", "image": "busybox:1", **members}]}


def pair(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    return {
        "containerDefinitions": [
            {"name": "one", "image": "busybox:1", **first},
            {"name": "two", "image": "busybox:1", **second},
        ]
    }


def logs(**options: str | None) -> dict[str, Any]:
    chosen = {**AWSLOGS, **{name.replace("_", "-"): value for name, value in options.items()}}
    given = {name: value for name, value in chosen.items() if value is not None}
    return app(logConfiguration={"logDriver": "awslogs", "options": given})


GUIDE = "For more information, see the Troubleshooting section of the Amazon ECS Developer Guide."
UNSUPPORTED = "Fargate compatible task definitions do not support "
RULES: list[tuple[dict[str, Any], str]] = [
    # the definition
    ({"family": "a b"}, "Family contains invalid characters."),
    ({"family": ""}, "Family should not be null or empty."),
    ({"containerDefinitions": []}, "Container list cannot be empty."),
    (
        {"containerDefinitions": [{"name": f"c{n}", "image": "i"} for n in range(11)]},
        "Too many containers.",
    ),
    (
        {"containerDefinitions": [{"name": "c", "image": "i"}] * 2},
        "Container names must be unique within a task definition",
    ),
    (app(essential=False), "Task definition doesn't have any essential container"),
    ({"taskRoleArn": "arn:aws:iam::1:user/x"}, "Role is not valid"),
    (
        {"inferenceAccelerators": [{"deviceName": "a", "deviceType": "b"}]},
        "Unsupported field 'inferenceAccelerators'",
    ),
    (
        {
            "requiresCompatibilities": ["EC2"],
            "ephemeralStorage": {"sizeInGiB": 30},
        },
        "Tasks using the EC2 launch type do not support EphemeralStorage",
    ),
    # names and images
    (app(name=""), "Container.name should not be null or empty."),
    (app(name="a b"), "Container.name contains invalid characters."),
    (app(image=""), "Container.image should not be null or empty."),
    (app(image="a b"), "Container.image contains invalid characters."),
    (app(image="busybox@sha256:abc"), "Container.image contains an invalid digest."),
    (app(image=f"busybox@md5:{'a' * 64}"), "Container.image contains an invalid digest."),
    # sizes
    (
        {"cpu": None},
        "Fargate requires that 'cpu' be defined at the task level.",
    ),
    (
        {"memory": None},
        "Fargate requires that 'memory' be defined at the task level.",
    ),
    *(
        ({setting: value}, f"Invalid '{setting}' setting for task. {GUIDE}")
        for setting in ("cpu", "memory")
        for value in ("much", "0", "1.5")
    ),
    (
        {"cpu": "300"},
        "No Fargate configuration exists for given values: 300 CPU, 512 memory. "
        "See the Amazon ECS documentation for the valid values.",
    ),
    (
        {"memory": "1536"},
        "No Fargate configuration exists for given values: 256 CPU, 1536 memory. "
        "See the Amazon ECS documentation for the valid values.",
    ),
    (
        {"runtimePlatform": {"operatingSystemFamily": "WINDOWS_SERVER_2022_CORE"}},
        "No Fargate configuration exists for given values: 256 CPU, 512 memory. "
        "See the Amazon ECS documentation for the valid values.",
    ),
    (
        app(memory=600),
        "The 'memory' setting for container 'app' is greater than for the task.",
    ),
    (
        pair({"memoryReservation": 300}, {"memoryReservation": 300}),
        "The sum of all container 'memoryReservation' values cannot be greater than the value "
        "of the task 'memory'.",
    ),
    (
        pair({"cpu": 200}, {"cpu": 100}),
        "The sum of all container 'cpu' values cannot be greater than the value of the task 'cpu'.",
    ),
    (
        app(memory=64, memoryReservation=65),
        "Invalid setting for container 'app'. 'memory' must be greater than or equal to "
        "'memoryReservation'.",
    ),
    (
        app(memory=5),
        "Invalid 'memory' setting for container 'app'. The minimum value is 6.",
    ),
    (
        {"requiresCompatibilities": ["EC2"], "cpu": None, "memory": None},
        "Invalid setting for container 'app'. At least one of 'memory' or "
        "'memoryReservation' must be specified.",
    ),
    ({"ephemeralStorage": {"sizeInGiB": 20}}, "EphemeralStorage size should be at least 21"),
    ({"ephemeralStorage": {"sizeInGiB": 201}}, "EphemeralStorage size should be at most 200"),
    # modes
    ({"networkMode": "bridge"}, f"Fargate only supports network mode {OPEN}awsvpc{CLOSE}."),
    ({"networkMode": None}, f"Fargate only supports network mode {OPEN}awsvpc{CLOSE}."),
    ({"ipcMode": "task"}, f"{UNSUPPORTED}ipcMode"),
    (
        {"pidMode": "host"},
        "Tasks using the Fargate launch type do not support pidMode 'host'",
    ),
    (
        {"placementConstraints": [{"type": "memberOf", "expression": "x"}]},
        f"{UNSUPPORTED}constraints",
    ),
    (
        {
            "cpu": "1024",
            "memory": "2048",
            "runtimePlatform": {
                "operatingSystemFamily": "WINDOWS_SERVER_2022_CORE",
                "cpuArchitecture": "ARM64",
            },
        },
        "The ARM64 CPU architecture is not supported for Windows containers.",
    ),
    # the shared interface
    (app(links=["x"]), "Links are not supported when networkMode=awsvpc."),
    (app(hostname="h"), "hostname is not supported on container when networkMode=awsvpc."),
    (
        app(disableNetworking=True),
        "Disable Networking is not supported on container when networkMode=awsvpc.",
    ),
    (
        app(dnsServers=["1.1.1.1"]),
        "DNS servers are not supported on container when networkMode=awsvpc.",
    ),
    (
        app(dnsSearchDomains=["x"]),
        "DNS search domains are not supported on container when networkMode=awsvpc.",
    ),
    (
        app(extraHosts=[{"hostname": "h", "ipAddress": "1.1.1.1"}]),
        "Extra hosts are not supported on container when networkMode=awsvpc.",
    ),
    (
        app(portMappings=[{"containerPort": 80, "hostPort": 81}]),
        "When networkMode=awsvpc, the host ports and container ports in port mappings must match.",
    ),
    (
        pair(
            {"portMappings": [{"containerPort": 80}]},
            {"portMappings": [{"containerPortRange": "70-90"}]},
        ),
        "container port is used multiple times in task",
    ),
    (
        pair(
            {"portMappings": [{"containerPort": 80, "name": "x"}]},
            {"portMappings": [{"containerPort": 81, "name": "x"}]},
        ),
        "port mapping name is already used",
    ),
    (
        app(portMappings=[{"containerPortRange": "90-80"}]),
        "Invalid 'containerPortRange' setting: 90-80",
    ),
    (
        app(portMappings=[{"containerPortRange": "80-90", "containerPort": 1}]),
        "cannot specify both single port and port range",
    ),
    # what Fargate's hosts do not give away
    (app(privileged=True), "Fargate requires that the 'privileged' setting be 'false'"),
    (app(dockerSecurityOptions=["x"]), f"{UNSUPPORTED}dockerSecurityOptions"),
    (
        app(resourceRequirements=[{"type": "GPU", "value": "1"}]),
        "Tasks using the Fargate launch type do not support GPU resource requirements",
    ),
    (
        app(resourceRequirements=[{"type": "NeuronDevice", "value": "1"}]),
        "Tasks using the Fargate launch type do not support NeuronDevice resource requirements",
    ),
    (
        app(linuxParameters={"capabilities": {"drop": ["FLYING"]}}),
        "Invalid Linux capability 'FLYING' for container 'app'.",
    ),
    (
        app(linuxParameters={"tmpfs": [{"containerPath": "/t", "size": 1, "mountOptions": ["x"]}]}),
        "Invalid tmpfs mount option 'x' for container 'app'.",
    ),
    (
        app(ulimits=[{"name": "nofile", "softLimit": 1, "hardLimit": 1_048_577}]),
        "the 'nofile' ulimit for container 'app' must be at most 1048576",
    ),
    (
        app(linuxParameters={"capabilities": {"add": ["SYS_ADMIN"]}}),
        "SYS_ADMIN is not allowed on Fargate.",
    ),
    (app(linuxParameters={"devices": [{"hostPath": "/dev/x"}]}), f"{UNSUPPORTED}devices"),
    (app(linuxParameters={"sharedMemorySize": 64}), f"{UNSUPPORTED}sharedMemorySize"),
    (app(linuxParameters={"maxSwap": 64}), f"{UNSUPPORTED}maxSwap"),
    (app(linuxParameters={"swappiness": 0}), f"{UNSUPPORTED}swappiness"),
    (
        app(systemControls=[{"namespace": "vm.swappiness", "value": "0"}]),
        f"{UNSUPPORTED}the system control 'vm.swappiness'",
    ),
    (
        app(systemControls=[{"namespace": "net.ipv4/../../vm.x", "value": "0"}]),
        f"{UNSUPPORTED}the system control 'net.ipv4/../../vm.x'",
    ),
    (
        {"volumes": [{"name": "v", "host": {"sourcePath": "/x"}}]},
        f"{UNSUPPORTED}sourcePath",
    ),
    (
        {"volumes": [{"name": "v", "dockerVolumeConfiguration": {"scope": "task"}}]},
        f"{UNSUPPORTED}dockerVolumeConfiguration",
    ),
    (
        app(stopTimeout=121),
        "the 'stopTimeout' setting for container 'app' must be between 2 and 120",
    ),
    (
        app(startTimeout=1),
        "the 'startTimeout' setting for container 'app' must be between 2 and 120",
    ),
    # references
    (
        app(mountPoints=[{"sourceVolume": "v", "containerPath": "/v"}]),
        "Unknown volume 'v'.",
    ),
    (
        app(volumesFrom=[{"sourceContainer": "x"}]),
        "Invalid 'volumesFrom' setting. Unknown container: 'x'.",
    ),
    (
        {"volumes": [{"name": "v", "configuredAtLaunch": True}]},
        "Volumes [v] are not referenced by any of the containers",
    ),
    (
        app(dependsOn=[{"containerName": "x", "condition": "START"}]),
        "Cannot depend on container + 'x' because it does not exist",
    ),
    (
        pair({"dependsOn": [{"containerName": "two", "condition": "HEALTHY"}]}, {}),
        "A dependency container with HEALTHY condition must have health check configured",
    ),
    (
        pair({"dependsOn": [{"containerName": "two", "condition": "SUCCESS"}]}, {}),
        "A dependency container with SUCCESS or COMPLETE condition cannot be an essential "
        "container",
    ),
    (
        pair(
            {"dependsOn": [{"containerName": "two", "condition": "START"}]},
            {"dependsOn": [{"containerName": "one", "condition": "START"}]},
        ),
        "Container dependencies should not have a cycle",
    ),
    # logs and roles
    (
        {**logs(), "executionRoleArn": ""},
        "Fargate requires task definition to have execution role ARN to support log driver "
        "awslogs.",
    ),
    (
        {**logs(awslogs_stream_prefix=None), "executionRoleArn": ROLE},
        "Fargate requires log configuration options to include awslogs-stream-prefix to "
        "support log driver awslogs.",
    ),
    (
        {**logs(awslogs_group=None), "executionRoleArn": ROLE},
        "Log driver awslogs requires options: awslogs-group",
    ),
    (
        app(logConfiguration={"logDriver": "syslog"}),
        "syslog is not a valid log driver. Must be one of [awslogs, splunk, awsfirelens]",
    ),
    (
        app(logConfiguration={"logDriver": "awsfirelens"}),
        "When awsfirelens log driver is specified in log configuration, a firelens "
        "configuration object must be specified",
    ),
    (
        app(firelensConfiguration={"type": "fluentbit", "options": {"config-file-type": "s3"}}),
        "Fargate launch type does not support FirelensConfiguration config file from 's3'",
    ),
    (
        app(image="000000000000.dkr.ecr.us-east-1.amazonaws.com/x:1"),
        "Fargate requires task definition to have execution role ARN to support ECR images.",
    ),
    (
        app(secrets=[{"name": "S", "valueFrom": "x"}]),
        "When you are specifying container secrets, you must also specify a value for "
        "'executionRoleArn'.",
    ),
    # single settings
    (
        app(ulimits=[{"name": "nofile", "softLimit": 2, "hardLimit": 1}]),
        "Soft limit exceeds hard limit for ulimit nofile",
    ),
    (
        app(healthCheck={"command": ["CMD", "true"], "interval": 4}),
        "the 'interval' setting for container 'app' must be between 5 and 300",
    ),
    (
        app(restartPolicy={"enabled": True, "restartAttemptPeriod": 59}),
        "the 'restartAttemptPeriod' setting for container 'app' must be between 60 and 1800",
    ),
    (
        app(environmentFiles=[{"value": "arn:aws:s3:::b/x.env", "type": "s3"}] * 11),
        "The maximum number of environment files was exceeded. Specify ten or less and try again",
    ),
    (app(environmentFiles=[{"value": "b/x.env", "type": "s3"}]), "Invalid arn syntax."),
    # volumes and the proxy
    (
        {
            "volumes": [
                {
                    "name": "v",
                    "efsVolumeConfiguration": {
                        "fileSystemId": "fs-1",
                        "authorizationConfig": {"iam": "ENABLED"},
                    },
                }
            ]
        },
        "EFS IAM authorization requires TransitEncryption to be enabled",
    ),
    (
        {
            "volumes": [
                {
                    "name": "v",
                    "efsVolumeConfiguration": {
                        "fileSystemId": "fs-1",
                        "transitEncryptionPort": 1,
                    },
                }
            ]
        },
        "TransitEncryptionPort requires that TransitEncryption is enabled",
    ),
    (
        {"proxyConfiguration": {"containerName": "envoy"}},
        "Proxy container [envoy] does not exist",
    ),
]


@pytest.mark.parametrize(("changes", "sentence"), RULES, ids=[s[:60] for _, s in RULES])
def test_a_refused_definition_gets_its_sentence_and_changes_nothing(
    ecs: Any, changes: dict[str, Any], sentence: str
) -> None:
    members = {name: value for name, value in fargate(**changes).items() if value is not None}
    assert refusal(ecs.register_task_definition, **members) == ("ClientException", sentence)
    assert ecs.list_task_definition_families()["families"] == []
    assert ecs.register_task_definition(**fargate())["taskDefinition"]["revision"] == 1


def test_a_tag_that_aws_keeps_for_itself_is_refused(ecs: Any) -> None:
    code, sentence = refusal(
        ecs.register_task_definition, **fargate(tags=[{"key": "aws:x", "value": "1"}])
    )
    assert code == "ClientException"
    assert "aws:" in sentence
