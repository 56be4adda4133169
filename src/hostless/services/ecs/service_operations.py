"""The part of the table of ECS operations that is about services."""

from typing import Any

from hostless.compute.seam import Capabilities
from hostless.domain.fargate_sizes import sizes_offered
from hostless.domain.settings import Settings
from hostless.kit.ids import Ids
from hostless.services.ecs import not_acted_on
from hostless.services.ecs import requests_deployments as deployments
from hostless.services.ecs import requests_services as requests
from hostless.services.ecs import requests_tasks as tasks
from hostless.services.ecs.create_service import ServiceMaker
from hostless.services.ecs.gateway_connectors import GatewayConnectors
from hostless.services.ecs.ingress import IngressMaker
from hostless.services.ecs.revision_content import Machine
from hostless.services.ecs.service_deployments import ServiceDeployments
from hostless.services.ecs.services import Services
from hostless.services.ecs.task_protection import TaskProtection
from hostless.services.ecs.update_service import ServiceUpdater
from hostless.services.operation import Operation
from hostless.store.store import Store


def service_operations(
    store: Store,
    ids: Ids,
    settings: Settings,
    capabilities: Capabilities,
    ingress: IngressMaker,
) -> tuple[Operation[Any], ...]:
    sizes = sizes_offered(has_32_vcpu=settings.offers_32_vcpu)
    quotas = settings.api_limits.quotas
    machine = Machine(capabilities=capabilities, sizes=sizes, quotas=quotas)
    gateways = GatewayConnectors(store, ingress)
    maker = ServiceMaker(store, ids, machine, gateways)
    updater = ServiceUpdater(store, ids, machine, gateways)
    noun = Services(store)
    by_rule = not_acted_on.REFUSED_BY_RULE_IN_SERVICES
    return (
        Operation(
            name="CreateService",
            request=requests.CreateService,
            perform=maker.create,
            refused=not_acted_on.REFUSED_IN_SERVICES,
            refused_by_rule={
                **by_rule,
                "role": "a service linked role is used with awsvpc",
                "schedulingStrategy": "DAEMON is not for Fargate",
            },
            not_acted_on=not_acted_on.SERVICES,
        ),
        Operation(
            name="UpdateService",
            request=requests.UpdateService,
            perform=updater.update,
            refused=not_acted_on.REFUSED_IN_SERVICES,
            refused_by_rule=by_rule,
            not_acted_on=not_acted_on.SERVICES,
        ),
        Operation(
            name="DescribeServices", request=requests.DescribeServices, perform=noun.describe
        ),
        Operation(name="ListServices", request=requests.ListServices, perform=noun.list_services),
        Operation(
            name="ListServicesByNamespace",
            request=requests.ListServicesByNamespace,
            perform=noun.list_by_namespace,
        ),
        Operation(name="DeleteService", request=requests.DeleteService, perform=noun.delete),
        *_deployment_operations(store),
        *_protection_operations(store),
    )


def _deployment_operations(store: Store) -> tuple[Operation[Any], ...]:
    noun = ServiceDeployments(store)
    return (
        Operation(
            name="DescribeServiceDeployments",
            request=deployments.DescribeServiceDeployments,
            perform=noun.describe,
        ),
        Operation(
            name="ListServiceDeployments",
            request=deployments.ListServiceDeployments,
            perform=noun.list_deployments,
        ),
        Operation(
            name="StopServiceDeployment",
            request=deployments.StopServiceDeployment,
            perform=noun.stop,
        ),
        Operation(
            name="ContinueServiceDeployment",
            request=deployments.ContinueServiceDeployment,
            perform=noun.continue_deployment,
            always_refused="rolling updates have no lifecycle hooks that pause them",
        ),
        Operation(
            name="DescribeServiceRevisions",
            request=deployments.DescribeServiceRevisions,
            perform=noun.describe_revisions,
        ),
    )


def _protection_operations(store: Store) -> tuple[Operation[Any], ...]:
    noun = TaskProtection(store)
    return (
        Operation(name="GetTaskProtection", request=tasks.GetTaskProtection, perform=noun.get),
        Operation(
            name="UpdateTaskProtection", request=tasks.UpdateTaskProtection, perform=noun.update
        ),
    )
