"""The records of a rollout and of the rollback within one."""

import random
import re
from dataclasses import replace

from hostless.domain.arns import Realm, ServiceRevisionArn, SubnetId, TaskDefinitionArn
from hostless.domain.new_service import (
    RevisionContent,
    begin_rollback,
    begin_rollout,
    content_of,
    newest_of,
)
from hostless.domain.services import Service
from hostless.domain.tasks import Placement
from hostless.kit.ids import Ids

REALM = Realm()
IDS = Ids(random.Random(3))
SERVICE = Service(
    arn=REALM.service_arn("default", "web"),
    cluster_arn=REALM.cluster_arn("default"),
    name="web",
    desired_count=2,
    revision_arn=ServiceRevisionArn("none yet"),
    created_at=1.0,
)
CONTENT = RevisionContent(
    definition_arn=TaskDefinitionArn("definition"),
    launch_type="FARGATE",
    platform_version="1.4.0",
    cpu_architecture="X86_64",
    placement=Placement(subnets=(SubnetId("subnet-1"),), security_groups=()),
    images=(("app", "busybox:1"),),
)


def test_a_rollout_has_ids_in_awss_form_and_its_parts_name_each_other() -> None:
    rollout = begin_rollout(REALM, SERVICE, CONTENT, (), IDS, 10.0)
    attempt, deployment = rollout.service_deployment, rollout.deployment
    assert re.fullmatch(r"ecs-svc/[1-9]\d{18}", deployment.id)
    assert re.fullmatch(r"arn:.*:service-revision/default/web/\d{19}", rollout.revision.arn)
    assert re.fullmatch(r"arn:.*:service-deployment/default/web/[\w-]{21}", attempt.arn)
    assert attempt.target_revision_arn == deployment.revision_arn == rollout.revision.arn
    assert (attempt.deployment_id, deployment.service_deployment_arn) == (
        deployment.id,
        attempt.arn,
    )


def test_a_rollout_begins_pending_and_its_deployment_says_that_it_is_in_progress() -> None:
    rollout = begin_rollout(REALM, SERVICE, CONTENT, (), IDS, 10.0)
    assert rollout.service_deployment.status == "PENDING"
    assert rollout.deployment.rollout_state == "IN_PROGRESS"
    reason = rollout.deployment.rollout_state_reason
    assert reason == f"ECS deployment {rollout.deployment.id} in progress."


def test_what_goes_into_a_revision_can_be_read_from_it_again() -> None:
    revision = begin_rollout(REALM, SERVICE, CONTENT, (), IDS, 10.0).revision
    assert content_of(revision) == CONTENT
    (image,) = revision.container_images
    resolved = replace(revision, container_images=(replace(image, image_digest="sha256:1"),))
    assert content_of(resolved) == CONTENT


def test_the_newest_deployment_is_the_primary_one_even_when_the_clock_stands_still() -> None:
    first = begin_rollout(REALM, SERVICE, CONTENT, (), IDS, 10.0).deployment
    second = begin_rollout(REALM, SERVICE, CONTENT, (first,), IDS, 10.0).deployment
    third = begin_rollout(REALM, SERVICE, CONTENT, (second, first), IDS, 10.0).deployment
    assert newest_of((second, third, first)) is third
    assert newest_of(()) is None


def test_a_rollback_makes_the_old_deployment_primary_again_within_the_same_attempt() -> None:
    old = begin_rollout(REALM, SERVICE, CONTENT, (), IDS, 10.0)
    failed = begin_rollout(REALM, SERVICE, CONTENT, (old.deployment,), IDS, 20.0)
    others = (old.deployment, failed.deployment)
    deployment, attempt = begin_rollback(
        failed.service_deployment, old.deployment, "why", others, 20.0
    )
    assert deployment.id == old.deployment.id
    assert deployment.rollout_state == "IN_PROGRESS"
    assert newest_of((failed.deployment, deployment)) is deployment
    assert attempt.status == "ROLLBACK_IN_PROGRESS"
    assert attempt.rollback is not None
    assert (attempt.rollback.deployment_id, attempt.rollback.reason) == (deployment.id, "why")
    assert attempt.rollback.revision_arn == old.revision.arn
    assert attempt.deployment_id == failed.deployment.id
    again = begin_rollout(REALM, SERVICE, CONTENT, (failed.deployment, deployment), IDS, 20.0)
    assert newest_of((failed.deployment, deployment, again.deployment)) is again.deployment
