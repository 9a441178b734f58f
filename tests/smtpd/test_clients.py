"""Counting clients: what is one client, and how much of us it may have."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bounced.smtpd.clients import Clients


def _clients(**limits: int) -> Clients:
    return Clients(**{"connections": 2, "messages": 2} | limits, exempt=["192.0.2.128/25", "::1"])


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("192.0.2.1", "::ffff:192.0.2.1", True),
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
        ("fe80::1%eth0", "fe80::2%eth1", True),
    ],
)
def test_who_is_one_client(one: str, other: str, same: bool) -> None:  # noqa: FBT001 - pytest's
    """One IPv4 address, also in IPv6 clothes; or the 64 bits that one IPv6 subscriber has."""
    clients = _clients()

    assert same == (clients.network(one) == clients.network(other))
    assert clients.network(one) is not None


@pytest.mark.parametrize("peer", ["192.0.2.200", "::1", "", "no address"])
def test_who_is_not_counted(peer: str) -> None:
    """Networks that are exempt, and a unix socket, which has no address."""
    clients = _clients()

    assert clients.network(peer) is None
    assert all(clients.enter(None) and clients.message(None, 0.0) for _ in range(9))
    clients.leave(None)
    assert clients.known == 0


def test_who_leaves_makes_room() -> None:
    """The limit is for connections at a time; what another client does is no matter."""
    clients = _clients()
    here, there = clients.network("192.0.2.1"), clients.network("192.0.2.2")

    assert [clients.enter(here) for _ in range(3)] == [True, True, False]
    assert clients.enter(there)
    clients.leave(here)
    assert clients.enter(here)


def test_messages_in_a_minute() -> None:
    """As many as may be; a minute later as many again."""
    clients = _clients()
    here = clients.network("192.0.2.1")

    assert [clients.message(here, 1000.0 + second) for second in (0, 30, 59)] == [True, True, False]
    assert clients.message(here, 1060.0)


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), max_size=60))
def test_nothing_is_remembered_of_who_has_left(steps: list[tuple[int, bool]]) -> None:
    """However they come and go, the count of each is right, and who is gone takes no memory."""
    clients, inside = _clients(connections=3), dict.fromkeys(range(6), 0)
    for number, coming in steps:
        network = clients.network(f"2001:db8:0:{number}::1")
        if coming:
            assert clients.enter(network) == (inside[number] < 3)
            inside[number] = min(3, inside[number] + 1)
        elif inside[number]:
            clients.leave(network)
            inside[number] -= 1

    assert clients.known == sum(bool(count) for count in inside.values())
