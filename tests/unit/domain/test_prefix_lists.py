"""What rules that name prefix lists come to."""

from hostless.domain.arns import PrefixListId, Realm, SecurityGroupId, SecurityGroupRuleId
from hostless.domain.prefix_lists import (
    PrefixList,
    PrefixListEntry,
    aws_prefix_lists,
    rules_of_ranges,
)
from hostless.domain.security_groups import SecurityGroupRule

RULE = SecurityGroupRule(
    id=SecurityGroupRuleId("sgr-1"),
    group_id=SecurityGroupId("sg-1"),
    is_egress=True,
    protocol="tcp",
    from_port=1,
    to_port=2,
    prefix_list_id="pl-1",
)


def a_list(family: str, *versions: tuple[str, ...]) -> PrefixList:
    return PrefixList(
        id=PrefixListId("pl-1"),
        name="office",
        family="IPv6" if family == "IPv6" else "IPv4",
        most_entries=9,
        versions=tuple(
            tuple(PrefixListEntry(cidr_block=each) for each in version) for version in versions
        ),
    )


def test_a_rule_is_one_of_each_range_of_the_newest_version() -> None:
    lists = {"pl-1": a_list("IPv4", ("10.9.0.0/16",), ("10.1.0.0/16", "10.2.0.0/16"))}
    made = rules_of_ranges(RULE, lists)
    assert [each.cidr_ipv4 for each in made] == ["10.1.0.0/16", "10.2.0.0/16"]
    assert {(r.id, r.from_port, r.to_port, r.prefix_list_id) for r in made} == {
        ("sgr-1", 1, 2, None)
    }


def test_ranges_of_ipv6_are_rules_of_ipv6() -> None:
    made = rules_of_ranges(RULE, {"pl-1": a_list("IPv6", ("fd00::/8",))})
    assert [(each.cidr_ipv4, each.cidr_ipv6) for each in made] == [(None, "fd00::/8")]


def test_a_list_that_is_empty_or_not_known_lets_nothing_pass() -> None:
    assert rules_of_ranges(RULE, {"pl-1": a_list("IPv4", ())}) == ()
    assert rules_of_ranges(RULE, {}) == ()


def test_other_rules_are_themselves() -> None:
    plain = SecurityGroupRule(
        id=RULE.id, group_id=RULE.group_id, is_egress=False, protocol="-1", cidr_ipv4="0.0.0.0/0"
    )
    assert rules_of_ranges(plain, {}) == (plain,)


def test_lists_of_aws_have_the_names_of_the_region() -> None:
    names = {each.name for each in aws_prefix_lists(Realm(region="eu-west-1"))}
    assert "com.amazonaws.eu-west-1.s3" in names
