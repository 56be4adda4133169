"""The host's side of the network, as far as it is decided without the host."""

from hostless.network.local.egress import forwarding_blockers_in


def chain(name: str, **more: str) -> dict[str, dict[str, str]]:
    return {"chain": {"family": "ip", "table": "filter", "name": name, **more}}


def test_a_chain_that_forbids_forwarding_is_named() -> None:
    closed = chain("FORWARD", hook="forward", policy="drop")
    harmless = [chain("INPUT", hook="input", policy="drop"), chain("x"), {"metainfo": {}}]
    open_one = chain("FORWARD", hook="forward", policy="accept")
    assert forwarding_blockers_in([closed, *harmless]) == ["the chain ip filter FORWARD"]
    assert forwarding_blockers_in([open_one, *harmless]) == []


def test_docker_is_no_obstacle() -> None:
    closed = chain("FORWARD", hook="forward", policy="drop")
    assert forwarding_blockers_in([closed, chain("DOCKER-USER")]) == []
