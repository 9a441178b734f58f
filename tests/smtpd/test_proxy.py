"""The PROXY protocol: what a balancer says about its client."""

from __future__ import annotations

import socket
import struct
from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bounced.smtpd import proxy

if TYPE_CHECKING:
    from conftest import House

_SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
_ADDRESSES = st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6))


def first(client: IPv4Address | IPv6Address) -> bytes:
    """Return a header of version 1."""
    return f"PROXY TCP{client.version} {client} {client} 4711 25\r\n".encode()


def second(client: IPv4Address | IPv6Address, more: bytes = b"", command: int = 0x21) -> bytes:
    """Return a header of version 2, with *more* behind the addresses."""
    addresses = client.packed * 2 + struct.pack("!HH", 4711, 25) + more
    family = 0x11 if client.version == 4 else 0x21
    return _SIGNATURE + bytes([command, family]) + struct.pack("!H", len(addresses)) + addresses


@given(client=_ADDRESSES, more=st.binary(max_size=300), behind=st.binary(max_size=50))
def test_what_is_written_is_read(
    client: IPv4Address | IPv6Address, more: bytes, behind: bytes
) -> None:
    """In both versions the client comes out, and what follows is left."""
    for sent in (first(client), second(client, more)):
        header = proxy.read(sent + behind)

        assert header == proxy.Header(client=str(client), length=len(sent))


@given(client=_ADDRESSES, more=st.binary(max_size=300))
def test_every_beginning_is_waited_for(client: IPv4Address | IPv6Address, more: bytes) -> None:
    """However a header is cut, nothing is decided before its last octet."""
    for sent in (first(client), second(client, more)):
        assert all(proxy.read(sent[:length]) is None for length in range(len(sent)))


@given(data=st.one_of(st.binary(max_size=200), st.binary(max_size=99).map(_SIGNATURE.__add__)))
@settings(max_examples=1000)
def test_whatever_comes(data: bytes) -> None:
    """Gives an address, or nothing yet, or is refused; an address is always one."""
    try:
        header = proxy.read(data)
    except proxy.NotProxyError:
        return
    if header and header.client:
        socket.getaddrinfo(header.client, 25, flags=socket.AI_NUMERICHOST)


@given(text=st.text("PROXY TCP46.:0123456789abcdef\r\n", max_size=120))
@settings(max_examples=1000)
def test_no_line_that_never_ends_is_waited_for(text: str) -> None:
    """107 octets decide in version 1."""
    try:
        header = proxy.read(f"PROXY {text}".encode().ljust(107, b"x"))
    except proxy.NotProxyError:
        return
    assert header


@pytest.mark.parametrize(
    "sent",
    [
        b"PROXY UNKNOWN\r\n",
        b"PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n",
        second(IPv4Address("192.0.2.1"), command=0x20),
        _SIGNATURE + b"\x21\x00\0\0",
        _SIGNATURE + b"\x21\x31\0\x02xx",
    ],
)
def test_a_balancer_that_speaks_for_itself(sent: bytes) -> None:
    """A health check, or a family that we don't know: the client is who is connected."""
    assert proxy.read(sent) == proxy.Header(client="", length=len(sent))


@pytest.mark.parametrize(
    "sent",
    [
        b"EHLO x\r\n",
        b"PROXY\r\n",
        b"PROXY TCP4 192.0.2.1\r\n",
        b"PROXY TCP4 2001:db8::1 2001:db8::2 1 2\r\n",
        b"PROXY TCP6 192.0.2.1 192.0.2.2 1 2\r\n",
        b"PROXY TCP4 192.0.2.1 evil\x1b 1 2\r\n",
        b"PROXY TCP4 192.0.2.1\0 192.0.2.2 1 2\r\n",
        b"PROXY TCP4 " + b"1" * 200,
        _SIGNATURE + b"\x11\x11\0\x0c" + b"x" * 12,
        _SIGNATURE + b"\x22\x11\0\x0c" + b"x" * 12,
        _SIGNATURE + b"\x21\x11\0\x0b" + b"x" * 11,
        _SIGNATURE + b"\x21\x11\xff\xff",
    ],
)
def test_what_is_no_header(sent: bytes) -> None:
    """Is refused, at once."""
    with pytest.raises(proxy.NotProxyError):
        proxy.read(sent)


@pytest.mark.parametrize("header", [first, second])
def test_the_client_behind_a_balancer(house: House, header: object) -> None:
    """The client's address is what is logged and limited; the banner comes behind the header."""
    assert callable(header)
    house.proxy = ("127.0.0.0/8",)
    house.settings["connections_per_client"] = 1

    async def talk(house: House) -> None:
        client = await house.connect()
        client.send(header(IPv6Address("2001:db8::1")))
        await client.greet()
        await client.deliver()
        assert house.writer.messages[0].peer == "2001:db8::1"

        other = await house.connect()
        other.send(header(IPv6Address("2001:db8::2")))
        assert (await other.rest()).startswith("421 4.7.0 Too many connections of yours")

        other = await house.connect()
        other.send(header(IPv4Address("192.0.2.1")) + b"EHLO x\r\n")
        assert (await other.reply()).startswith("220 ")

        await client.say("QUIT")
        await client.rest()
        other = await house.connect()
        other.send(header(IPv6Address("2001:db8::2")))
        assert (await other.reply()).startswith("220 ")

    house.run(talk)


def test_a_balancer_that_says_something_else(house: House) -> None:
    """Is hung up on without a word, and logged."""
    house.proxy = ("127.0.0.0/8",)

    async def talk(house: House) -> None:
        client = await house.connect()
        client.send(b"EHLO mail.example.com\r\n")

        assert await client.rest() == ""
        assert house.named("not_understood")[0]["protocol"] == "proxy"

    house.run(talk)


def test_nobody_else_is_believed(house: House) -> None:
    """Who is no balancer of the settings gets the banner, and PROXY is no command."""
    house.proxy = ("192.0.2.0/24",)

    async def talk(house: House) -> None:
        client = await house.connect()
        assert (await client.reply()).startswith("220 ")
        assert (await client.say("PROXY TCP4 192.0.2.1 192.0.2.2 1 2"))[:9] == "500 5.5.1"
        await client.say("EHLO x")
        await client.deliver()
        assert house.writer.messages[0].peer == "127.0.0.1"

    house.run(talk)
