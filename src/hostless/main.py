"""Where everything is made and handed to everything else."""


def main() -> None:
    """The `hostless` command."""
    raise SystemExit("not wired yet")
