"""A record of any kind as callers name it: by id."""

from typing import TypeVar

from hostless.services.ec2.describing import IdForm
from hostless.store.kinds import Kind
from hostless.store.store import Store

R = TypeVar("R")


def need(store: Store, kind: Kind[R], form: IdForm, given: str) -> R:
    """Raises EC2's errors."""
    record = store.get(kind, given)
    if record is None:
        form.check(given)
        raise form.not_found(given)
    return record
