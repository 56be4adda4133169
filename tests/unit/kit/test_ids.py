"""Unit tests of identifiers: their forms, and that none comes twice."""

import random
import re

from hostless.kit.ids import Ids, system_ids


def test_ids_have_the_forms_of_aws() -> None:
    ids = system_ids()
    assert re.fullmatch(r"[0-9a-f]{32}", ids.hex(32))
    assert re.fullmatch(r"[1-9][0-9]{9}", ids.digits(10))
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-.{12}", ids.uuid())


def test_no_id_comes_twice() -> None:
    ids = system_ids()
    assert len({ids.hex(32) for _ in range(5000)}) == 5000


def test_a_seed_gives_the_same_ids_again() -> None:
    assert Ids(random.Random(7)).hex(17) == Ids(random.Random(7)).hex(17)
