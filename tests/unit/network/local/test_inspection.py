"""Rules as nftables prints them, found by their handles."""

from hostless.network.local.inspection import texts_in

PRINTED = """\
table inet groups { # handle 7
	map senders { # handle 3
		type ipv4_addr : verdict
		elements = { 10.0.0.1 comment "eni-1" : jump bundle-out }
	}

	chain egress { # handle 1
		type filter hook forward priority filter - 5; policy drop;
		ct state related accept # handle 12
		ip saddr vmap @senders # handle 13
	}
}
table inet ways { # handle 8
	chain routes { # handle 1
		meta nfproto ipv4 return comment "rtb-1 0.0.0.0/0 igw-1" # handle 12
	}
}
"""


def test_rules_are_found_by_table_and_handle() -> None:
    assert texts_in(PRINTED) == {
        ("groups", 12): "ct state related accept",
        ("groups", 13): "ip saddr vmap @senders",
        ("ways", 12): 'meta nfproto ipv4 return comment "rtb-1 0.0.0.0/0 igw-1"',
    }
