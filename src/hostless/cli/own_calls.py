"""Calls of hostless's own API (docs/own-api.md), signed as botocore signs AWS's."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

SIGNING_NAME = "hostless"
PREFIX = "/_hostless/"
CONNECT_SECONDS, READ_SECONDS = 5, 60


class NoKeys(Exception):
    """Neither the environment nor its files hold AWS keys."""


def send(
    endpoint: str,
    region: str,
    keys: tuple[str, str] | None,
    operation: tuple[str, str],
    members: Mapping[str, object],
) -> tuple[int, dict[str, Any]]:
    """Status and object of the answer.

    keys: None leaves them to the environment. operation: method and path without the prefix.
    Raises NoKeys, and botocore's errors when nobody answers.
    """
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials
    from botocore.httpsession import URLLib3Session
    from botocore.session import get_session

    credentials = Credentials(*keys) if keys else get_session().get_credentials()
    if credentials is None:
        raise NoKeys
    method, path = operation
    url, body = f"{endpoint}{PREFIX}{path}", b""
    if method == "POST":
        body = json.dumps(members).encode()
    elif members:
        url += f"?{urlencode(members)}"
    request = AWSRequest(method=method, url=url, data=body, headers={"accept": "application/json"})
    SigV4Auth(credentials, SIGNING_NAME, region).add_auth(request)
    session = URLLib3Session(timeout=(CONNECT_SECONDS, READ_SECONDS))
    answer = session.send(request.prepare())
    return answer.status_code, json.loads(answer.content)
