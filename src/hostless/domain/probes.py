"""What is asked about when somebody asks whether a packet arrives, and what is answered."""

from dataclasses import dataclass
from typing import Literal

from hostless.domain.network import NetworkInterface
from hostless.domain.traffic import Traffic

EndKind = Literal["interface", "host", "internet"]
Stage = Literal["address", "group", "acl", "route", "gateway", "host", "router", "world"]


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """Who sends or receives. address: what is spoken to; None where it follows from the other end.

    interface: of the kind `interface`. `host` is this machine, `internet` any address that is
    nobody's here.
    """

    kind: EndKind
    address: str | None = None
    interface: NetworkInterface | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """The packet that is asked about. source_address, target_address: as its sender writes them.

    source_port: with TCP and UDP only.
    """

    source: End
    target: End
    source_address: str
    target_address: str
    traffic: Traffic
    source_port: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that the packet, or the answer to it, meets on its way.

    decided_by: the id of the rule, list, table or gateway that decided; None when it was the lack
    of one. text: a sentence without its full stop. is_answer: on the way back.
    """

    stage: Stage
    passes: bool
    text: str
    decided_by: str | None = None
    is_answer: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """steps: the whole way; after one that drops the packet those that it would meet yet."""

    probe: Probe
    steps: tuple[Step, ...]

    @property
    def passes(self) -> bool:
        return all(step.passes for step in self.steps)

    @property
    def decisive(self) -> Step:
        """What drops the packet first, or what let it pass last."""
        return next((step for step in self.steps if not step.passes), self.steps[-1])


@dataclass(frozen=True, slots=True, kw_only=True)
class Encounter:
    """Something that a packet meets on the machine. where: on what part of it. what: a rule or
    route in the machine's own words.
    """

    where: str
    what: str
    is_answer: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What a fabric makes of a packet and of the answer to it.

    is_real: it was found on what carries packets, not in records. passes: None when it cannot be
    told. why: of what is not seen from what it met; may be empty.
    """

    is_real: bool
    passes: bool | None
    met: tuple[Encounter, ...] = ()
    why: str = ""
