"""What has to be there before something can run: a cluster, a log group, a definition, subnets.

Made through the API, when they are missing.
"""

from hostless.cli.api import Api, Refusal
from hostless.cli.outcome import CommandFailed
from hostless.cli.run_request import LOG_GROUP, RunRequest, definition_of

MOST_SUBNETS = 16


def have_cluster(api: Api, name: str) -> None:
    found = api.call("ecs", "describe_clusters", clusters=[name])["clusters"]
    if not any(cluster["status"] == "ACTIVE" for cluster in found):
        api.call("ecs", "create_cluster", clusterName=name)


def registered(api: Api, request: RunRequest, family: str) -> str:
    """The ARN of a new task definition for the request, its log group made."""
    _have_log_group(api)
    account_id = api.call("sts", "get_caller_identity")["Account"]
    members = definition_of(request, family, account_id, api.address.region)
    answer = api.call("ecs", "register_task_definition", **members)
    return str(answer["taskDefinition"]["taskDefinitionArn"])


def _have_log_group(api: Api) -> None:
    try:
        api.call("logs", "create_log_group", logGroupName=LOG_GROUP)
    except Refusal as refusal:
        if refusal.code != "ResourceAlreadyExistsException":
            raise


def default_subnets(api: Api) -> list[str]:
    """Of the default VPC, at most as many as AWS takes in a request. Raises CommandFailed."""
    answer = api.call(
        "ec2", "describe_subnets", Filters=[{"Name": "default-for-az", "Values": ["true"]}]
    )
    found = [subnet["SubnetId"] for subnet in answer["Subnets"]]
    if not found:
        raise CommandFailed(
            "there is no default subnet to run in: they were deleted",
            "`aws ec2 create-default-vpc` or `aws ec2 create-default-subnet` makes them anew.",
        )
    return found[:MOST_SUBNETS]
