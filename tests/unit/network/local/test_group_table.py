"""Changes of the table of security groups are as small as they can be."""

from dataclasses import replace

from tests.support.security_groups import group_id, policies, rule

from hostless.domain.arns import NetworkInterfaceId, VpcId
from hostless.network.local.group_rules import bundle_chain_of, bundle_of, ruleset_of
from hostless.network.local.group_table import Member, change_of

VPC = VpcId("vpc-1")
ONE, TWO = group_id(1), group_id(2)
BUNDLES = [bundle_of((ONE,)), bundle_of((ONE, TWO))]
RULES = [rule(1, cidr="10.0.0.0/8"), rule(2, of_group=1, is_egress=True)]
BEFORE = ruleset_of(policies(VPC, RULES), BUNDLES)
MEMBER = Member(
    interface_id=NetworkInterfaceId("eni-1"), address="10.0.0.9", bundle=bundle_of((ONE,))
)


def test_nothing_changed_is_no_transaction() -> None:
    assert change_of(BEFORE, ruleset_of(policies(VPC, RULES[::-1]), BUNDLES)) == ""


def test_one_rule_more_touches_its_chain_only() -> None:
    more = rule(1, protocol="tcp", ports=(22, 22), of_group=2)
    change = change_of(BEFORE, ruleset_of(policies(VPC, [*RULES, more]), BUNDLES))
    assert {line.split()[4] for line in change.split("\n")} == {f"{ONE}-in"}
    assert change.split("\n")[0] == f"flush chain inet vpc {ONE}-in"


def test_an_interface_more_or_less_touches_elements_only() -> None:
    coming = change_of(BEFORE, BEFORE, coming=[MEMBER]).split("\n")
    assert {line.split()[1] for line in coming} == {"element"}
    assert {line.split()[4] for line in coming} == {ONE, "senders", "receivers"}
    leaving = change_of(BEFORE, BEFORE, leaving=[MEMBER]).split("\n")
    assert leaving == [
        f"delete element inet vpc {name} {{ 10.0.0.9 }}" for name in ("senders", "receivers", ONE)
    ]


def test_a_public_address_comes_and_goes_with_its_interface() -> None:
    public = replace(MEMBER, public_address="198.18.8.9")
    coming = change_of(BEFORE, BEFORE, coming=[public]).split("\n")
    assert coming[-2:] == [
        "add element inet vpc public_of { 10.0.0.9 : 198.18.8.9 }",
        "add element inet vpc private_of { 198.18.8.9 : 10.0.0.9 }",
    ]
    leaving = change_of(BEFORE, BEFORE, leaving=[public]).split("\n")
    assert leaving[-2:] == [
        "delete element inet vpc public_of { 10.0.0.9 }",
        "delete element inet vpc private_of { 198.18.8.9 }",
    ]


def test_an_address_of_ipv6_comes_and_goes_with_its_interface() -> None:
    dual = replace(MEMBER, ipv6_address="2001:db8::9")
    coming = change_of(BEFORE, BEFORE, coming=[dual]).split("\n")
    chain = bundle_chain_of(dual.bundle, "out")
    assert coming[3:5] == [
        f"add element inet vpc {ONE}-ipv6 {{ 2001:db8::9 }}",
        f"add element inet vpc senders-ipv6 {{ 2001:db8::9 : jump {chain} }}",
    ]
    assert len(coming) == 6
    leaving = change_of(BEFORE, BEFORE, leaving=[dual]).split("\n")
    assert leaving[3:] == [
        f"delete element inet vpc {name}-ipv6 {{ 2001:db8::9 }}"
        for name in ("senders", "receivers", ONE)
    ]


def test_a_group_that_is_gone_goes_after_all_that_names_it() -> None:
    after = ruleset_of(policies(VPC, RULES[:1]), BUNDLES[:1])
    change = change_of(BEFORE, after).split("\n")
    assert change[-2:] == [
        f"delete set inet vpc {TWO}",
        f"delete set inet vpc {TWO}-ipv6",
    ]
    deleted = [n for n, line in enumerate(change) if line.startswith("delete chain")]
    flushed = [n for n, line in enumerate(change) if line.startswith("flush chain")]
    assert len(deleted) == 4
    assert max(flushed) < min(deleted)
