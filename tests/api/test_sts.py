"""STS through a real client."""

from typing import Any


def test_the_caller_is_told_who_signed(sts: Any) -> None:
    answer = sts.get_caller_identity()
    assert answer["Account"] == "000000000000"
    assert answer["Arn"] == "arn:aws:iam::000000000000:user/admin"
    assert answer["UserId"].startswith("AIDA")
    assert answer["UserId"] == sts.get_caller_identity()["UserId"]
