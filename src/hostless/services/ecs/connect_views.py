"""Service Connect configurations as ECS shows them.

Shapes: `ServiceConnectConfiguration`, `ServiceConnectServiceResource` of the ECS model.
"""

from hostless.domain.deployments import ServiceRevision
from hostless.domain.service_connect import ServiceConnectConfiguration
from hostless.services.ecs.lean import lean
from hostless.services.ecs.views import View


def connect_view(revision: ServiceRevision) -> View:
    """The member of a deployment or a revision; none for one that nothing was said of."""
    configuration = revision.service_connect
    if configuration is None:
        return {}
    return {"serviceConnectConfiguration": _configuration_view(configuration)}


def resources_view(revision: ServiceRevision) -> View:
    configuration = revision.service_connect
    if configuration is None or not configuration.resources:
        return {}
    shown = [
        {"discoveryName": each.discovery_name, "discoveryArn": each.arn}
        for each in configuration.resources
    ]
    return {"serviceConnectResources": shown}


def _configuration_view(configuration: ServiceConnectConfiguration) -> View:
    logging, access_log = configuration.log_configuration, configuration.access_log
    view: View = {"enabled": configuration.enabled, "namespace": configuration.namespace}
    if configuration.services:
        view["services"] = [lean(service) for service in configuration.services]
    if logging is not None:
        view["logConfiguration"] = lean(logging)
    if access_log is not None:
        view["accessLogConfiguration"] = {
            "format": access_log.format,
            "includeQueryParameters": (
                "ENABLED" if access_log.includes_query_parameters else "DISABLED"
            ),
        }
    if configuration.log_level is not None:
        view["containerConfigurations"] = [{"logLevel": configuration.log_level}]
    return view
