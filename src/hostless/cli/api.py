"""The engine as a client sees it: AWS's API, and every refusal as a sentence for a person.

Nothing here knows the engine's inside; the same calls would work against any endpoint. botocore is
imported when the first call is made.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from hostless.cli.outcome import REFUSED, UNREACHABLE, CommandFailed
from hostless.cli.own_calls import NoKeys, send
from hostless.cli.settings_options import DEFAULT_STATE_DIR, absolute_folder
from hostless.kit.ids import system_ids
from hostless.store.keys import KEYS_FILE, KeysUnreadable, load_or_make
from hostless.store.ownership import last_owner_of

ENGINE = click.option(
    "--state-dir",
    type=absolute_folder,
    metavar="FOLDER",
    help="Talk to this folder's engine, rather than to the one the environment names.",
)
CLUSTER = click.option("--cluster", metavar="NAME", help="Look in this cluster only.")
JSON = click.option("--json", "is_json", is_flag=True, help="Print JSON.")

ADVICE = {
    "ClusterNotFoundException": "Create it: aws ecs create-cluster --cluster-name NAME",
    "UnrecognizedClientException": 'The keys are another engine\'s: eval "$(hostless env)"',
    "InvalidClientTokenId": 'The keys are another engine\'s: eval "$(hostless env)"',
    "InvalidSignatureException": 'The keys are another engine\'s: eval "$(hostless env)"',
}
"""What to do about a refusal, by AWS's code."""
NEXT_PAGE = {"nextToken": "nextToken", "NextToken": "NextToken", "NextMarker": "Marker"}
"""How services say that there is more, and how they are asked for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """keys: (access key id, secret); None leaves them to the environment."""

    endpoint: str
    region: str
    keys: tuple[str, str] | None = None


def address_of(state_dir: Path | None) -> Address:
    """Where the engine is: the folder's, the environment's, or the default folder's.

    Raises CommandFailed.
    """
    environment = os.environ
    if state_dir is None and "AWS_ENDPOINT_URL" in environment:
        region = environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION")
        return Address(endpoint=environment["AWS_ENDPOINT_URL"], region=region or "us-east-1")
    folder = state_dir or Path(DEFAULT_STATE_DIR)
    record = last_owner_of(folder)
    if record is None:
        raise CommandFailed(
            f"no engine is known: AWS_ENDPOINT_URL is not set and none has run on {folder}",
            'Start one with `hostless up`, then: eval "$(hostless env)"',
            UNREACHABLE,
        )
    try:
        keys = load_or_make(folder / KEYS_FILE, system_ids())
    except KeysUnreadable as error:
        raise CommandFailed(f"{error}.", exit_code=UNREACHABLE) from error
    return Address(
        endpoint=record.endpoint,
        region=record.settings.realm.region,
        keys=(keys.access_key_id, keys.secret_access_key),
    )


class Refusal(CommandFailed):
    """The engine's own no. code: AWS's."""

    def __init__(self, code: str, message: str) -> None:
        unknown_keys = ADVICE.get(code, "").startswith("The keys")
        super().__init__(message, ADVICE.get(code, ""), UNREACHABLE if unknown_keys else REFUSED)
        self.code = code


class Api:
    """Calls AWS operations of one engine."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self._clients: dict[str, Any] = {}

    def call(self, service: str, operation: str, /, **members: Any) -> dict[str, Any]:
        """The answer to `operation` (snake case). Raises Refusal or CommandFailed."""
        from botocore.exceptions import ClientError

        with self._engine_answering():
            try:
                answer: dict[str, Any] = getattr(self._client(service), operation)(**members)
            except ClientError as error:
                problem = error.response["Error"]
                raise Refusal(problem["Code"], problem.get("Message") or problem["Code"]) from error
        answer.pop("ResponseMetadata", None)
        return answer

    def own(self, method: str, path: str, **members: Any) -> dict[str, Any]:
        """The answer of hostless's own API (docs/own-api.md). Raises Refusal or CommandFailed.

        members: by their names on the wire; those that are None are left out.
        """
        given = {name: value for name, value in members.items() if value is not None}
        address = self.address
        with self._engine_answering():
            status, answer = send(
                address.endpoint, address.region, address.keys, (method, path), given
            )
        if status != 200:
            raise Refusal(answer["__type"], answer["message"])
        return answer

    @contextmanager
    def _engine_answering(self) -> Iterator[None]:
        """Say it in a sentence when no engine answers, or there are no keys to ask it with."""
        from botocore.exceptions import BotoCoreError, ConnectionError, HTTPClientError

        try:
            yield
        except (ConnectionError, HTTPClientError) as error:
            raise CommandFailed(
                f"no engine answers at {self.address.endpoint}",
                "Is it running? Start it with `hostless up`.",
                UNREACHABLE,
            ) from error
        except NoKeys as error:
            raise CommandFailed(
                "there are no AWS keys", 'Try: eval "$(hostless env)"', UNREACHABLE
            ) from error
        except BotoCoreError as error:
            raise CommandFailed(f"{error}", 'Try: eval "$(hostless env)"', UNREACHABLE) from error

    def pages(self, service: str, operation: str, key: str, /, **members: Any) -> Iterator[Any]:
        """Every item under `key`, page by page."""
        while True:
            answer = self.call(service, operation, **members)
            yield from answer.get(key, ())
            told = next((name for name in NEXT_PAGE if answer.get(name)), None)
            if told is None:
                return
            members[NEXT_PAGE[told]] = answer[told]

    def _client(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = self._new_client(service)
        return self._clients[service]

    def _new_client(self, service: str) -> Any:
        import botocore.session
        from botocore.config import Config

        key, secret = self.address.keys or (None, None)
        return botocore.session.get_session().create_client(
            service,
            endpoint_url=self.address.endpoint,
            region_name=self.address.region,
            aws_access_key_id=key,
            aws_secret_access_key=secret,
            config=Config(
                connect_timeout=5,
                retries={"total_max_attempts": 2},
                parameter_validation=False,
            ),
        )


def connect(state_dir: Path | None) -> Api:
    """The engine that the command line and the environment name. Raises CommandFailed."""
    return Api(address_of(state_dir))
