"""Headers that an application load balancer adds, changes and takes away."""

from typing import Any

from tests.support.balancing import balancer, forward, group, listener

from hostless.balancer.local.headers import request_lines, response_lines, session_lines

BLUE = group("blue")
CLIENT = "X-Forwarded-For %[var(sess.client)]"


def asked(port: int = 80, protocol: str = "HTTP", **attributes: str) -> list[str]:
    of = {f"routing__http__{name}": value for name, value in attributes.items()}
    here = listener(forward(BLUE), port, protocol)
    return list(request_lines(balancer(**of), here))


def of_session(**attributes: str) -> list[str]:
    of = {f"routing__http__{name}": value for name, value in attributes.items()}
    return list(session_lines(balancer(**of)))


def answered(action: Any = None, **attributes: str) -> list[str]:
    of = {f"routing.http.response.{k.replace('__', '.')}": v for k, v in attributes.items()}
    return list(response_lines(balancer(), listener(action or forward(BLUE), attributes=of), ()))


def test_targets_are_told_who_asks_and_how() -> None:
    lines = asked()
    joined = "X-Forwarded-For '%[req.fhdr(X-Forwarded-For)], %[var(sess.client)]'"
    assert f"http-request set-header {joined} if {{ req.fhdr_cnt(X-Forwarded-For) eq 1 }}" in lines
    assert f"http-request add-header {CLIENT} if !{{ req.fhdr_cnt(X-Forwarded-For) eq 1 }}" in lines
    assert "http-request set-header X-Forwarded-Proto http" in lines
    assert "http-request set-header X-Forwarded-Port 80" in lines
    assert "http-request set-header X-Forwarded-Proto https" in asked(443, "HTTPS")


def test_who_asks_is_written_once_a_connection() -> None:
    assert of_session() == ["tcp-request session set-var(sess.client) src"]
    assert of_session(xff_client_port__enabled="true") == [
        "tcp-request session set-var(sess.port) src_port",
        "tcp-request session set-var(sess.client) src,concat(:,sess.port)",
    ]
    assert of_session(xff_header_processing__mode="preserve") == []


def test_connections_are_asked_for_their_age_only_where_their_lifetime_was_changed() -> None:
    assert not any("sess.since" in line for line in asked())
    of = balancer(client_keep_alive__seconds="60")
    assert any("sess.since" in line for line in request_lines(of, listener(forward(BLUE))))
    assert any(
        "sess.since) ge 60" in line for line in response_lines(of, listener(forward(BLUE)), ())
    )


def test_what_the_client_says_of_it_may_be_kept_or_taken_away() -> None:
    kept = asked(xff_header_processing__mode="preserve")
    assert not any("X-Forwarded-For" in line for line in kept)
    removed = asked(xff_header_processing__mode="remove")
    assert [line for line in removed if "X-Forwarded-For" in line] == [
        "http-request del-header X-Forwarded-For"
    ]


def test_a_port_that_is_not_well_known_is_told_with_the_host_unless_it_is_to_be_kept() -> None:
    told = "http-request set-header Host '%[req.hdr(host)]:8080' if !{ req.hdr(host) -m sub : }"
    assert told in asked(8080)
    assert told not in asked(8080, preserve_host_header__enabled="true")
    assert not any("Host" in line for line in asked(80))


def test_headers_with_strange_names_are_dropped_only_if_they_are_to_be() -> None:
    dropped = "http-request del-header '[^A-Za-z0-9-]' -m reg"
    assert dropped in asked(drop_invalid_header_fields__enabled="true")
    assert dropped not in asked()


def test_targets_may_be_told_how_the_client_speaks_tls() -> None:
    lines = asked(443, "HTTPS", x_amzn_tls_version_and_cipher_suite__enabled="true")
    assert "http-request set-header 'X-Amzn-Tls-Version' %[ssl_fc_protocol]" in lines
    assert "http-request set-header 'X-Amzn-Tls-Cipher-Suite' %[ssl_fc_cipher]" in lines
    assert not any("Tls" in line for line in asked(443, "HTTPS"))


def test_headers_of_answers_are_as_the_listener_has_them() -> None:
    lines = answered(x_frame_options__header_value="DENY '100%'")
    assert lines == ["http-response set-header x-frame-options 'DENY '\\''100%%'\\'''"]


def test_the_server_header_can_be_left_out() -> None:
    assert answered(server__enabled="false") == ["http-after-response del-header Server"]
    assert answered() == []


def test_a_client_that_stays_with_a_group_is_told_so() -> None:
    lines = answered(forward(BLUE, group("green"), stays=60))
    assert "AWSALBTG=%[var(txn.group)]; Max-Age=%[var(txn.stays)]; Path=/'" in lines[0]
    assert "AWSALBTGCORS=" in lines[1]
    assert "; SameSite=None; Secure'" in lines[1]
