"""Unit test of what signals mean to an engine."""

from hostless.engine.orders import Orders


def test_the_first_signal_stops_and_the_second_hurries() -> None:
    orders = Orders()
    orders.signal()
    assert (orders.stop.is_set(), orders.hurry.is_set()) == (True, False)
    orders.signal()
    orders.signal()
    assert (orders.stop.is_set(), orders.hurry.is_set()) == (True, True)
