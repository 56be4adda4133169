"""Removes folders, whoever made what is in them and however deep: tenants nest them as they like.

Python's own way gives up at some thousand folders in each other, `rm` at none; but it is a process
each time, so it is asked where the other did not get through. Not for use in a tenant's root
folder (`unpack`): its `rm` would be run. What may go is not known here.
"""

import errno
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path


def remove_tree(path: str | Path) -> None:
    """Blocks. A folder that is not there is no error. Raises OSError when something will not go."""
    try:
        shutil.rmtree(path)
    except FileNotFoundError:
        pass
    except (RecursionError, OSError):
        remove_trees([Path(path)])


def remove_trees(paths: Iterable[Path]) -> None:
    """The same of many, by one process; files too. Nothing of what is mounted in them goes."""
    found = [str(path) for path in paths]
    if not found:
        return
    ended = subprocess.run(
        ["rm", "-rf", "--one-file-system", "--", *found],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    if ended.returncode != 0:
        said = ended.stderr.decode(errors="replace").strip().splitlines()
        raise OSError(errno.EIO, said[-1] if said else "rm failed", found[0])
