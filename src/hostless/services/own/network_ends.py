"""Who is meant by a word of a question about packets: a task, a service, an address, the host."""

from ipaddress import ip_address

from hostless.domain.arns import VpcId, name_of
from hostless.domain.network import NetworkInterface
from hostless.domain.network_sight import NetworkSight
from hostless.domain.probes import End
from hostless.domain.tasks import Task
from hostless.services.own.choosing import BadRequest, NothingThere
from hostless.store.kinds import LOAD_BALANCERS, NETWORK_INTERFACES, SERVICES, TASKS
from hostless.store.store import Store

MOST_NAMED = 5
"""Of several that are meant, so many are named."""


class Ends:
    """All that is raised is BadRequest and NothingThere."""

    def __init__(self, store: Store, sight: NetworkSight) -> None:
        self._store = store
        self._sight = sight

    def named(self, word: str, near: VpcId | None = None) -> End:
        """near: the VPC in which an address is looked for first."""
        match word:
            case "host" | "internet":
                return End(kind=word)
        if word.startswith("eni-"):
            interface = self._store.get(NETWORK_INTERFACES, word)
            if interface is None:
                raise NothingThere(f"There is no network interface {word}.")
            return End(kind="interface", interface=interface)
        if _is_address(word):
            return self._at(word, near)
        owned = self._owned_by(word)
        return End(kind="interface", interface=owned or self._of_task(self._task(word)))

    def _at(self, address: str, near: VpcId | None) -> End:
        public = self._sight.outside(address)
        if public is not None:
            return End(kind="interface", interface=public, address=address)
        if address == self._sight.host_address:
            return End(kind="host", address=address)
        if near is not None and any(v.vpc.id == near for v in self._sight.holding(address)):
            return self._inside(address, [near])
        return self._inside(address, [each.vpc.id for each in self._sight.holding(address)])

    def _inside(self, address: str, vpcs: list[VpcId]) -> End:
        found = [i for i in (self._sight.inside(vpc, address) for vpc in vpcs) if i is not None]
        if len(found) > 1:
            ids = ", ".join(each.id for each in found[:MOST_NAMED])
            raise BadRequest(f"Several VPCs have {address}; say which interface: {ids}.")
        if found:
            return End(kind="interface", interface=found[0], address=address)
        routed = self._sight.routed(address)
        is_meant = routed is not None and routed.vpc.id in vpcs
        if routed and is_meant and address == self._sight.host_address_in(routed):
            return End(kind="host", address=address)
        return End(kind="internet", address=address)

    def _task(self, word: str) -> Task:
        """By the name of its service, or by the beginning of its id. The oldest of a service's."""
        of_service = self._of_service(word)
        if of_service:
            return of_service
        id_ = name_of(word)
        found = [t for t in self._store.all(TASKS) if t.id.startswith(id_)] if id_ else []
        alive = [task for task in found if task.status != "STOPPED"] or found
        if not alive:
            raise NothingThere(
                f"{word!r} is no task's id, no service, no load balancer, no interface, no address."
            )
        if len(alive) > 1:
            ids = ", ".join(task.id for task in alive[:MOST_NAMED])
            raise BadRequest(f"{len(alive)} tasks have ids that start with {id_}: {ids}.")
        return alive[0]

    def _of_service(self, word: str) -> Task | None:
        services = [
            each
            for each in self._store.all(SERVICES)
            if each.status != "INACTIVE" and each.arn.endswith(f"/{word}")
        ]
        if len(services) > 1:
            names = ", ".join(each.arn.split("/", 1)[-1] for each in services[:MOST_NAMED])
            raise BadRequest(f"Several clusters have a service {word}: {names}.")
        if not services:
            return None
        tasks = self._store.find(TASKS, "service", services[0].arn)
        running = [task for task in tasks if task.status == "RUNNING"] or tasks
        if not running:
            raise NothingThere(f"The service {word} has no tasks.")
        return min(running, key=lambda task: task.created_at)

    def _owned_by(self, word: str) -> NetworkInterface | None:
        """One of a load balancer's, by its name, or of a VPC endpoint's or gateway's, by its id."""
        owners = [word, *(each.arn for each in self._store.find(LOAD_BALANCERS, "name", word))]
        owned = [
            i for owner in owners for i in self._store.find(NETWORK_INTERFACES, "owner", owner)
        ]
        return min(owned, key=lambda interface: interface.id, default=None)

    def _of_task(self, task: Task) -> NetworkInterface:
        found = self._store.find(NETWORK_INTERFACES, "task", task.arn)
        if not found:
            raise NothingThere(f"Task {task.id} is {task.status} and has no network interface.")
        return found[0]


def _is_address(word: str) -> bool:
    try:
        ip_address(word)
    except ValueError:
        return False
    return True
