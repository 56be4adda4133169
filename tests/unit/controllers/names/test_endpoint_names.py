"""Under which names the addresses of an endpoint are found."""

from dataclasses import replace

from tests.support.endpoints import ENDPOINT, FIRST, SECOND

from hostless.controllers.names.endpoints import endpoint_zones

AVAILABLE = replace(ENDPOINT, state="available", has_private_dns=True)
PUBLIC = "logs.us-east-1.amazonaws.com"


def found(endpoint: object = AVAILABLE) -> dict[str, tuple[str, ...]]:
    """Addresses by name."""
    zones = endpoint_zones(endpoint, (FIRST, SECOND))  # type: ignore[arg-type]
    return {zone.name: zone.names[zone.name][0].values for zone in zones}


def test_its_own_names_lead_to_all_addresses_and_to_those_of_a_zone() -> None:
    names = found()
    everywhere = tuple(sorted((FIRST.address, SECOND.address)))
    own = [name for name in names if name.startswith(AVAILABLE.id)]
    assert [names[name] for name in own] == [everywhere, (FIRST.address,), (SECOND.address,)]
    assert all(name.endswith(".logs.us-east-1.vpce.amazonaws.com") for name in own)
    assert names[PUBLIC] == everywhere


def test_the_public_name_is_taken_over_only_with_private_dns() -> None:
    assert PUBLIC not in found(replace(AVAILABLE, has_private_dns=False))


def test_a_wildcard_is_not_taken_over() -> None:
    images = replace(AVAILABLE, service_name="com.amazonaws.us-east-1.ecr.dkr")
    assert all(name.startswith(AVAILABLE.id) for name in found(images))


def test_names_stay_while_an_endpoint_is_changed() -> None:
    assert found(replace(AVAILABLE, state="pending")) == found()


def test_an_endpoint_that_goes_has_no_names() -> None:
    assert found(replace(AVAILABLE, state="deleting")) == {}
    assert endpoint_zones(AVAILABLE, ()) == ()
