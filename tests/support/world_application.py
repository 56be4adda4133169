"""The gateway over a `World`: the real services, called by real clients in process."""

from typing import Any

from tests.support.api_world import World
from tests.support.client import TEST_KEY

from hostless.gateway.application import Application
from hostless.gateway.keys import Keys
from hostless.kit.clock import SystemClock


def application_of(world: World) -> Application:
    """The admin key is TEST_KEY; time is the machine's, for botocore signs by it."""

    async def no_websocket(*_: Any) -> None:
        raise AssertionError("no websocket expected")

    return Application(
        tuple(world.apis.values()),
        Keys(TEST_KEY, world.realm),
        SystemClock(),
        world.ids,
        world.settings,
        no_websocket,
    )
