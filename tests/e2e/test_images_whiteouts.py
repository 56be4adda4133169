"""Any sequence of layers, stacked by the kernel, is the tree that the image format promises."""

import asyncio
import os
import stat
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.fake_registry import fake_registry
from tests.support.images import (
    Entry,
    build_image,
    directory,
    layer_of,
    regular_file,
    symbolic_link,
)

from hostless.compute.images.credentials import DockerCredentials
from hostless.compute.images.image import Image
from hostless.compute.images.registry import RegistryClient
from hostless.compute.images.store import ImageStore
from hostless.kit.clock import SystemClock

pytestmark = pytest.mark.root

Node = tuple[str, int | str | bytes]
"""`("dir", mode)`, `("file", content)` or `("link", target)`."""
Tree = dict[str, Node]

IMPLICIT: Node = ("dir", 0o755)
paths = st.lists(st.sampled_from("abc"), min_size=1, max_size=3).map("/".join)
nodes: st.SearchStrategy[Node] = st.one_of(
    st.tuples(st.just("dir"), st.sampled_from([0o755, 0o700, 0o1777])),
    st.tuples(st.just("file"), st.binary(max_size=3)),
    st.tuples(st.just("link"), st.sampled_from(["a", "b/c"])),
)


@dataclass
class Changes:
    """One layer. made: by path. hidden: whiteouts. opaque: folders whose lower content is gone."""

    made: Tree = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)
    opaque: set[str] = field(default_factory=set)

    def is_free(self, path: str) -> bool:
        """Nothing in this layer makes `path` impossible."""
        return all(self.made.get(above, IMPLICIT)[0] == "dir" for above in above_of(path))

    def named(self) -> set[str]:
        return {*self.made, *self.hidden, *(f"{path}/x" for path in self.opaque)}


def above_of(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:count]) for count in range(1, len(parts))]


@st.composite
def layers(draw: st.DrawFn) -> Changes:
    changes = Changes()
    for path, node in draw(st.lists(st.tuples(paths, nodes), max_size=6)):
        below = any(one.startswith(f"{path}/") for one in changes.made)
        if changes.is_free(path) and (node[0] == "dir" or not below):
            changes.made[path] = node
    for path in draw(st.lists(paths, max_size=3)):
        if changes.is_free(path):
            changes.hidden.add(path)
    for path in draw(st.lists(paths, max_size=2)):
        if changes.is_free(f"{path}/x") and path not in changes.hidden:
            changes.opaque.add(path)
    return changes


def applied(changes: Changes, below: Tree) -> Tree:
    """What the image specification says the layer makes of the tree below it."""
    tree = dict(below)
    for path in changes.hidden:
        remove(tree, path)
    for path in changes.opaque:
        for one in [one for one in tree if one.startswith(f"{path}/")]:
            del tree[one]
    implicit = {above for path in changes.named() for above in above_of(path)}
    made = dict.fromkeys(implicit, IMPLICIT) | changes.made
    for path in sorted(made):
        if made[path][0] != "dir" or tree.get(path, IMPLICIT)[0] != "dir":
            remove(tree, path)
        tree[path] = made[path]
    return tree


def remove(tree: Tree, path: str) -> None:
    for one in [one for one in tree if one == path or one.startswith(f"{path}/")]:
        del tree[one]


def entries_of(changes: Changes) -> list[Entry]:
    entries = []
    for path, (kind, value) in changes.made.items():
        if kind == "dir":
            assert isinstance(value, int)
            entries.append(directory(path, value))
        elif kind == "file":
            assert isinstance(value, bytes)
            entries.append(regular_file(path, value))
        else:
            entries.append(symbolic_link(path, str(value)))
    for path in changes.hidden:
        folder, _, name = path.rpartition("/")
        entries.append(regular_file(f"{folder}/.wh.{name}".lstrip("/"), b""))
    entries += [regular_file(f"{path}/.wh..wh..opq", b"") for path in changes.opaque]
    return entries


def tree_on_disk(root: Path) -> Tree:
    tree: Tree = {}
    for folder, folders, files in os.walk(root):
        for name in (*folders, *files):
            path = Path(folder, name)
            if not os.path.lexists(path):
                continue  # the kernel lists a whiteout where no layer below has the folder
            found = path.lstat()
            if stat.S_ISDIR(found.st_mode):
                node: Node = ("dir", stat.S_IMODE(found.st_mode))
            elif stat.S_ISLNK(found.st_mode):
                node = ("link", os.readlink(path))
            else:
                node = ("file", path.read_bytes())
            tree[str(path.relative_to(root))] = node
    return tree


async def pulled(folder: Path, stack: Sequence[Sequence[Entry]]) -> Image:
    clock = SystemClock()
    store = ImageStore(folder / "images", RegistryClient(DockerCredentials(None), clock), clock)
    async with fake_registry() as registry:
        name = registry.add("a:1", build_image([layer_of(entries, "none") for entries in stack]))
        await store.open()
        try:
            return await store.pull(name)
        finally:
            await store.close()


def mounted_tree(folder: Path, image: Image) -> Tree:
    for name in ("upper", "work", "root"):
        (folder / name).mkdir()
    lower = ":".join(str(path) for path in reversed(image.layers))
    options = f"lowerdir={lower},upperdir={folder}/upper,workdir={folder}/work"
    subprocess.run(["mount", "-t", "overlay", "none", "-o", options, folder / "root"], check=True)
    try:
        return tree_on_disk(folder / "root")
    finally:
        subprocess.run(["umount", folder / "root"], check=True)


@settings(max_examples=25, deadline=None)
@given(st.lists(layers(), min_size=1, max_size=4), st.data())
def test_stacked_layers_are_the_tree_that_was_meant(
    stack: list[Changes], data: st.DataObject
) -> None:
    if len(stack) > 1 and data.draw(st.booleans(), label="the first layer comes again"):
        stack.append(stack[0])
    meant: Tree = {}
    archives = []
    for changes in stack:
        meant = applied(changes, meant)
        entries = entries_of(changes)
        shuffled = data.draw(st.permutations(entries)) if changes is not stack[0] else entries
        archives.append(list(shuffled))
    with tempfile.TemporaryDirectory(prefix="hostless-") as name:
        folder = Path(name)
        image = asyncio.run(pulled(folder, archives))
        assert mounted_tree(folder, image) == meant


def test_an_opaque_root_hides_everything_below(tmp_path: Path) -> None:
    stack = [
        [regular_file("old", b"1")],
        [regular_file(".wh..wh..opq", b""), regular_file("new", b"2")],
    ]
    image = asyncio.run(pulled(tmp_path, stack))
    assert mounted_tree(tmp_path, image) == {"new": ("file", b"2")}


def test_a_layer_that_comes_twice_is_stacked_once(tmp_path: Path) -> None:
    again = [regular_file("a", b"1"), regular_file("d/.wh.e", b"")]
    stack = [again, [regular_file("a", b"2"), regular_file("d/e", b"3")], again]
    image = asyncio.run(pulled(tmp_path, stack))
    assert len(image.layers) == 2
    assert mounted_tree(tmp_path, image) == {"a": ("file", b"1"), "d": ("dir", 0o755)}
