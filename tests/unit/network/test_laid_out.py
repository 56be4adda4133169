"""Waiting for a subnet that is about to be laid out."""

import asyncio

import pytest
from tests.contract.network_suite import Range

from hostless.domain.arns import SubnetId
from hostless.network.laid_out import LaidOut
from hostless.network.seam import NetworkFailed

RANGE = Range("10.20.0.0/22")
SUBNET = RANGE.subnets[0].id
VPCS = RANGE.layout().vpcs


async def test_a_subnet_that_is_there_is_not_waited_for() -> None:
    laid_out = LaidOut(patience_seconds=0)
    laid_out.replace(VPCS)
    assert await laid_out.need(SUBNET) == VPCS[0]


async def test_a_subnet_that_comes_is_waited_for_whatever_comes_before() -> None:
    laid_out = LaidOut(patience_seconds=60)
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(laid_out.need(SUBNET))
        for vpcs in ((), (), VPCS):
            await asyncio.sleep(0)
            laid_out.replace(vpcs)
    assert waiting.result() == VPCS[0]


async def test_a_subnet_that_does_not_come_or_has_gone_is_refused() -> None:
    laid_out = LaidOut(patience_seconds=0.01)
    laid_out.replace(VPCS)
    with pytest.raises(NetworkFailed, match="subnet-0"):
        await laid_out.need(SubnetId("subnet-0"))
    laid_out.replace(())
    with pytest.raises(NetworkFailed, match=SUBNET):
        await laid_out.need(SUBNET)
