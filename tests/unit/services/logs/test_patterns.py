"""Filter patterns: the examples of the CloudWatch Logs user guide, and what is refused."""

import json

import pytest

from hostless.domain.errors import ApiError
from hostless.services.logs.patterns.compiling import compiled
from hostless.services.logs.patterns.errors import BadPattern

TRAIL = json.dumps(
    {
        "eventType": "UpdateTrail",
        "sourceIPAddress": "111.111.111.111",
        "arrayKey": ["value", "another value"],
        "objectList": [{"name": "a", "id": 1}, {"name": "b", "id": 2}],
        "SomeObject": None,
        "ThisFlag": True,
        "latency": 55.5,
        "errorCode": 400,
        "detail-type": "x",
        "cluster.name": "c",
        "text": 'say "hi"',
    }
)
USERS = json.dumps(
    {
        "user": {"id": 1, "email": "John.Stiles@example.com"},
        "users": [
            {"id": 2, "email": "John.Doe@example.com"},
            {"id": 3, "email": "Jane.Doe@example.com"},
        ],
        "actions": ["GET", "PUT", "DELETE"],
        "coordinates": [[0, 1, 2], [4, 5, 6], [7, 8, 9]],
    }
)
APACHE = [
    '127.0.0.1 - frank [10/Oct/2000:13:25:15 -0700] "GET /apache_pb.gif HTTP/1.0" 200 1534',
    '127.0.0.1 - frank [10/Oct/2000:13:35:22 -0700] "GET /apache_pb.gif HTTP/1.0" 500 5324',
    '127.0.0.1 - frank [10/Oct/2000:13:50:35 -0700] "GET /index.html HTTP/1.0" 404 355',
]
WORDS = ["ERROR WARN message", "ERROR message", "WARN message"]


def matches(pattern: str, message: str) -> bool:
    test = compiled(pattern)
    return test is None or test(message)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("", [0, 1, 2]),
        ("ERROR", [0, 1]),
        ("?ERROR ?WARN", [0, 1, 2]),
        ('?"ERROR" ?"WARN"', [0, 1, 2]),
        ("ERROR WARN", [0]),
        ("ERROR -WARN", [1]),
        ('"ERROR" -"WARN"', [1]),
        ("-WARN", [1]),
        ("error", []),
        ('"ERROR message"', [1]),
        ("ERR", [0, 1]),
        ("?WARN ERROR", [0, 1]),
        ("%^ERROR [A-Z]+ %", "BadPattern"),
        ("%^ERROR%", [0, 1]),
        ("%WARN|FATAL%", [0, 2]),
        (r"%\bW\w+N\b%", [0, 2]),
        ("[w1=ERROR, w2]", [1]),
        ("[w1=ERROR || w1=WARN, w2]", [1, 2]),
        ("[w1!=ERROR&&w1!=WARN, w2]", []),
        ("[w1=%ERR.*%, ...]", [0, 1]),
    ],
)
def test_examples_on_words(pattern: str, expected: object) -> None:
    if expected == "BadPattern":
        with pytest.raises(BadPattern):
            compiled(pattern)
        return
    assert [n for n, message in enumerate(WORDS) if matches(pattern, message)] == expected


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("[ip, user, username, timestamp, request, status_code, bytes]", [0, 1, 2]),
        ("[ip, user, username, timestamp, request, status_code]", []),
        ("[..., status_code, bytes]", [0, 1, 2]),
        ("[ip, user, ..., status_code, bytes]", [0, 1, 2]),
        ("[ip, user, ...]", [0, 1, 2]),
        ("[ip, user, username, timestamp, request, status_code, bytes > 1000]", [0, 1]),
        ("[ip, user, username, timestamp, request, status_code = 200, bytes]", [0]),
        ("[ip, user, username, timestamp, request, status_code = 4*, bytes]", [2]),
        ("[ip, user, username, timestamp, request = *html*, status_code = 4*, bytes]", [2]),
        ("[..., request=*.html*, status_code=4*,]", [2]),
        ("[ip, user, id, timestamp, request, status_code = 404 || status_code = 500, b]", [1, 2]),
        ("[ip, user, id, timestamp, request, status_code != 200 && status_code != 4*, b]", [1]),
        ('[ip = "127.0.0.1", ...]', [0, 1, 2]),
        ("[ip, user, username, timestamp = 10/Oct/2000*, ...]", [0, 1, 2]),
    ],
)
def test_examples_on_fields(pattern: str, expected: list[int]) -> None:
    assert [n for n, message in enumerate(APACHE) if matches(pattern, message)] == expected


@pytest.mark.parametrize(
    "pattern",
    [
        '{ $.eventType = "UpdateTrail" }',
        "{$.eventType=UpdateTrail}",
        "{ $.sourceIPAddress != 123.123.* }",
        "{ $.sourceIPAddress = 111.111.* }",
        r"{ $.sourceIPAddress = %111\.\d+% }",
        '{ $.arrayKey[0] = "value" }',
        '{ $.arrayKey[*] = "another value" }',
        "{ $.objectList[1].id = 2 }",
        "{ $.SomeObject IS NULL }",
        "{ $.SomeOtherObject NOT EXISTS }",
        "{ $.ThisFlag IS TRUE }",
        "{ $.latency >= 5.5e1 }",
        "{ $.latency < +1000 }",
        "{ $.errorCode = 400 }",
        "{ $.errorCode != 500 }",
        "{ $.errorCode = 4* }",
        "{ $.latency = * }",
        '{ $.eventType = "*Trail" && $.eventType = "Update*" && $.eventType != "Up*ail" }',
        "{ $.detail-type = x }",
        "{ $.['cluster.name'] = c }",
        r'{ $.text = "say \"hi\"" }',
    ],
)
def test_examples_on_json_that_match(pattern: str) -> None:
    assert matches(pattern, TRAIL)


@pytest.mark.parametrize(
    "pattern",
    [
        '{ $.eventType = "updatetrail" }',
        "{ $.arrayKey = value }",
        "{ $.arrayKey != value }",
        "{ $.nothing != 1 }",
        "{ $.SomeObject = * }",
        "{ $.ThisFlag IS FALSE }",
        "{ $.eventType IS NULL }",
        "{ $.eventType NOT EXISTS }",
        "{ $.eventType > 3 }",
        "{ $.latency > 55.5 }",
    ],
)
def test_examples_on_json_that_do_not_match(pattern: str) -> None:
    assert not matches(pattern, TRAIL)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ('{ ($.user.id = 1) && ($.users[0].email = "John.Doe@example.com") }', True),
        ('{ ($.user.id = 2 && $.users[0].email = "nonmatch") || $.actions[2] = "GET" }', False),
        (
            '{ $.user.email = "John.Stiles@example.com" || $.coordinates[0][1] = nonmatch '
            "&& $.actions[2] = nomatch }",
            True,
        ),
        (
            '{ ($.user.email = "John.Stiles@example.com" || $.coordinates[0][1] = nonmatch) '
            "&& $.actions[2] = nomatch }",
            False,
        ),
        ("{ $.coordinates[1][2] = 6 }", True),
    ],
)
def test_compound_examples(pattern: str, expected: bool) -> None:
    assert matches(pattern, USERS) is expected


def test_what_is_no_json_matches_no_json_pattern() -> None:
    assert not matches("{ $.a NOT EXISTS }", "plain text")
    assert not matches("{ $.a NOT EXISTS }", "12")
    assert matches("{ $[0].a = 1 }", '[{"a": 1}]')


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("?Status: timeout", "Invalid character(s) in term ':'"),
        ("a\\b", "Invalid character(s) in term '\\'"),
        ('{ $."detail-type" = x }', "Invalid character(s) in term '$.\"'"),
        ("{ $.a = 1", "If a filter pattern starts with '{' it must end with '}'"),
        ("[a, b", "If a filter pattern starts with '[' it must end with ']'"),
        ("%(a)%", "Invalid character(s) in term '('"),
        ("{ }", "Invalid filter pattern"),
        ("{ $.a }", "Invalid filter pattern"),
        ("{ $.a = }", "Invalid filter pattern"),
        ("{ ($.a = 1 }", "Invalid filter pattern"),
        ("{ $.a > x }", "Invalid filter pattern"),
        ("{ $.a IS MAYBE }", "Invalid filter pattern"),
        ("{ $.a = 1 $.b = 2 }", "Invalid filter pattern"),
        ('"open', "Invalid filter pattern"),
        ("[..., a, ...]", "Invalid filter pattern"),
        ("[a = ]", "Invalid filter pattern"),
        ("%[%", "Invalid filter pattern"),
        ("{ " + "(" * 60 + "$.a = 1" + ")" * 60 + " }", "Invalid filter pattern"),
    ],
)
def test_bad_patterns_are_refused_in_awss_words(pattern: str, message: str) -> None:
    with pytest.raises(ApiError) as refusal:
        compiled(pattern)
    assert (refusal.value.code, refusal.value.message) == ("InvalidParameterException", message)


def test_an_expression_that_takes_for_ever_is_given_up() -> None:
    test = compiled("%a.*a.*a.*a.*a.*a.*a.*a.*b$%")
    assert test is not None
    with pytest.raises(BadPattern, match="too long"):
        test("a" * 20_000)
