"""What callers say about Service Connect; shapes of the ECS model."""

from dataclasses import dataclass
from typing import Literal

from hostless.domain.container_definitions import LogConfiguration
from hostless.domain.service_connect import AccessLogFormat, ConnectService


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessLogConfiguration:
    format: AccessLogFormat
    include_query_parameters: Literal["ENABLED", "DISABLED"] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerConfiguration:
    log_level: Literal["debug", "info"] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectConfiguration:
    enabled: bool
    namespace: str | None = None
    services: tuple[ConnectService, ...] = ()
    log_configuration: LogConfiguration | None = None
    access_log_configuration: AccessLogConfiguration | None = None
    container_configurations: tuple[ContainerConfiguration, ...] = ()
