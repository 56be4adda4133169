"""Docker's rules for names, example by example; the examples are those of its own tests."""

import pytest

from hostless.compute.images.reference import (
    InvalidReference,
    is_loopback,
    parse_reference,
)

DIGEST = "sha256:" + "0123456789abcdef" * 4


@pytest.mark.parametrize(
    ("text", "full"),
    [
        ("busybox", "docker.io/library/busybox:latest"),
        ("busybox:1.36", "docker.io/library/busybox:1.36"),
        ("user/img:tag", "docker.io/user/img:tag"),
        ("docker.io/busybox", "docker.io/library/busybox:latest"),
        ("index.docker.io/user/img", "docker.io/user/img:latest"),
        ("public.ecr.aws/x/y:1", "public.ecr.aws/x/y:1"),
        ("127.0.0.1:5000/demo:1", "127.0.0.1:5000/demo:1"),
        ("localhost/demo", "localhost/demo:latest"),
        ("LOCALHOST/demo", "LOCALHOST/demo:latest"),
        ("[::1]:5000/demo", "[::1]:5000/demo:latest"),
        (f"busybox@{DIGEST}", f"docker.io/library/busybox@{DIGEST}"),
        (f"busybox:1@{DIGEST}", f"docker.io/library/busybox:1@{DIGEST}"),
        (f"r.example:5000/a@{DIGEST}", f"r.example:5000/a@{DIGEST}"),
        ("a/b/c/d_e__f.g-h--i:V_1.2-3", "docker.io/a/b/c/d_e__f.g-h--i:V_1.2-3"),
    ],
)
def test_a_name_means_what_it_means_to_docker(text: str, full: str) -> None:
    assert str(parse_reference(text)) == full


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":tag",
        "a:",
        "a:b:c",
        "Busybox",
        "user/Img",
        "a//b",
        "-a",
        "a_",
        "a___b",
        "https://example.com/a",
        "a@sha256:abc",
        "a@md5:d41d8cd98f00b204e9800998ecf8427e",
        f"a@{DIGEST.upper()}",
        "a b",
        "a\n",
        "a:t\n",
        "../a",
        "example.com/../a",
        "a:" + "t" * 129,
        "a" * 256,
        "0123456789abcdef" * 4,
        "example.com:port/a",
    ],
)
def test_what_names_no_image_is_refused(text: str) -> None:
    with pytest.raises(InvalidReference):
        parse_reference(text)


def test_docker_hub_answers_at_another_host_than_its_name() -> None:
    assert parse_reference("busybox").host == "registry-1.docker.io"
    assert parse_reference("quay.io/a/b").host == "quay.io"


def test_a_digest_is_asked_for_rather_than_the_tag() -> None:
    assert parse_reference(f"a:1@{DIGEST}").wanted == DIGEST
    assert parse_reference("a:1").wanted == "1"


@pytest.mark.parametrize("host", ["127.0.0.1:5000", "127.9.9.9", "localhost", "[::1]:80", "[::1]"])
def test_these_hosts_are_this_machine(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["example.com", "10.0.0.1:5000", "localhost.example.com", "1.2"])
def test_these_hosts_are_not_this_machine(host: str) -> None:
    assert not is_loopback(host)
