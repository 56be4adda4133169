"""How far the images are that tasks wait for."""

from collections.abc import Callable
from dataclasses import dataclass

from hostless.compute.images.progress import PullProgress
from hostless.services.operation import Answer, Call


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPulls:
    """No members."""


class Pulls:
    """current: of the backend."""

    def __init__(self, current: Callable[[], tuple[PullProgress, ...]]) -> None:
        self._current = current

    async def list(self, request: ListPulls, call: Call) -> Answer:
        return {"pulls": [_view(each) for each in self._current()]}


def _view(pull: PullProgress) -> dict[str, object]:
    return {
        "image": pull.image,
        "layers": pull.layers,
        "layersHere": pull.layers_here,
        "bytes": pull.bytes,
        "bytesHere": pull.bytes_here,
    }
