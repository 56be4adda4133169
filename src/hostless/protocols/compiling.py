"""Compile a shape once into a closure, whatever refers to it, and survive recursive shapes."""

from collections.abc import Callable
from typing import Any, Generic, TypeAlias, TypeVar

from botocore.model import ListShape, MapShape, Shape, StructureShape

C = TypeVar("C", bound=Callable[..., Any] | None)
_Key: TypeAlias = tuple[str, tuple[tuple[str, str], ...]]


class Compiled(Generic[C]):
    """The closures of one service model's shapes, made by `build` on first use.

    Two members may refer to one shape with different traits (wire name, location), so a closure
    belongs to the shape's name and its traits together. While a shape is being built, whoever asks
    for it again gets a stand-in that calls the finished closure later.
    """

    def __init__(self, build: Callable[[Shape], C]) -> None:
        self._build = build
        self._closures: dict[_Key, C] = {}
        self._keys: dict[Shape, _Key] = {}

    def of(self, shape: Shape) -> C:
        key = self._keys.get(shape)
        if key is None:
            traits = sorted((k, str(v)) for k, v in shape.serialization.items())
            key = self._keys[shape] = (shape.name, tuple(traits))
        if key not in self._closures:
            finished: list[Any] = []
            stand_in: Any = lambda *values: finished[0](*values)  # noqa: E731
            self._closures[key] = stand_in
            closure = self._build(shape)
            finished.append(closure if closure is not None else _keep)
            self._closures[key] = closure
        return self._closures[key]


def by_kind(
    *,
    structure: Callable[[StructureShape], C],
    elements: Callable[[ListShape], C],
    entries: Callable[[MapShape], C],
    scalar: Callable[[Shape], C],
) -> Callable[[Shape], C]:
    """What builds any shape's closure, from what builds those of structures, lists and so on."""

    def build(shape: Shape) -> C:
        if isinstance(shape, StructureShape):
            return structure(shape)
        if isinstance(shape, ListShape):
            return elements(shape)
        if isinstance(shape, MapShape):
            return entries(shape)
        return scalar(shape)

    return build


def _keep(value: object, *_: object) -> object:
    return value
