"""What a node counted, under AWS's names."""

from tests.support.balancing import balancer, group
from tests.support.counted import group_counters, node_counters

from hostless.balancer.seam import NodeCounters
from hostless.controllers.metrics.increases import marks_after, risen
from hostless.controllers.metrics.load_balancers import (
    Place,
    application_samples,
    network_samples,
    place_of,
    reading_of,
)
from hostless.domain.arns import NetworkInterfaceId, SubnetId
from hostless.domain.load_balancers import LoadBalancerNode
from hostless.telemetry.metrics.series import Statistics, merged, of_value

BLUE, GREEN = group("blue"), group("green")
ENI = NetworkInterfaceId("eni-1")
PLACE = Place(load_balancer="app/web/1", zone="us-east-1a")
BLUE_END = "targetgroup/blue/" + BLUE.arn.rpartition("/")[2]
GREEN_END = "targetgroup/green/" + GREEN.arn.rpartition("/")[2]
Found = dict[tuple[str, ...], Statistics]


def told(counters: NodeCounters, *, is_network: bool = False) -> Found:
    """By metric and its dimensions' values, of a node that was never read before."""
    made = network_samples if is_network else application_samples
    rise = risen(reading_of(ENI, counters, {}), {})
    return {
        (series.name, *(value for _, value in series.dimensions)): found
        for series, found in merged(made(PLACE, [(counters, rise)])).items()
    }


def names(found: Found) -> set[str]:
    return {key[0] for key in found}


def test_an_idle_balancer_tells_only_of_its_targets_health() -> None:
    found = told(node_counters({BLUE.arn: group_counters(healthy=2, unhealthy=1)}))
    assert names(found) == {"HealthyHostCount", "UnHealthyHostCount"}
    assert found["HealthyHostCount", "app/web/1", BLUE_END] == of_value(2)
    assert found["UnHealthyHostCount", "us-east-1a", "app/web/1", BLUE_END] == of_value(1)


def test_a_group_without_targets_tells_of_none() -> None:
    assert told(node_counters({BLUE.arn: group_counters(healthy=0)})) == {}


def test_requests_are_told_by_balancer_by_zone_and_by_group() -> None:
    groups = {
        BLUE.arn: group_counters({0.01: 3}),
        GREEN.arn: group_counters({0.02: 1}, s404=1),
    }
    found = told(node_counters(groups))
    wanted = {
        ("app/web/1",): 5,
        ("us-east-1a", "app/web/1"): 5,
        ("app/web/1", BLUE_END): 3,
        ("app/web/1", GREEN_END): 2,
        ("us-east-1a", "app/web/1", BLUE_END): 3,
        ("us-east-1a", "app/web/1", GREEN_END): 2,
    }
    asked = {key[1:]: each.sum for key, each in found.items() if key[0] == "RequestCount"}
    assert asked == wanted


def test_answers_of_targets_and_of_the_balancer_are_told_apart() -> None:
    groups = {BLUE.arn: group_counters({0.01: 3}, s404=2)}
    found = told(node_counters(groups, own={"4xx": 1, "5xx": 4, "3xx": 2, "2xx": 9}))
    sums = {key[0]: found[key].sum for key in found if key[1:] == ("app/web/1",)}
    assert {name: number for name, number in sums.items() if name.startswith("HTTPCode")} == {
        "HTTPCode_Target_2XX_Count": 3,
        "HTTPCode_Target_4XX_Count": 2,
        "HTTPCode_ELB_3XX_Count": 2,
        "HTTPCode_ELB_4XX_Count": 1,
        "HTTPCode_ELB_5XX_Count": 4,
    }


def test_an_answer_that_has_begun_and_not_ended_is_no_answer_of_the_balancers() -> None:
    counters = node_counters(
        {BLUE.arn: group_counters({0.01: 3})}, responses_by_class={"2xx": 2, "5xx": 1}
    )
    found = told(counters)
    assert found["HTTPCode_ELB_5XX_Count", "app/web/1"].sum == 1


def test_a_tally_that_begins_again_after_four_billion_is_counted_on() -> None:
    full = 2**32
    before = node_counters({BLUE.arn: group_counters({0.1: full - 3})}, own={"5xx": 1})
    marks = marks_after(reading_of(ENI, before, {}), {})
    group = group_counters({0.1: 4}, requests=4)
    now = node_counters({BLUE.arn: group}, responses_by_class={"2xx": full + 4, "5xx": 1})
    rise = risen(reading_of(ENI, now, marks), marks)
    assert rise == {
        "clients 2xx": 7,
        "targets 2xx": 7,
        f"{BLUE.arn} requests": 7,
        f"{BLUE.arn} class 2xx": 7,
        f"{BLUE.arn} time 0.1": 7,
    }


def test_times_are_told_with_their_spread() -> None:
    found = told(node_counters({BLUE.arn: group_counters({0.1: 3, 2.0: 1})}))
    times = found["TargetResponseTime", "app/web/1", BLUE_END]
    assert (times.count, round(times.sum, 9), times.maximum) == (4.0, 2.3, 2.0)
    assert times.spread == {0.1: 3, 2.0: 1}


def test_a_targets_share_of_requests_is_told_by_group_only() -> None:
    found = told(node_counters({BLUE.arn: group_counters({0.1: 9}, healthy=3)}))
    shares = {key[1:]: each.sum for key, each in found.items() if "PerTarget" in key[0]}
    assert shares == {(BLUE_END,): 3.0, ("app/web/1", BLUE_END): 3.0}


def test_connections_count_to_both_sides() -> None:
    groups = {BLUE.arn: group_counters(connections=2, active=1, failed_connections=4)}
    found = told(
        node_counters(
            groups, connections=5, active=3, bytes_in=10, bytes_out=7, failed_handshakes=2
        )
    )
    for name, number in (
        ("NewConnectionCount", 7),
        ("ActiveConnectionCount", 4),
        ("ProcessedBytes", 17),
        ("ClientTLSNegotiationErrorCount", 2),
        ("TargetConnectionErrorCount", 4),
    ):
        assert found[name, "app/web/1"] == of_value(number), name


def test_a_network_balancer_tells_of_its_flows_even_when_there_are_none() -> None:
    found = told(node_counters({BLUE.arn: group_counters()}), is_network=True)
    assert {key for key in found if len(key) == 2} == {
        ("NewFlowCount", "app/web/1"),
        ("ActiveFlowCount", "app/web/1"),
        ("ProcessedBytes", "app/web/1"),
    }
    assert found["HealthyHostCount", "app/web/1", BLUE_END] == of_value(1)


def test_a_balancer_is_named_by_the_end_of_its_arn() -> None:
    node = LoadBalancerNode(
        subnet_id=SubnetId("subnet-1"), zone="us-east-1b", interface_id=ENI, address="10.0.0.4"
    )
    assert place_of(balancer(), node) == Place(
        load_balancer="app/web/0123456789abcdef", zone="us-east-1b"
    )
