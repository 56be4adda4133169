"""What a change of ways is as text; what packets make of it is proven on the real fabric."""

from hostless.network.local.way_table import chains_in, change_of

BASE = {"arriving": (), "crossing": ("jump routes",), "leaving": ()}


def test_the_first_change_makes_the_table_with_its_hooks() -> None:
    made = change_of({}, {**BASE, "routes": ("drop",)})
    assert made.splitlines() == [
        "table inet ways {",
        "  chain arriving { type filter hook prerouting priority mangle; policy accept; }",
        "  chain crossing { type filter hook forward priority filter - 10; policy accept; }",
        "  chain leaving { type nat hook postrouting priority srcnat - 5; policy accept; }",
        "}",
        "add chain inet ways routes",
        "flush chain inet ways arriving",
        "flush chain inet ways crossing",
        "add rule inet ways crossing jump routes",
        "flush chain inet ways leaving",
        "flush chain inet ways routes",
        "add rule inet ways routes drop",
    ]


def test_what_does_not_differ_is_not_touched() -> None:
    before = {**BASE, "rtb-1": ("drop",), "rtb-2": ("return",)}
    assert change_of(before, before) == ""
    assert change_of(before, {**before, "rtb-2": ("drop",)}).splitlines() == [
        "flush chain inet ways rtb-2",
        "add rule inet ways rtb-2 drop",
    ]


def test_what_is_gone_is_deleted_when_nothing_leads_there_any_more() -> None:
    before = {**BASE, "rtb-1": ("goto nat-1",), "nat-1": ("drop",)}
    assert change_of(before, {**BASE, "rtb-1": ("drop",)}).splitlines() == [
        "flush chain inet ways rtb-1",
        "add rule inet ways rtb-1 drop",
        "flush chain inet ways nat-1",
        "delete chain inet ways nat-1",
    ]


def test_what_an_engine_before_left_is_filled_anew_and_not_made_again() -> None:
    """Its hooks stay, as packets would pass without rules while others come."""
    listed = [
        {"metainfo": {}},
        *({"chain": {"table": "ways", "name": name}} for name in (*BASE, "nat-1")),
        {"chain": {"table": "groups", "name": "egress"}},
    ]
    found = chains_in(listed)
    assert found == dict.fromkeys((*BASE, "nat-1"))
    assert change_of(found, BASE).splitlines() == [
        "flush chain inet ways arriving",
        "flush chain inet ways crossing",
        "add rule inet ways crossing jump routes",
        "flush chain inet ways leaving",
        "flush chain inet ways nat-1",
        "delete chain inet ways nat-1",
    ]
