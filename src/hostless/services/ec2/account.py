"""What EC2 says of the account, its region and its availability zones.

Source of shapes, filters and figures: the EC2 model and its reference of each call.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from hostless.domain.arns import Realm
from hostless.domain.quotas import AWS_QUOTAS, Quotas
from hostless.domain.zones import zone_id
from hostless.services.ec2 import requests_vpcs as requests
from hostless.services.ec2.describing import Described, IdForm, Question, page_for
from hostless.services.ec2.errors import BadParameter, DryRun
from hostless.services.ec2.errors_vpcs import ClassicIsGone
from hostless.services.ec2.requests import DescribeAvailabilityZones
from hostless.services.ec2.vpc_lookup import find_default_vpc
from hostless.services.operation import Answer, Call
from hostless.store.store import Store

_OPT_IN = "opt-in-not-required"
_FIGURES: Mapping[str, str] = {
    "supported-platforms": "VPC",
    "max-instances": "20",
    "vpc-max-security-groups-per-interface": "5",
}
"""A new account's."""
_DEFAULT_VPC = "default-vpc"


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    name: str
    id: str


class Account:
    def __init__(self, store: Store, quotas: Quotas) -> None:
        self._store = store
        addresses = quotas.elastic_addresses
        self._addresses = AWS_QUOTAS.elastic_addresses if addresses is None else addresses

    async def describe_attributes(
        self, request: requests.DescribeAccountAttributes, _: Call
    ) -> Answer:
        default = find_default_vpc(self._store)
        values = {
            _DEFAULT_VPC: "none" if default is None else str(default.id),
            **_FIGURES,
            **dict.fromkeys(("max-elastic-ips", "vpc-max-elastic-ips"), str(self._addresses)),
        }
        if request.dry_run:
            raise DryRun
        asked = request.attribute_names or tuple(values)
        shown = [
            {"AttributeName": name, "AttributeValues": [{"AttributeValue": values[name]}]}
            for name in dict.fromkeys(asked)
        ]
        return {"AccountAttributes": shown}

    async def describe_regions(self, request: requests.DescribeRegions, call: Call) -> Answer:
        """The one that the engine plays, opted in or not."""
        region = call.realm.region
        unknown = [name for name in request.region_names if name != region]
        if unknown:
            raise BadParameter(f"Invalid region names: [{', '.join(unknown)}]")  # our words
        question = Question(filters=request.filters, dry_run=request.dry_run)
        page = page_for(question, _REGIONS, (region,))
        return {"Regions": [_region_view(region) for region in page.items]}

    async def describe_zones(self, request: DescribeAvailabilityZones, call: Call) -> Answer:
        realm = call.realm
        zones = [Zone(name=name, id=zone_id(name, realm)) for name in realm.zones()]
        wanted = request.zone_names or tuple(zone.name for zone in zones)
        ids = request.zone_ids or tuple(zone.id for zone in zones)
        known = {zone.name for zone in zones} | {zone.id for zone in zones}
        for given in (*wanted, *ids):
            if given not in known:
                raise BadParameter(f"Invalid availability zone: [{given}]")
        question = Question(filters=request.filters, dry_run=request.dry_run)
        asked = (zone for zone in zones if zone.name in wanted and zone.id in ids)
        page = page_for(question, _zones(realm), asked)
        return {"AvailabilityZones": [_zone_view(zone, realm) for zone in page.items]}

    async def refuse_classic(self, _: requests.DescribeVpcClassicLink, __: Call) -> Answer:
        raise ClassicIsGone


def _endpoint(region: str) -> str:
    return f"ec2.{region}.amazonaws.com"


def _no_tags(_: object) -> tuple[()]:
    return ()


def _region_view(region: str) -> dict[str, object]:
    return {"RegionName": region, "Endpoint": _endpoint(region), "OptInStatus": _OPT_IN}


_REGIONS: Described[str] = Described(
    form=IdForm(noun="Region", spoken="region", prefix=""),
    id_of=lambda region: region,
    tags_of=_no_tags,
    filters={
        "endpoint": lambda region: (_endpoint(region),),
        "opt-in-status": lambda region: (_OPT_IN,),
        "region-name": lambda region: (region,),
    },
)


def _zones(realm: Realm) -> Described[Zone]:
    return Described(
        form=IdForm(noun="AvailabilityZone", spoken="availability zone", prefix=""),
        id_of=lambda zone: zone.name,
        tags_of=_no_tags,
        filters={
            "group-name": lambda zone: (f"{realm.region}-zg-1",),
            "message": lambda zone: (),
            "opt-in-status": lambda zone: (_OPT_IN,),
            "parent-zone-id": lambda zone: (),
            "parent-zone-name": lambda zone: (),
            "region-name": lambda zone: (realm.region,),
            "state": lambda zone: ("available",),
            "zone-id": lambda zone: (zone.id,),
            "zone-name": lambda zone: (zone.name,),
            "zone-type": lambda zone: ("availability-zone",),
        },
    )


def _zone_view(zone: Zone, realm: Realm) -> dict[str, object]:
    return {
        "ZoneName": zone.name,
        "ZoneId": zone.id,
        "RegionName": realm.region,
        "GroupName": f"{realm.region}-zg-1",
        "NetworkBorderGroup": realm.region,
        "OptInStatus": _OPT_IN,
        "State": "available",
        "ZoneType": "availability-zone",
        "Messages": [],
    }
