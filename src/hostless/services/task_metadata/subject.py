"""Who asks: the task at an address of a VPC, with every record that it is told from."""

from dataclasses import dataclass

from hostless.domain.arns import VpcId
from hostless.domain.container_identity import runtime_id_of
from hostless.domain.network import NetworkInterface, Subnet
from hostless.domain.task_definitions import TaskDefinition
from hostless.domain.tasks import Container, Task
from hostless.network.place import Resolution, domain_in, resolution_of
from hostless.store.kinds import (
    DHCP_OPTIONS,
    NETWORK_INTERFACES,
    SUBNETS,
    TASK_DEFINITIONS,
    TASKS,
    VPCS,
)
from hostless.store.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A task that has an interface, and what belongs to both."""

    task: Task
    definition: TaskDefinition
    interface: NetworkInterface
    subnet: Subnet
    resolution: Resolution

    def find(self, runtime_id: str) -> Container | None:
        """The task's container with this id; nobody else's is found."""
        own = (c for c in self.task.containers if self.runtime_id(c) == runtime_id)
        return next(own, None)

    def runtime_id(self, container: Container) -> str:
        return runtime_id_of(self.task.id, container.name)


def find_subject(store: Store, vpc_id: VpcId, address: str) -> Subject | None:
    """None where the address is no task's."""
    interfaces = store.find(NETWORK_INTERFACES, "address", f"{vpc_id}/{address}")
    for interface in interfaces:
        task = None if interface.task_arn is None else store.get(TASKS, interface.task_arn)
        definition = None if task is None else store.get(TASK_DEFINITIONS, task.definition_arn)
        vpc, subnet = store.get(VPCS, vpc_id), store.get(SUBNETS, interface.subnet_id)
        if task is None or definition is None or vpc is None or subnet is None:
            continue
        options_id = vpc.dhcp_options_id
        options = None if options_id is None else store.get(DHCP_OPTIONS, options_id)
        domain = domain_in(interface.private_dns_name)
        return Subject(
            task=task,
            definition=definition,
            interface=interface,
            subnet=subnet,
            resolution=resolution_of(vpc, options, domain),
        )
    return None
