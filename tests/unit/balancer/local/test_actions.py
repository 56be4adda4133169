"""Actions of rules as lines of a frontend."""

from tests.support.balancing import forward, group, listener, rule

from hostless.balancer.local.actions import action_lines, is_plain, rule_lines
from hostless.balancer.local.words import group_name_of
from hostless.domain.listeners import Action, Condition, FixedResponse, Redirect

BLUE, GREEN = group("blue"), group("green")
NAMES = [group_name_of(each.arn) for each in (BLUE, GREEN)]
OLD = Condition(field="path-pattern", values=("/old",))


def lines_of(action: Action) -> tuple[list[str], dict[str, str]]:
    files: dict[str, str] = {}
    return list(action_lines(listener(action), (), files)), files


def redirected(**parts: str) -> list[str]:
    return lines_of(Action(redirect=Redirect(status_code="HTTP_302", **parts)))[0]


def test_the_first_rule_that_applies_is_kept() -> None:
    here = listener(forward(BLUE))
    rules = (rule(here, 1, forward(BLUE), OLD), rule(here, 7, forward(GREEN), OLD, OLD))
    found = [line for line in rule_lines(rules) if not line.startswith("acl")]
    is_open = "!{ var(txn.rule) -m found }"
    assert found == [
        f"http-request set-var(txn.rule) str(rule1) if {is_open} rule1-0",
        f"http-request set-var(txn.rule) str(rule7) if {is_open} rule7-0 rule7-1",
        f"http-request set-var(txn.rule) str(default) if {is_open}",
    ]


def test_a_body_is_a_file_whatever_is_in_it() -> None:
    answer = FixedResponse(
        status_code="418", content_type="text/html", message_body="it's 100%\n# {x}"
    )
    (line,), files = lines_of(Action(fixed_response=answer))
    assert files == {"body-0": "it's 100%\n# {x}"}
    assert "status 418 hdr Server awselb/2.0 content-type 'text/html' file body-0" in line


def test_an_answer_may_have_no_body() -> None:
    (line,), files = lines_of(Action(fixed_response=FixedResponse(status_code="204")))
    assert not files
    assert "content-type" not in line


def test_a_redirect_without_a_query_leaves_the_question_mark_out() -> None:
    with_query, without = redirected(protocol="HTTPS", port="443")
    place = "https://%[req.hdr(host),field(1,:)]:443/%[path,regsub(^/,)]"
    assert f"'{place}?%[query]' code 302" in with_query
    assert "{ query -m len gt 0 }" in with_query
    assert f"'{place}' code 302" in without


def test_a_redirect_may_have_a_query_of_its_own() -> None:
    (line,) = redirected(host="other.example", path="/#{path}/x", query="was=#{host}&a=1%20'")
    assert "://other.example:%[var(txn.port)]/%[path,regsub(^/,)]/x?" in line
    assert "was=%[req.hdr(host),field(1,:)]&a=1%%20'\\''" in line
    (line,) = redirected(query="")
    assert "?" not in line


def test_words_that_look_like_ours_stay_the_users() -> None:
    (line,) = redirected(host="h", path="/%[src]", query="")
    assert "/%%[src]" in line


def test_groups_are_drawn_by_their_weights() -> None:
    lines, _ = lines_of(forward(BLUE, GREEN, weights=(3, 1)))
    assert "set-var(txn.draw) rand(4)" in lines[0]
    assert f"str({NAMES[0]})" in lines[1]
    assert lines[1].endswith("{ var(txn.draw) -m int lt 3 }")
    assert f"str({NAMES[1]})" in lines[2]
    assert lines[2].endswith("{ var(txn.draw) -m int lt 4 }")


def test_a_group_without_weight_is_never_drawn() -> None:
    lines, _ = lines_of(forward(BLUE, GREEN, weights=(0, 5)))
    assert not any(NAMES[0] in line for line in lines)
    assert lines_of(forward(BLUE, GREEN, weights=(0, 0)))[0] == []
    assert lines_of(forward(BLUE, weights=(0,)))[0] == []


def test_a_client_stays_with_the_group_that_its_cookie_names() -> None:
    lines, _ = lines_of(forward(BLUE, GREEN, stays=60))
    assert "set-var(txn.stays) int(60)" in lines[0]
    assert f"{{ req.cook(AWSALBTG) -m str {NAMES[0]} }}" in lines[1]
    assert f"{{ req.cook(AWSALBTG) -m str {NAMES[1]} }}" in lines[2]


def test_one_group_alone_is_plain_unless_it_has_no_weight() -> None:
    assert is_plain(forward(BLUE))
    assert not is_plain(forward(BLUE, weights=(0,)))
    assert not is_plain(forward(BLUE, GREEN))
    assert not is_plain(Action(fixed_response=FixedResponse(status_code="200")))
