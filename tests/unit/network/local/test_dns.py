"""What the VPC's resolver answers itself."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.dns import TYPE_AAAA, TYPE_PTR, ZONE, addresses_in, code_of, name_in, query

from hostless.network.local.dns import (
    NotAQuery,
    failure,
    find_answer,
    is_answer_to,
    query_in,
)


def answer_to(name: str, kind: int = 1) -> bytes:
    found = find_answer(query_in(query(name, kind)), ZONE)
    assert found is not None
    assert is_answer_to(query_in(query(name, kind)), found)
    return found


def test_a_private_name_has_its_address_in_any_case() -> None:
    assert addresses_in(answer_to("ip-172-31-0-10.ec2.internal")) == ["172.31.0.10"]
    assert addresses_in(answer_to("IP-172-31-0-10.EC2.Internal")) == ["172.31.0.10"]


def test_a_private_name_has_no_ipv6_address_and_that_is_no_error() -> None:
    answer = answer_to("ip-172-31-0-10.ec2.internal", TYPE_AAAA)
    assert (code_of(answer), addresses_in(answer)) == (0, [])


def test_the_reverse_of_an_address_of_the_vpc_is_its_private_name() -> None:
    answer = answer_to("10.0.31.172.in-addr.arpa", TYPE_PTR)
    assert name_in(answer) == "ip-172-31-0-10.ec2.internal"


@pytest.mark.parametrize("name", ["ip-10-0-0-1.ec2.internal", "x.ec2.internal", "ec2.internal"])
def test_other_names_of_the_private_domain_do_not_exist(name: str) -> None:
    assert code_of(answer_to(name)) == 3


def test_a_public_name_is_a_private_address_for_the_vpc_of_its_owner_and_public_for_others() -> (
    None
):
    own, other = (f"ec2-198-18-{last}.compute-1.amazonaws.com" for last in ("8-9", "9-9"))
    assert addresses_in(answer_to(own)) == ["172.31.0.9"]
    assert addresses_in(answer_to(other)) == ["198.18.9.9"]


def test_localhost_is_the_task_itself() -> None:
    assert addresses_in(answer_to("localhost")) == ["127.0.0.1"]
    assert addresses_in(answer_to("a.localhost")) == ["127.0.0.1"]


@pytest.mark.parametrize(
    "name",
    [
        "ec2-198-18-16-9.compute-1.amazonaws.com",
        "ec2.compute-1.amazonaws.com",
        "example.com",
        "8.8.8.8.in-addr.arpa",
        "x.in-addr.arpa",
        "notec2.internal",
    ],
)
def test_other_names_are_for_others_to_answer(name: str) -> None:
    assert find_answer(query_in(query(name)), ZONE) is None


def test_a_failure_carries_the_question_back() -> None:
    asked = query_in(query("example.com", number=77))
    answer = failure(asked)
    assert (code_of(answer), answer[:2]) == (2, b"\0\x4d")
    assert answer.endswith(asked.question)


@pytest.mark.parametrize(
    "message",
    [
        b"",
        query("a.b")[:-1],
        query("a.b")[:14],
        b"\0\0\x80" + query("a.b")[3:],
        query("a.b")[:5] + b"\2" + query("a.b")[6:],
        query("a.b")[:12] + b"\xc0\x0c\0\1\0\1",
    ],
)
def test_what_is_no_query_is_refused(message: bytes) -> None:
    with pytest.raises(NotAQuery):
        query_in(message)


@given(st.binary(max_size=600))
def test_no_message_makes_it_fall(message: bytes) -> None:
    with contextlib.suppress(NotAQuery):
        find_answer(query_in(message), ZONE)
    with contextlib.suppress(NotAQuery):
        find_answer(query_in(query("a.b")[:12] + message), ZONE)
