"""What a change of ways is as text; what packets make of it is proven on the real fabric."""

from hostless.network.local.way_table import chains_in, change_of

BASE = {"crossing": ("jump routes",)}
ARRIVING = "chain arriving { type filter hook prerouting priority mangle; policy accept; }"


def test_the_first_change_fills_what_is_there_and_makes_the_rest() -> None:
    assert change_of({"crossing": None}, {**BASE, "routes": ("drop",)}).splitlines() == [
        "add chain inet vpc routes",
        "flush chain inet vpc crossing",
        "add rule inet vpc crossing jump routes",
        "flush chain inet vpc routes",
        "add rule inet vpc routes drop",
    ]


def test_a_hook_comes_with_its_first_rule_and_goes_with_its_last() -> None:
    needing = {**BASE, "arriving": ("jump acl-1-in",), "acl-1-in": ("drop",)}
    assert change_of(BASE, needing).splitlines() == [
        "table inet vpc {",
        f"  {ARRIVING}",
        "}",
        "add chain inet vpc acl-1-in",
        "flush chain inet vpc arriving",
        "add rule inet vpc arriving jump acl-1-in",
        "flush chain inet vpc acl-1-in",
        "add rule inet vpc acl-1-in drop",
    ]
    gone = change_of(needing, BASE).splitlines()
    assert {line.split()[0] for line in gone[:2]} == {"flush"}
    assert {line.split()[0] for line in gone[2:]} == {"delete"}


def test_what_does_not_differ_is_not_touched() -> None:
    before = {**BASE, "rtb-1": ("drop",), "rtb-2": ("return",)}
    assert change_of(before, before) == ""
    assert change_of(before, {**before, "rtb-2": ("drop",)}).splitlines() == [
        "flush chain inet vpc rtb-2",
        "add rule inet vpc rtb-2 drop",
    ]


def test_what_is_gone_is_deleted_when_nothing_leads_there_any_more() -> None:
    before = {**BASE, "rtb-1": ("goto nat-1",), "nat-1": ("drop",)}
    assert change_of(before, {**BASE, "rtb-1": ("drop",)}).splitlines() == [
        "flush chain inet vpc rtb-1",
        "add rule inet vpc rtb-1 drop",
        "flush chain inet vpc nat-1",
        "delete chain inet vpc nat-1",
    ]


def test_what_an_engine_before_left_is_filled_anew_or_goes() -> None:
    listed = [
        {"metainfo": {}},
        *({"chain": {"table": "vpc", "name": name}} for name in ("arriving", "crossing")),
        *({"chain": {"table": "vpc", "name": name}} for name in ("forward", "sg-1-in", "outgoing")),
        {"chain": {"table": "hostless", "name": "input"}},
    ]
    found = chains_in(listed)
    assert found == dict.fromkeys(("arriving", "crossing"))
    assert change_of(found, BASE).splitlines() == [
        "flush chain inet vpc crossing",
        "add rule inet vpc crossing jump routes",
        "flush chain inet vpc arriving",
        "delete chain inet vpc arriving",
    ]
