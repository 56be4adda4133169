"""The `hostless` command: all its subcommands, in the order in which `--help` shows them.

Modules of this package import at their top only what is quick to import: `hostless --help` must
not wait for botocore or rich.
"""

from importlib.metadata import version

import click

from hostless.cli.engine_commands import EngineCommands


class _InOrder(click.Group):
    """Lists its commands as they were added, not by name."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)


def program(engine: EngineCommands) -> click.Group:
    """The whole command line; `engine` does what only the wiring can do."""
    from hostless.cli.certificate import certificate
    from hostless.cli.deploy import deploy
    from hostless.cli.describe import describe
    from hostless.cli.doctor.command import doctor
    from hostless.cli.down import down
    from hostless.cli.drill import drill
    from hostless.cli.env import env
    from hostless.cli.events import events
    from hostless.cli.exec import exec_
    from hostless.cli.logs import logs
    from hostless.cli.metrics import metrics
    from hostless.cli.network import network
    from hostless.cli.ps import ps
    from hostless.cli.rollback import rollback
    from hostless.cli.run import run
    from hostless.cli.scale import scale
    from hostless.cli.services import services
    from hostless.cli.simulate import simulate
    from hostless.cli.stop import stop
    from hostless.cli.tasks import tasks
    from hostless.cli.top import top
    from hostless.cli.up import up
    from hostless.cli.url import url

    @click.group(cls=_InOrder, context_settings={"help_option_names": ["-h", "--help"]})
    @click.version_option(version("hostless"), message="%(prog)s %(version)s")
    @click.pass_context
    def hostless(context: click.Context) -> None:
        """AWS Fargate on this machine: start the engine, run tasks and services, look at them.

        Every command that talks to an engine finds it by AWS_ENDPOINT_URL and AWS keys in the
        environment (see `hostless env`), or by --state-dir.
        """
        context.obj = engine

    commands: tuple[click.Command, ...] = (
        *(up, down, env, doctor),
        *(run, ps, top, logs, exec_, describe, stop),
        drill,
        *(deploy, services, tasks, events, scale, rollback),
        *(url, metrics),
        certificate,
        network,
        simulate,
    )
    for command in commands:
        hostless.add_command(command)
    return hostless
