"""Waiting for descriptors on the event loop, without a task or a stream object for each."""

import asyncio
from collections.abc import Callable


async def readable(*descriptors: int) -> None:
    """Return when one of them has something to read, or is at its end."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[None] = loop.create_future()
    for descriptor in descriptors:
        loop.add_reader(descriptor, _fulfil(future))
    try:
        await future
    finally:
        for descriptor in descriptors:
            loop.remove_reader(descriptor)


async def writable(descriptor: int) -> None:
    """Return when it takes something, or never will again."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[None] = loop.create_future()
    loop.add_writer(descriptor, _fulfil(future))
    try:
        await future
    finally:
        loop.remove_writer(descriptor)


def _fulfil(future: asyncio.Future[None]) -> Callable[[], None]:
    return lambda: None if future.done() else future.set_result(None)
