"""`hostless certificate`: files with a certificate and its key, brought into the engine."""

from pathlib import Path

import click

from hostless.cli.api import ENGINE, connect
from hostless.cli.outcome import CommandFailed

_PEM = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.argument("certificate", type=_PEM)
@click.argument("private_key", type=_PEM)
@click.option("--chain", type=_PEM, metavar="FILE", help="The issuers' certificates.")
@click.option("--replace", metavar="ARN", help="Put it in the place of this one.")
@ENGINE
def certificate(
    certificate: Path,
    private_key: Path,
    chain: Path | None,
    replace: str | None,
    state_dir: Path | None,
) -> None:
    """Import a certificate for load balancers; print its ARN.

    CERTIFICATE and PRIVATE_KEY are files in PEM form. A listener that has the certificate which is
    replaced serves the new one at once.
    """
    members: dict[str, bytes | str] = {} if replace is None else {"CertificateArn": replace}
    files = {"Certificate": certificate, "PrivateKey": private_key, "CertificateChain": chain}
    try:
        members |= {name: file.read_bytes() for name, file in files.items() if file is not None}
    except OSError as error:
        raise CommandFailed(f"{error.filename} cannot be read: {error.strerror}") from error
    answer = connect(state_dir).call("acm", "import_certificate", **members)
    click.echo(answer["CertificateArn"])
