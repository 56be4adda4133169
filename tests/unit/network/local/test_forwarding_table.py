"""What packets of a VPC meet, as text; what becomes of them is proven on the real fabric."""

from hostless.network.local.forwarding_table import forward_of, frame_of


def lines_of(operator: str | None) -> list[str]:
    text = forward_of(operator).rpartition("chain forward {")[2]
    return [line.strip() for line in text.splitlines() if line.strip(" {}")]


def test_there_is_one_chain_in_the_forward_hook_and_it_lets_nothing_pass_by_itself() -> None:
    whole = frame_of() + forward_of("10.0.0.3")
    assert whole.count("hook forward") == 1
    assert "type filter hook forward priority filter; policy drop;" in whole


def test_ways_are_asked_of_every_packet_that_is_not_ordinary_and_before_any_is_accepted() -> None:
    lines = lines_of(None)
    assert lines[:4] == [
        "jump ordinary",
        "ct state invalid drop",
        "jump outgoing",
        "jump crossing",
    ]
    assert not [line for line in lines[:4] if "accept" in line]
    assert lines[4] == "ct state established ct mark 0 accept"
    assert lines[-2] == "ip daddr vmap @receivers"


def test_what_leaves_an_interface_is_dropped_unless_its_groups_have_marked_it() -> None:
    """And goes on without a mark: a NAT gateway's is put on it later."""
    outgoing = frame_of().rpartition("chain outgoing {")[2].partition("}")[0]
    lines = [line.strip() for line in outgoing.splitlines()]
    start = lines.index("ip saddr vmap @senders")
    assert lines[start - 1] == "meta mark set 0"
    assert lines[start + 2 : start + 4] == ["meta mark != 1 drop", "meta mark set 0"]


def test_the_host_is_exempt_under_the_address_by_which_it_reaches_every_task() -> None:
    exempt = 'iifname "host0" ip saddr 10.0.0.3 accept'
    assert exempt in lines_of("10.0.0.3")
    assert exempt not in lines_of(None)
