"""The host's own nameservers."""

import os
from pathlib import Path

from hostless.network.local.nameservers import HostNameservers, nameservers_in


def test_the_first_three_ipv4_nameservers_count() -> None:
    text = """
# nameserver 9.9.9.9
search example.com
nameserver 10.0.0.1
nameserver ::1
nameserver
nameserver 10.0.0.2  # a remark
nameserver 10.0.0.3
nameserver 10.0.0.4
"""
    assert nameservers_in(text) == ("10.0.0.1", "10.0.0.2", "10.0.0.3")


def test_a_changed_file_is_read_again_and_a_missing_one_names_nobody(tmp_path: Path) -> None:
    path = tmp_path / "resolv.conf"
    nameservers = HostNameservers(path)
    assert nameservers.endpoints() == ()
    path.write_text("nameserver 10.0.0.1\n")
    assert nameservers.endpoints() == (("10.0.0.1", 53),)
    path.write_text("nameserver 10.0.0.2\n")
    os.utime(path, (1, 1))
    assert nameservers.endpoints() == (("10.0.0.2", 53),)
