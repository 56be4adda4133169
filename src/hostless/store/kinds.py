"""The kinds of records the store keeps: their keys, indexes, and the state their story tells."""

from hostless.domain.access_logs import LogDelivery
from hostless.domain.account_settings import AccountSetting
from hostless.domain.certificates import (
    AUTHORITY_KEY,
    Authority,
    Certificate,
    CertificateKey,
)
from hostless.domain.clusters import Cluster
from hostless.domain.deployments import Deployment, ServiceDeployment, ServiceRevision
from hostless.domain.dhcp_options import DhcpOptions
from hostless.domain.express_services import ExpressService
from hostless.domain.gateways import (
    AddressPool,
    EgressOnlyGateway,
    ElasticAddress,
    InternetGateway,
    NatGateway,
)
from hostless.domain.ingress import IngressRoute
from hostless.domain.ingress_gateways import Gateway, GatewayAssociation
from hostless.domain.listeners import Listener, ListenerRule
from hostless.domain.load_balancers import LoadBalancer
from hostless.domain.logs import LogGroup, LogStream, stream_key
from hostless.domain.network import NetworkInterface, SecurityGroup, Subnet, Vpc
from hostless.domain.network_acls import NetworkAcl, NetworkAclAssociation
from hostless.domain.prefix_lists import PrefixList
from hostless.domain.routing import RouteTable, RouteTableAssociation
from hostless.domain.security_groups import SecurityGroupRule
from hostless.domain.service_connect import Endpoint
from hostless.domain.service_discovery import (
    DiscoveryInstance,
    DiscoveryOperation,
    DiscoveryService,
    Namespace,
    instance_key,
)
from hostless.domain.services import Service, ServiceEvent
from hostless.domain.signals import Alarm, Outage
from hostless.domain.target_groups import Target, TargetGroup, target_story
from hostless.domain.task_definitions import Family, TaskDefinition
from hostless.domain.tasks import IdempotencyToken, Task
from hostless.domain.vpc_endpoints import VpcEndpoint
from hostless.store.kind import Kind as Kind
from hostless.store.kind import R as R
from hostless.store.storage_kinds import ACCESS_POINTS as ACCESS_POINTS
from hostless.store.storage_kinds import BLOCK_SNAPSHOTS as BLOCK_SNAPSHOTS
from hostless.store.storage_kinds import BLOCK_VOLUMES as BLOCK_VOLUMES
from hostless.store.storage_kinds import FILE_SYSTEMS as FILE_SYSTEMS
from hostless.store.storage_kinds import MOUNT_TARGETS as MOUNT_TARGETS
from hostless.store.storage_kinds import STORAGE_KINDS as STORAGE_KINDS
from hostless.store.task_keys import (
    called_names,
    connected_namespace,
    deployment_status,
    served_names,
    service_of,
    size_key,
    spread_key,
    task_state,
)

CLUSTERS: Kind[Cluster] = Kind(
    "cluster",
    Cluster,
    lambda r: r.arn,
    {"status": lambda r: (r.status,)},
    state=lambda r: r.status,
)
TASK_DEFINITIONS: Kind[TaskDefinition] = Kind(
    "task_definition",
    TaskDefinition,
    lambda r: r.arn,
    {"family": lambda r: (r.family,)},
    state=lambda r: r.status,
)
FAMILIES: Kind[Family] = Kind("family", Family, lambda r: r.name)
TASKS: Kind[Task] = Kind(
    "task",
    Task,
    lambda r: r.arn,
    {
        "cluster": lambda r: (r.cluster_arn,),
        "definition": lambda r: (r.definition_arn,),
        "status": lambda r: (r.status,),
        "size": lambda r: () if r.status == "STOPPED" else (size_key(r),),
        "spread": lambda r: (spread_key(r),) if r.zone and r.status != "STOPPED" else (),
        "service": service_of,
        "deployment": deployment_status,
        "serves": served_names,
        "calls": called_names,
    },
    state=task_state,
    version=lambda r: r.version,
)
SERVICES: Kind[Service] = Kind(
    "service",
    Service,
    lambda r: r.arn,
    {"cluster": lambda r: (r.cluster_arn,), "revision": lambda r: (r.revision_arn,)},
    state=lambda r: f"{r.status}/{r.desired_count}",
)
SERVICE_REVISIONS: Kind[ServiceRevision] = Kind(
    "service_revision",
    ServiceRevision,
    lambda r: r.arn,
    {
        "service": lambda r: (r.service_arn,),
        "definition": lambda r: (r.definition_arn,),
        "namespace": connected_namespace,
    },
)
SERVICE_DEPLOYMENTS: Kind[ServiceDeployment] = Kind(
    "service_deployment",
    ServiceDeployment,
    lambda r: r.arn,
    {"service": lambda r: (r.service_arn,)},
    state=lambda r: r.status,
)
DEPLOYMENTS: Kind[Deployment] = Kind(
    "deployment",
    Deployment,
    lambda r: r.id,
    {"service": lambda r: (r.service_arn,)},
    state=lambda r: r.rollout_state,
)
SERVICE_EVENTS: Kind[ServiceEvent] = Kind(
    "service_event", ServiceEvent, lambda r: r.id, {"service": lambda r: (r.service_arn,)}
)
ALARMS: Kind[Alarm] = Kind("alarm", Alarm, lambda r: r.name, state=lambda r: r.state)
OUTAGES: Kind[Outage] = Kind("outage", Outage, lambda r: r.key)
TOKENS: Kind[IdempotencyToken] = Kind("token", IdempotencyToken, lambda r: r.key)
ACCOUNT_SETTINGS: Kind[AccountSetting] = Kind(
    "account_setting", AccountSetting, lambda r: f"{r.principal_arn}\n{r.name}"
)
VPCS: Kind[Vpc] = Kind("vpc", Vpc, lambda r: r.id)
SUBNETS: Kind[Subnet] = Kind("subnet", Subnet, lambda r: r.id, {"vpc": lambda r: (r.vpc_id,)})
SECURITY_GROUPS: Kind[SecurityGroup] = Kind(
    "security_group", SecurityGroup, lambda r: r.id, {"vpc": lambda r: (r.vpc_id,)}
)
SECURITY_GROUP_RULES: Kind[SecurityGroupRule] = Kind(
    "security_group_rule",
    SecurityGroupRule,
    lambda r: r.id,
    {
        "group": lambda r: (r.group_id,),
        "referenced": lambda r: () if r.referenced_group_id is None else (r.referenced_group_id,),
        "prefix_list": lambda r: () if r.prefix_list_id is None else (r.prefix_list_id,),
    },
)
NETWORK_INTERFACES: Kind[NetworkInterface] = Kind(
    "network_interface",
    NetworkInterface,
    lambda r: r.id,
    {
        "task": lambda r: () if r.task_arn is None else (r.task_arn,),
        "owner": lambda r: () if r.owner is None else (r.owner,),
        "public": lambda r: () if r.public_address is None else (r.public_address,),
        "subnet": lambda r: (r.subnet_id,),
        "address": lambda r: tuple(
            f"{r.vpc_id}/{each}" for each in (r.address, r.ipv6_address) if each is not None
        ),
    },
)
ROUTE_TABLES: Kind[RouteTable] = Kind(
    "route_table", RouteTable, lambda r: r.id, {"vpc": lambda r: (r.vpc_id,)}
)
ROUTE_TABLE_ASSOCIATIONS: Kind[RouteTableAssociation] = Kind(
    "route_table_association",
    RouteTableAssociation,
    lambda r: r.id,
    {
        "vpc": lambda r: (r.vpc_id,),
        "table": lambda r: (r.route_table_id,),
        "subnet": lambda r: () if r.subnet_id is None else (r.subnet_id,),
    },
)
INTERNET_GATEWAYS: Kind[InternetGateway] = Kind(
    "internet_gateway",
    InternetGateway,
    lambda r: r.id,
    {"vpc": lambda r: () if r.vpc_id is None else (r.vpc_id,)},
)
EGRESS_ONLY_GATEWAYS: Kind[EgressOnlyGateway] = Kind(
    "egress_only_gateway", EgressOnlyGateway, lambda r: r.id, {"vpc": lambda r: (r.vpc_id,)}
)
NAT_GATEWAYS: Kind[NatGateway] = Kind(
    "nat_gateway",
    NatGateway,
    lambda r: r.id,
    {"vpc": lambda r: (r.vpc_id,), "subnet": lambda r: (r.subnet_id,)},
    state=lambda r: r.state,
)
ADDRESS_POOLS: Kind[AddressPool] = Kind("address_pool", AddressPool, lambda r: r.cidr_block)
ELASTIC_ADDRESSES: Kind[ElasticAddress] = Kind(
    "elastic_address",
    ElasticAddress,
    lambda r: r.allocation_id,
    {
        "address": lambda r: (r.public_address,),
        "association": lambda r: () if r.association_id is None else (r.association_id,),
        "interface": lambda r: () if r.interface_id is None else (r.interface_id,),
    },
)
NETWORK_ACLS: Kind[NetworkAcl] = Kind(
    "network_acl", NetworkAcl, lambda r: r.id, {"vpc": lambda r: (r.vpc_id,)}
)
NETWORK_ACL_ASSOCIATIONS: Kind[NetworkAclAssociation] = Kind(
    "network_acl_association",
    NetworkAclAssociation,
    lambda r: r.id,
    {"acl": lambda r: (r.acl_id,), "subnet": lambda r: (r.subnet_id,)},
)
DHCP_OPTIONS: Kind[DhcpOptions] = Kind("dhcp_options", DhcpOptions, lambda r: r.id)
PREFIX_LISTS: Kind[PrefixList] = Kind("prefix_list", PrefixList, lambda r: r.id)
VPC_ENDPOINTS: Kind[VpcEndpoint] = Kind(
    "vpc_endpoint", VpcEndpoint, lambda r: r.id, {"vpc": lambda r: (r.vpc_id,)}
)
LOG_GROUPS: Kind[LogGroup] = Kind("log_group", LogGroup, lambda r: r.name)
LOG_STREAMS: Kind[LogStream] = Kind(
    "log_stream",
    LogStream,
    lambda r: stream_key(r.group, r.name),
    {"group": lambda r: (r.group,)},
)
NAMESPACES: Kind[Namespace] = Kind(
    "namespace",
    Namespace,
    lambda r: r.id,
    {"http_name": lambda r: (r.http_name,), "name": lambda r: (r.name.lower(),)},
)
DISCOVERY_SERVICES: Kind[DiscoveryService] = Kind(
    "discovery_service",
    DiscoveryService,
    lambda r: r.id,
    {
        "namespace": lambda r: (r.namespace_id,),
        "owner": lambda r: () if r.owner is None else (r.owner,),
    },
)
DISCOVERY_INSTANCES: Kind[DiscoveryInstance] = Kind(
    "discovery_instance",
    DiscoveryInstance,
    lambda r: instance_key(r.service_id, r.id),
    {
        "service": lambda r: (r.service_id,),
        "id": lambda r: (r.id,),
        "creator": lambda r: (
            () if r.creator_request_id is None else (f"{r.service_id} {r.creator_request_id}",)
        ),
    },
)
CONNECT_ENDPOINTS: Kind[Endpoint] = Kind(
    "connect_endpoint",
    Endpoint,
    lambda r: r.key,
    {
        "service": lambda r: (r.discovery_service_id,),
        "task": lambda r: (r.task_arn,),
    },
)
DISCOVERY_OPERATIONS: Kind[DiscoveryOperation] = Kind(
    "discovery_operation", DiscoveryOperation, lambda r: r.id
)
LOAD_BALANCERS: Kind[LoadBalancer] = Kind(
    "load_balancer",
    LoadBalancer,
    lambda r: r.arn,
    {
        "name": lambda r: (r.name,),
        "security_group": lambda r: r.security_groups,
        "subnet": lambda r: (mapping.subnet_id for mapping in r.subnets),
    },
    state=lambda r: r.state,
)
LISTENERS: Kind[Listener] = Kind(
    "listener",
    Listener,
    lambda r: r.arn,
    {
        "load_balancer": lambda r: (r.load_balancer_arn,),
        "target_group": lambda r: r.default_action.target_groups(),
        "certificate": lambda r: r.all_certificates(),
        "default_rule": lambda r: (r.default_rule_arn,),
    },
)
LISTENER_RULES: Kind[ListenerRule] = Kind(
    "listener_rule",
    ListenerRule,
    lambda r: r.arn,
    {
        "listener": lambda r: (r.listener_arn,),
        "load_balancer": lambda r: (r.load_balancer_arn,),
        "target_group": lambda r: r.action.target_groups(),
    },
)
TARGET_GROUPS: Kind[TargetGroup] = Kind(
    "target_group", TargetGroup, lambda r: r.arn, {"name": lambda r: (r.name,)}
)
TARGETS: Kind[Target] = Kind(
    "target",
    Target,
    lambda r: r.key,
    {
        "target_group": lambda r: (r.target_group_arn,),
        "task": lambda r: () if r.task_arn is None else (r.task_arn,),
    },
    state=target_story,
)
LOG_DELIVERIES: Kind[LogDelivery] = Kind(
    "log_delivery",
    LogDelivery,
    lambda r: r.interface_id,
    {"load_balancer": lambda r: (r.load_balancer_arn,)},
)
CERTIFICATES: Kind[Certificate] = Kind("certificate", Certificate, lambda r: r.arn)
CERTIFICATE_KEYS: Kind[CertificateKey] = Kind(
    "certificate_key", CertificateKey, lambda r: r.certificate_arn
)
AUTHORITIES: Kind[Authority] = Kind("authority", Authority, lambda r: AUTHORITY_KEY)
INGRESS_ROUTES: Kind[IngressRoute] = Kind(
    "ingress_route",
    IngressRoute,
    lambda r: r.endpoint,
    {
        "service": lambda r: (r.service_arn,),
        "load_balancer": lambda r: (r.load_balancer_arn,),
        "gateway": lambda r: () if r.gateway_arn is None else (r.gateway_arn,),
    },
)
GATEWAYS: Kind[Gateway] = Kind("gateway", Gateway, lambda r: r.arn)
GATEWAY_ASSOCIATIONS: Kind[GatewayAssociation] = Kind(
    "gateway_association",
    GatewayAssociation,
    lambda r: r.key,
    {"gateway": lambda r: (r.gateway_arn,), "cluster": lambda r: (r.cluster_arn,)},
)
EXPRESS_SERVICES: Kind[ExpressService] = Kind(
    "express_service",
    ExpressService,
    lambda r: r.endpoint,
    {"service": lambda r: (r.service_arn,)},
)
ALL_KINDS: tuple[Kind[object], ...] = (  # type: ignore[assignment]
    CLUSTERS,
    TASK_DEFINITIONS,
    FAMILIES,
    TASKS,
    SERVICES,
    SERVICE_REVISIONS,
    SERVICE_DEPLOYMENTS,
    DEPLOYMENTS,
    SERVICE_EVENTS,
    ALARMS,
    OUTAGES,
    TOKENS,
    ACCOUNT_SETTINGS,
    VPCS,
    SUBNETS,
    SECURITY_GROUPS,
    SECURITY_GROUP_RULES,
    NETWORK_INTERFACES,
    ROUTE_TABLES,
    ROUTE_TABLE_ASSOCIATIONS,
    INTERNET_GATEWAYS,
    EGRESS_ONLY_GATEWAYS,
    NAT_GATEWAYS,
    ADDRESS_POOLS,
    ELASTIC_ADDRESSES,
    NETWORK_ACLS,
    NETWORK_ACL_ASSOCIATIONS,
    DHCP_OPTIONS,
    PREFIX_LISTS,
    VPC_ENDPOINTS,
    LOG_GROUPS,
    LOG_STREAMS,
    NAMESPACES,
    DISCOVERY_SERVICES,
    DISCOVERY_INSTANCES,
    CONNECT_ENDPOINTS,
    DISCOVERY_OPERATIONS,
    LOAD_BALANCERS,
    LISTENERS,
    LISTENER_RULES,
    TARGET_GROUPS,
    TARGETS,
    LOG_DELIVERIES,
    CERTIFICATES,
    CERTIFICATE_KEYS,
    AUTHORITIES,
    INGRESS_ROUTES,
    GATEWAYS,
    GATEWAY_ASSOCIATIONS,
    EXPRESS_SERVICES,
    *STORAGE_KINDS,
)
