"""HAProxy accepts every configuration that a plan can become, whatever the users' texts are."""

import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.support.balancing import (
    CERTIFICATE,
    CHECK,
    balancer,
    certificate_files,
    forward,
    group,
    listener,
    plan_of,
    rule,
    target,
)

from hostless.balancer.local import process
from hostless.balancer.local.configuration import STATE, configuration_of
from hostless.balancer.local.servers import sorted_targets
from hostless.balancer.seam import NodePlan
from hostless.domain.listeners import Action, Condition, FixedResponse, QueryPair, Redirect
from hostless.domain.routing_rules import conditions_refusal, redirect_refusal
from hostless.domain.ssl_policies import SSL_POLICIES
from hostless.domain.target_groups import RecordedHealth, TargetGroup

pytestmark = pytest.mark.root
_PATH = "aZ0_-.$/~\"'@:+&*?,;=!%()[]#\\"
_CHECKED = "aZ09-._~:/?#[]@!$&'()*+,;=%"
_ASCII = "".join(map(chr, range(32, 127)))
_HEADER = "!#$%&'*+-.^_`|~09AZaz"
_COOKIE = "!#$%&'*+-.09AZ^_`az|~"
SEEDS = range(12)


class Dice:
    """Plans that the API lets through, drawn by a seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def text(self, alphabet: str, most: int = 12) -> str:
        return "".join(self.random.choices(alphabet, k=self.random.randint(1, most)))

    def condition(self) -> Condition:
        draw = self.random.choice
        made = draw(
            [
                Condition(field="host-header", values=(self.text("aZ0-.*?_"),)),
                Condition(field="path-pattern", values=(self.text(_PATH), self.text(_PATH))),
                Condition(
                    field="http-header",
                    header_name=self.text(_HEADER),
                    values=(self.text(_ASCII),),
                ),
                Condition(field="http-request-method", values=(self.text("AZ-_"), "GET")),
                Condition(
                    field="query-string",
                    pairs=(
                        QueryPair(key=self.text(_ASCII), value=self.text(_ASCII)),
                        QueryPair(value=self.text(_ASCII)),
                    ),
                ),
                Condition(field="source-ip", values=("10.0.0.0/8", "2001:db8::/32")),
            ]
        )
        return made if conditions_refusal([made]) is None else self.condition()

    def redirect(self) -> Redirect:
        made = Redirect(
            protocol=self.random.choice(["HTTPS", "#{protocol}"]),
            host=self.random.choice(["#{host}", self.text(_ASCII)]),
            path=f"/{self.text(_ASCII)}#{{path}}",
            query=self.random.choice(["", "#{query}", self.text(_ASCII)]),
            status_code=self.random.choice(["HTTP_301", "HTTP_302"]),
        )
        return made if redirect_refusal(made, "HTTP") is None else self.redirect()

    def action(self, groups: list[TargetGroup]) -> Action:
        some = self.random.sample(groups, self.random.randint(1, len(groups)))
        weights = [self.random.choice([0, 1, 999]) for _ in some]
        code = str(self.random.choice([200, 204, 302, 404, 429, 503, 599]))
        return self.random.choice(
            [
                forward(*some, weights=weights, stays=self.random.choice([None, 60])),
                Action(redirect=self.redirect()),
                Action(
                    fixed_response=FixedResponse(
                        status_code=code,
                        content_type=self.random.choice([None, "text/html"]),
                        message_body=self.random.choice([None, "", self.text(_ASCII + "\n", 99)]),
                    )
                ),
            ]
        )

    def group(self, number: int, *, is_network: bool) -> TargetGroup:
        draw = self.random.choice
        by = draw(["HTTP", "HTTPS", *(["TCP"] if is_network else [])])
        check = replace(
            CHECK,
            protocol=by,
            port=draw(["traffic-port", "81"]),
            path=None if by == "TCP" else f"/{self.text(_CHECKED)}",
            codes=None if by == "TCP" else "200,301-302",
        )
        attributes: dict[str, str] = {"stickiness.enabled": draw(["true", "false"])}
        version = None
        if is_network:
            attributes["proxy_protocol_v2.enabled"] = draw(["true", "false"])
            protocol = draw(["TCP", "TLS"])
        else:
            protocol = draw(["HTTP", "HTTPS"])
            version = draw(["HTTP1", "HTTP2", "GRPC"])
            attributes["stickiness.type"] = draw(["lb_cookie", "app_cookie"])
            attributes["stickiness.app_cookie.cookie_name"] = self.text(_COOKIE)
            attributes["slow_start.duration_seconds"] = draw(["0", "30"])
            if version == "GRPC":
                check = replace(check, codes=draw(["0-99", "12"]))
        return group(
            f"g{number}",
            protocol=protocol,
            protocol_version=version,
            health_check=check,
            attributes=attributes,
        )

    def plan(self) -> NodePlan:
        draw = self.random.choice
        is_network = self.random.random() < 0.3
        groups = [self.group(number, is_network=is_network) for number in range(3)]
        protocols = ["TCP", "TLS"] if is_network else ["HTTP", "HTTPS"]
        listeners, rules = [], []
        for port in (80, 443, 8080):
            protocol = draw(protocols)
            action = forward(draw(groups)) if is_network else self.action(groups)
            here = listener(action, port, protocol, ssl_policy=draw([None, *SSL_POLICIES]))
            if not is_network:
                rules += [
                    rule(here, number, self.action(groups), self.condition(), self.condition())
                    for number in range(1, draw([1, 5]))
                ]
                said = {
                    "routing.http.response.x_frame_options.header_value": self.text(_ASCII),
                    "routing.http.response.server.enabled": draw(["true", "false"]),
                }
                here = replace(here, attributes=said)
            listeners.append(here)
        return plan_of(
            balancer("network" if is_network else "application", **self.attributes(is_network)),
            listeners,
            rules=rules,
            groups=groups,
            targets={each.name: list(self.targets(each)) for each in groups},
            certificates={CERTIFICATE: certificate_files("one.example")},
        )

    def attributes(self, is_network: bool) -> dict[str, str]:
        flags = (
            "drop_invalid_header_fields",
            "preserve_host_header",
            "x_amzn_tls_version_and_cipher_suite",
            "xff_client_port",
        )
        draw = self.random.choice
        found = {f"routing__http__{each}__enabled": draw(["true", "false"]) for each in flags}
        mode = draw(["append", "preserve", "remove"])
        logs = {"access_logs__s3__enabled": draw(["true", "false"])}
        if is_network:
            return logs
        return {**found, **logs, "routing__http__xff_header_processing__mode": mode}

    def targets(self, of: TargetGroup) -> Any:
        healthy = RecordedHealth(state="healthy", since=0.0)
        for number in range(self.random.randint(0, 3)):
            health, since = self.random.choice([healthy, None]), self.random.choice([None, 1.0])
            yield target(of, f"10.0.0.{number + 5}", health=health, drains_since=since)


@pytest.mark.parametrize("seed", SEEDS)
async def test_whatever_a_plan_says_haproxy_accepts_it(seed: int, tmp_path: Path) -> None:
    plan = Dice(seed).plan()
    made = configuration_of(plan, sorted_targets(plan, ()))
    for name, text in {**made.files, process.CONFIGURATION: made.text, STATE: "1\n"}.items():
        (tmp_path / name).write_text(text)
    await process.check(tmp_path, process.CONFIGURATION)
    assert (tmp_path / process.SAID_FILE).read_text() == "Configuration file is valid\n", (
        "not even a warning"
    )
