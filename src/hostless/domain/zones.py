"""Names of availability zones. `us-east-1a` is a name, `use1-az1` the id behind it."""

from hostless.domain.arns import Realm

_COMPASS = {
    "northeast": "ne",
    "northwest": "nw",
    "southeast": "se",
    "southwest": "sw",
}


def zone_id(zone: str, realm: Realm) -> str:
    """`use1-az1` for `us-east-1a`; the letters stand for numbers, as in a fresh account."""
    *area, number = realm.region.split("-")
    short = area[0] + "".join(_COMPASS.get(word, word[:1]) for word in area[1:])
    return f"{short}{number}-az{realm.zones().index(zone) + 1}"
