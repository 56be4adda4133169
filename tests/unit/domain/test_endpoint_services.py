"""Which services endpoints lead to, and under which names."""

from dataclasses import replace

from tests.support.endpoints import ENDPOINT

from hostless.domain.arns import Realm, VpcEndpointId
from hostless.domain.endpoint_services import endpoint_services, find_service, own_names_of

REALM = Realm(region="eu-west-1")


def test_names_of_services_are_those_of_the_region_and_unique() -> None:
    names = [service.name for service in endpoint_services(REALM)]
    assert names == sorted(set(names))
    assert all(name.startswith("com.amazonaws.eu-west-1.") for name in names)
    assert find_service(REALM, "com.amazonaws.us-east-1.logs") is None


def test_a_service_has_one_id_whoever_asks() -> None:
    ids = [service.id for service in endpoint_services(REALM)]
    assert ids == [service.id for service in endpoint_services(REALM)]
    assert len(set(ids)) == len(ids)
    assert all(len(id_) == len("vpce-svc-") + 17 for id_ in ids)


def test_an_endpoint_has_names_that_no_other_has() -> None:
    images = find_service(REALM, "com.amazonaws.eu-west-1.ecr.dkr")
    assert images is not None
    other = replace(ENDPOINT, id=VpcEndpointId("vpce-2"))
    own = own_names_of(ENDPOINT, images, ("eu-west-1a",))
    assert all(name.endswith(".dkr.ecr.eu-west-1.vpce.amazonaws.com") for name in own)
    assert "-eu-west-1a." in own[1]
    assert not set(own) & set(own_names_of(other, images, ("eu-west-1a",)))
