"""An engine knows what engines before it made; that it takes over is proven on the real fabric."""

import pytest

from hostless.network.local.former_tables import decides, is_left, removal, silencing

FORMER = [("groups", "egress"), ("ways", "crossing")]
HALF, OWN = [("vpc", "outgoing")], [("vpc", "outgoing"), ("vpc", "forward")]


@pytest.mark.parametrize(
    ("chains", "are_left", "decide"),
    [
        ([], False, False),
        (OWN, False, False),
        (FORMER, True, True),
        ([*FORMER, *HALF], True, True),
        ([*FORMER, *OWN], True, False),
    ],
)
def test_former_tables_decide_until_the_own_one_does(
    chains: list[tuple[str, str]], are_left: bool, decide: bool
) -> None:
    found = [{"metainfo": {}}, *({"chain": {"table": t, "name": n}} for t, n in chains)]
    assert is_left(found) is are_left
    assert decides(found) is decide


def test_their_chains_accept_before_they_go() -> None:
    assert silencing().splitlines()[:3] == [
        "flush chain inet groups egress",
        "add rule inet groups egress accept",
        "chain inet groups egress { policy accept; }",
    ]
    assert removal().splitlines() == [
        "table inet groups",
        "delete table inet groups",
        "table inet ways",
        "delete table inet ways",
    ]
