"""What the person who starts the engine decides."""

import hashlib
from dataclasses import dataclass, field
from typing import Literal

from hostless.domain.api_limits import NO_LIMITS, ApiLimits
from hostless.domain.arns import Realm
from hostless.domain.isolation import IsolationChoice

BackendName = Literal["local", "simulated"]
DEFAULT_VPC_RANGE = "172.31.0.0/16"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """state_dir: absolute folder that holds everything. listen: `host:port`.

    isolation: of tasks that choose none; simulated tasks have their own.
    over_commit: how many times the machine's vCPU and memory may be promised to tasks.
    stops_tasks: whether a clean stop of the engine stops the tasks too.
    behaviour_file: TOML for the simulated backend. registry_auth_file: Docker's `config.json` form.
    default_vpc_cidr: IPv4 range of the default VPC; engines side by side need ranges of their own.
    public_cidr: IPv4 range that public addresses are taken from; None: one that is free.
    offers_32_vcpu: whether the size table has Fargate's newest row (32 vCPU; not in every region).
    healthy_after_seconds: a service task without any health check counts as healthy when it has
    been RUNNING so long (AWS: 40 s).
    buckets_dir: absolute folder in which each folder is a bucket, in place of S3; None: `buckets`
    in `state_dir`. access_log_seconds: how often a load balancer's access log is delivered.
    api_limits: how often the API may be called, and how much an account may have.
    images_high_water, images_low_water: shares of the disk; above the first, images that no task
    holds are removed until the second is reached.
    is_verbose: whether the log on stderr tells every step.
    """

    state_dir: str
    listen: str = "127.0.0.1:4566"
    realm: Realm = field(default_factory=Realm)
    backend: BackendName = "local"
    isolation: IsolationChoice = "auto"
    over_commit: float = 4.0
    accepts_any_key: bool = False
    stops_tasks: bool = False
    behaviour_file: str | None = None
    registry_auth_file: str | None = None
    default_vpc_cidr: str = DEFAULT_VPC_RANGE
    public_cidr: str | None = None
    offers_32_vcpu: bool = True
    healthy_after_seconds: float = 40.0
    buckets_dir: str | None = None
    access_log_seconds: float = 300.0
    api_limits: ApiLimits = NO_LIMITS
    images_high_water: float = 0.85
    images_low_water: float = 0.80
    is_verbose: bool = False

    @property
    def buckets(self) -> str:
        return self.buckets_dir or f"{self.state_dir}/buckets"

    @property
    def engine_id(self) -> str:
        """Eight hexadecimal digits that tell this state folder's engine from others on the host.

        Part of every name outside the state folder (namespaces, cgroups, nftables tables).
        """
        return hashlib.sha256(self.state_dir.encode()).hexdigest()[:8]


def endpoint_of(listen: str) -> str:
    """The URL under which a client on this machine reaches an engine that listens at `host:port`.

    An address that means "every interface" becomes the loopback address.
    """
    host, _, port = listen.rpartition(":")
    reachable = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}.get(host, host)
    return f"http://{reachable}:{port}"
