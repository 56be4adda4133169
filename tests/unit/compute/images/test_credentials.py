"""Docker's `config.json` in the forms that people have."""

import base64
import json
import os
from pathlib import Path

import pytest

from hostless.compute.images.credentials import CredentialsUnusable, DockerCredentials, Login


def credentials(folder: Path, content: object) -> DockerCredentials:
    path = folder / "config.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return DockerCredentials(path)


def auth(pair: str) -> dict[str, str]:
    return {"auth": base64.b64encode(pair.encode()).decode()}


def test_without_a_file_everybody_is_a_stranger(tmp_path: Path) -> None:
    assert DockerCredentials(None).login_for("docker.io") is None
    assert DockerCredentials(tmp_path / "none").login_for("docker.io") is None


def test_a_login_is_found_by_host(tmp_path: Path) -> None:
    found = credentials(tmp_path, {"auths": {"r.example:5000": auth("me:pass:word")}})
    assert found.login_for("r.example:5000") == Login(username="me", password="pass:word")
    assert found.login_for("r.example") is None


def test_a_login_is_found_by_the_url_of_its_host(tmp_path: Path) -> None:
    found = credentials(tmp_path, {"auths": {"https://r.example/v2/": auth("me:x")}})
    assert found.login_for("r.example") == Login(username="me", password="x")


def test_docker_hub_has_a_key_of_its_own(tmp_path: Path) -> None:
    found = credentials(tmp_path, {"auths": {"https://index.docker.io/v1/": auth("me:x")}})
    assert found.login_for("docker.io") == Login(username="me", password="x")


def test_name_password_and_identity_token_may_be_written_out(tmp_path: Path) -> None:
    entry = {"username": "me", "password": "x", "identitytoken": "t"}
    found = credentials(tmp_path, {"auths": {"r.example": entry}})
    login = Login(username="me", password="x", identity_token="t")
    assert found.login_for("r.example") == login


def test_the_file_is_read_again_when_it_changes(tmp_path: Path) -> None:
    found = credentials(tmp_path, {"auths": {"r.example": auth("me:old")}})
    assert found.login_for("r.example") == Login(username="me", password="old")
    credentials(tmp_path, {"auths": {"r.example": auth("me:new")}})
    os.utime(tmp_path / "config.json", (1, 1))
    assert found.login_for("r.example") == Login(username="me", password="new")
    (tmp_path / "config.json").unlink()
    assert found.login_for("r.example") is None


@pytest.mark.parametrize(
    "content",
    [
        {"credHelpers": {"r.example": "ecr-login"}},
        {"credsStore": "desktop", "auths": {"r.example": {}}},
        {"auths": {"r.example": {"auth": "%%%"}}},
        {"auths": {"r.example": {"auth": 7}}},
        "{",
    ],
)
def test_what_cannot_be_used_is_said_with_the_file(tmp_path: Path, content: object) -> None:
    with pytest.raises(CredentialsUnusable, match=r"config\.json"):
        credentials(tmp_path, content).login_for("r.example")


def test_a_desktops_password_store_does_not_stand_in_the_way_of_public_images(
    tmp_path: Path,
) -> None:
    assert credentials(tmp_path, {"credsStore": "desktop"}).login_for("docker.io") is None
