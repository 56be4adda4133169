"""Which files wait to grow and which to appear.

A container's log file, and often its folder, is not there yet when it is to be followed: then the
nearest folder above that exists is watched for the next name on the way.
"""

from collections.abc import Callable
from pathlib import Path

from hostless.telemetry.follow.inotify import Inotify, WatchRefused


class Watches:
    """on_growth: called once a request, on the event loop."""

    def __init__(self, on_growth: Callable[[Path], None]) -> None:
        self._on_growth = on_growth
        self._inotify = Inotify(self._notice, self._everything)
        self._growing: dict[int, Path] = {}
        self._appearing: dict[int, dict[str, set[Path]]] = {}
        self._watch_of: dict[Path, int] = {}

    def request(self, path: Path) -> None:
        """Say once that the file has grown or that more of its path has appeared.

        Raises WatchRefused.
        """
        self.forget(path)
        folder, awaited = path, ""
        while True:
            try:
                watch = (
                    self._inotify.watch_folder(folder)
                    if awaited
                    else self._inotify.watch_file(folder)
                )
            except FileNotFoundError:
                folder, awaited = folder.parent, folder.name
                continue
            self._remember(watch, path, awaited)
            if awaited and (folder / awaited).exists():
                self._notice(watch, awaited)
            return

    def forget(self, path: Path) -> None:
        watch = self._watch_of.pop(path, None)
        if watch is None:
            return
        if self._growing.pop(watch, None) is None:
            names = self._appearing.get(watch, {})
            for name in [name for name, paths in names.items() if path in paths]:
                names[name].discard(path)
                if not names[name]:
                    del names[name]
            if names:
                return
            self._appearing.pop(watch, None)
        self._inotify.end(watch)

    def close(self) -> None:
        self._inotify.close()

    def _remember(self, watch: int, path: Path, awaited: str) -> None:
        self._watch_of[path] = watch
        if awaited:
            self._appearing.setdefault(watch, {}).setdefault(awaited, set()).add(path)
        else:
            self._growing[watch] = path

    def _notice(self, watch: int, name: str) -> None:
        if watch in self._growing:
            paths = {self._growing[watch]}
        else:
            names = self._appearing.get(watch, {})
            paths = set(names.get(name, ())) if name else set().union(*names.values())
        for path in paths:
            self.forget(path)
            self._on_growth(path)

    def _everything(self) -> None:
        for path in list(self._watch_of):
            self.forget(path)
            self._on_growth(path)


__all__ = ["WatchRefused", "Watches"]
