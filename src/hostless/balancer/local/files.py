"""Files that an HAProxy reads: written whole or not at all, and for their owner alone."""

import os
from pathlib import Path


def write_privately(path: Path, text: str) -> None:
    """Keys are among what is written. Raises OSError."""
    if path.exists() and path.read_text() == text:
        return
    new = path.with_name(f"{path.name}.part")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with open(descriptor, "w") as file:
        file.write(text)
    os.replace(new, path)
