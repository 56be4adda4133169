"""A caller of hostless's own API, in process."""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from tests.support.api_world import World
from tests.support.client import ENDPOINT, TEST_KEY, LoopThread, post
from tests.support.world_application import own_paths_of

PREFIX = "/_hostless/"


@dataclass
class Own:
    """A caller of the own API. Answers are status and object."""

    world: World
    portal: LoopThread

    def __post_init__(self) -> None:
        self.app = own_paths_of(self.world)

    def __call__(self, method: str, path: str, **members: Any) -> tuple[int, dict[str, Any]]:
        body = json.dumps(members).encode() if method == "POST" else b""
        return self.raw(method, path, body, "" if method == "POST" else urlencode(members))

    def raw(
        self, method: str, path: str, body: bytes = b"", query: str = "", service: str = "hostless"
    ) -> tuple[int, dict[str, Any]]:
        url = f"{ENDPOINT}{PREFIX}{path}" + (f"?{query}" if query else "")
        request = AWSRequest(method=method, url=url, data=body)
        keys = Credentials(TEST_KEY.access_key_id, TEST_KEY.secret_access_key)
        SigV4Auth(keys, service, "us-east-1").add_auth(request)
        return self.send(method, path, dict(request.headers), body, query)

    def send(
        self, method: str, path: str, headers: dict[str, str], body: bytes = b"", query: str = ""
    ) -> tuple[int, dict[str, Any]]:
        place = f"{PREFIX}{path}" + (f"?{query}" if query else "")
        answer = post(self.app, self.portal, headers=headers, body=body, method=method, path=place)
        assert answer.headers["content-type"] == "application/json"
        return answer.status, json.loads(answer.body)
