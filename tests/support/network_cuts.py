"""Kills a process at every so-many-th line of the local fabric, and sees that all can be mended.

Run as a program, on a host of its own: `python -m tests.support.network_cuts WHAT N`, to cut before
each N-th line that does something; WHAT: open, attach, detach or change.
Prints how many cuts it made; fails with the line after which something could not be mended.
"""

import os
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from types import CodeType, FrameType
from typing import Any

from tests.contract.network_suite import Range
from tests.support.dual_stack import OUT, dual, with_ipv6
from tests.support.dual_stack import can_ping as can_ping_ipv6
from tests.support.networks import (
    can_ping,
    namespaces_of,
    new_engine_id,
    own_host,
    state_of_this_host,
)
from tests.support.security_groups import policies, rule

from hostless.domain.network_layout import NetworkLayout, VpcLayout
from hostless.network.local import namespaces
from hostless.network.local.machine import Machine
from hostless.network.local.names import namespace_name_of

RANGE = Range("10.20.0.0/22")
TWIN, SUCCESSOR = (Range("10.20.0.0/22", digit=digit) for digit in "ef")
FIRST, SECOND = (
    with_ipv6(interface, RANGE, 1)
    for interface in (RANGE.interface(1, public=1), RANGE.interface(1, subnet=1, public=2))
)
PASSING = policies(
    RANGE.vpc.id,
    [
        each
        for is_egress in (True, False)
        for each in (
            rule(1, is_egress=is_egress, cidr="0.0.0.0/0"),
            replace(rule(1, is_egress=is_egress), cidr_ipv6="::/0"),
        )
    ],
)
PURE_MODULES = {
    "names.py",
    "messages.py",
    "rules.py",
    "ranges.py",
    "group_rules.py",
    "group_table.py",
    "forwarding_table.py",
    "former_tables.py",
    "acl_rules.py",
    "traffic.py",
    "way_rules.py",
    "way_table.py",
    "members.py",
}
EFFECTS_OF = {"rtnetlink.py": {"_send"}, "conntrack.py": {"forget_connections", "_send"}}
"""Modules of which only some functions have effects; the others read."""


def layout() -> NetworkLayout:
    """The VPC has IPv6, and so have its subnets."""
    return replace(RANGE.layout(), vpcs=(dual(RANGE, OUT),))


def open_machine(engine_id: str, *vpcs: VpcLayout) -> Machine:
    machine = Machine(engine_id)
    machine.lay_out(replace(layout(), vpcs=vpcs) if vpcs else layout())
    machine.enforce(PASSING, (FIRST, SECOND))
    return machine


def has_effects(code: CodeType) -> bool:
    """Whether the function does something to the machine itself, or calls one that does."""
    folder, _, module = code.co_filename.rpartition("/")
    if not folder.endswith("hostless/network/local") or module in PURE_MODULES:
        return False
    return code.co_name in EFFECTS_OF.get(module, (code.co_name,)) and code.co_name != "is_nobodys"


def die_at_line(number: int, call: Callable[[], object]) -> None:
    """Ends the process by SIGKILL before that line, or with code 0 when there are fewer."""
    left = number

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal left
        if not has_effects(frame.f_code):
            return None
        if event == "line":
            left -= 1
            if left == 0:
                where = f"{frame.f_code.co_filename.rsplit('/', 1)[1]}:{frame.f_lineno}\n"
                os.write(1, where.encode())
                os.kill(os.getpid(), signal.SIGKILL)
        return trace

    sys.settrace(trace)
    call()
    sys.settrace(None)
    os._exit(0)


def is_cut_at(number: int, prepare: Callable[[], Callable[[], object]]) -> bool:
    child = os.fork()
    if child == 0:
        die_at_line(number, prepare())
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, "the child failed by itself"
    return os.WIFSIGNALED(status)


def check_all_can_be_made(engine_id: str, machine: Machine) -> None:
    for interface in (FIRST, SECOND):
        machine.attach(interface)
    assert machine.attached() == {FIRST.id, SECOND.id}
    assert can_ping(FIRST.address)
    assert can_ping(SECOND.address)
    assert can_ping(RANGE.public_address(1))
    assert can_ping_ipv6(FIRST.ipv6_address or "")
    with namespaces.inside(namespace_name_of(engine_id, FIRST.id)):
        assert can_ping(SECOND.address)
        assert can_ping(RANGE.public_address(2))
        assert can_ping_ipv6(SECOND.ipv6_address or "")


def cut_open(engine_id: str, number: int) -> bool:
    was_cut = is_cut_at(number, lambda: lambda: open_machine(engine_id))
    machine = open_machine(engine_id)
    check_all_can_be_made(engine_id, machine)
    machine.purge()
    return was_cut


def check_all_can_go(engine_id: str, number: int) -> None:
    """After every other cut things are made again first."""
    machine = open_machine(engine_id)
    if number % 2:
        check_all_can_be_made(engine_id, machine)
    for interface in (FIRST, SECOND):
        machine.detach(interface.id)
    assert machine.attached() == frozenset()
    machine.close()


def cut_attach(engine_id: str, number: int) -> bool:
    def prepare() -> Callable[[], object]:
        machine = open_machine(engine_id)
        return lambda: machine.attach(FIRST)

    was_cut = is_cut_at(number, prepare)
    check_all_can_go(engine_id, number)
    return was_cut


def cut_detach(engine_id: str, number: int) -> bool:
    before = open_machine(engine_id)
    before.attach(FIRST)
    before.close()

    def prepare() -> Callable[[], object]:
        machine = open_machine(engine_id)
        return lambda: machine.detach(FIRST.id)

    was_cut = is_cut_at(number, prepare)
    check_all_can_go(engine_id, number)
    return was_cut


def cut_change(engine_id: str, number: int) -> bool:
    """Of a layout in which a VPC goes, one comes, and a subnet and IPv6 come, while others stay."""
    before = open_machine(engine_id)
    (whole,) = layout().vpcs
    part = replace(RANGE.layout().vpcs[0], subnets=RANGE.layout().vpcs[0].subnets[:1])
    before.lay_out(replace(layout(), vpcs=(part, isolated(TWIN))))
    before.attach(FIRST)
    before.close()
    after = replace(layout(), vpcs=(whole, isolated(SUCCESSOR)))

    def prepare() -> Callable[[], object]:
        machine = open_machine(engine_id, part, isolated(TWIN))
        return lambda: machine.lay_out(after)

    was_cut = is_cut_at(number, prepare)
    assert can_ping(RANGE.public_address(1)), "whatever was cut, who stays is not disturbed"
    machine = open_machine(engine_id, *after.vpcs)
    check_all_can_be_made(engine_id, machine)
    vpcs = [name for name in namespaces_of(engine_id) if "-vpc-" in name]
    assert vpcs == sorted(namespace_name_of(engine_id, each.vpc.id) for each in after.vpcs)
    machine.purge()
    return was_cut


def isolated(range_: Range) -> VpcLayout:
    return replace(range_.layout().vpcs[0], is_routed_from_host=False)


def run(what: str, lines_between: int) -> int:
    cut = {
        "open": cut_open,
        "attach": cut_attach,
        "detach": cut_detach,
        "change": cut_change,
    }[what]
    engine_id, number = new_engine_id(), 1
    with own_host():
        before = state_of_this_host()
        while cut(engine_id, number):
            number += lines_between
        Machine(engine_id).purge()
        assert namespaces_of(engine_id) == []
        for what_else, text in state_of_this_host().items():
            assert text == before[what_else], text
    return number // lines_between


if __name__ == "__main__":
    print(run(sys.argv[1], int(sys.argv[2])), "cuts")
