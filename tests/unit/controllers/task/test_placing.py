"""What of its proxy a task's network interface is made with."""

from dataclasses import replace

from tests.support.connect import API, WEB, connect_of, connected_task, ingress_of
from tests.support.tasks import SUBNETS_OF_TEST

from hostless.controllers.task.placing import Draw, SubnetRoom, offer_of
from hostless.domain.network import PortRedirect
from hostless.domain.service_connect import TaskConnect

ROOM = SubnetRoom(
    subnet=SUBNETS_OF_TEST[0], group_tasks=0, interfaces=0, is_taken=lambda address: False
)
DRAW = Draw(digits="0" * 17, start=0)


def redirects(connect: TaskConnect | None) -> tuple[PortRedirect, ...]:
    task = replace(connected_task(None), connect=connect)
    interface = offer_of(task, [ROOM], DRAW, 0.0)
    assert interface is not None
    return interface.port_redirects


def test_what_arrives_for_its_ports_and_what_it_sends_to_names_is_led_to_the_proxy() -> None:
    connect = connect_of(serves=[API], calls=[WEB])
    [ingress], [upstream] = connect.ingresses, connect.upstreams
    assert redirects(connect) == (
        PortRedirect(from_port=ingress.container_port, to_port=ingress.listen_port),
        PortRedirect(
            from_port=upstream.port, to_port=upstream.listen_port, address=upstream.address
        ),
    )


def test_a_port_that_is_overridden_is_not_led_anywhere_and_without_a_proxy_none_is() -> None:
    around = replace(connect_of(), ingresses=(ingress_of(is_redirected=False),))
    assert redirects(around) == ()
    assert redirects(None) == ()
