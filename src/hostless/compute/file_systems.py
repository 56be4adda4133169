"""The seam to where the files of EFS's file systems lie: one folder each, which outlives tasks.

What mounts them into tasks is the backend's business, which file systems there are the store's.
"""

from typing import Protocol


class FileSystemFolders(Protocol):
    """Every method may be called again; ids are EFS's own (`fs-…`)."""

    async def have(self, id_: str) -> None:
        """Have an empty folder, or the one that is there. Raises OSError."""

    async def remove(self, id_: str) -> None:
        """With all that is in it. Raises OSError."""

    async def size(self, id_: str) -> int:
        """Bytes of the disk that it takes now. Looks at every file. Raises OSError."""

    async def ids(self) -> frozenset[str]:
        """Every file system of which a folder is there."""
