"""The PROXY protocol, versions 1 and 2: a balancer tells whose connection it hands on.

https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt.  Sans-IO: octets in, an address out.
Only what a balancer that was configured sends is ever read here; it names the client before a word
of SMTP.  Addresses are read by ``ipaddress``, so that nothing but an address comes out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import Final

_SIGNATURE: Final = b"\r\n\r\n\0\r\nQUIT\n"
_FIRST: Final = b"PROXY "
_LINE = re.compile(
    rb"PROXY (?:UNKNOWN(?: [\x20-\x7e]*)?|(TCP[46]) (\S+) (\S+) ([0-9]{1,5}) ([0-9]{1,5}))\r\n"
)
_LONGEST_LINE: Final = 107  # octets, with its end
_LONGEST: Final = 4096  # of version 2, with all that it may tell beside the addresses
_HEAD: Final = 16
_LOCAL, _PROXY = 0x20, 0x21
_FAMILIES: Final = {1: (IPv4Address, 4), 2: (IPv6Address, 16)}  # by the high half of an octet


class NotProxyError(ValueError):
    """What came is no header, or none that ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What was read: ``client`` is ``""`` where the balancer speaks for itself or does not say."""

    client: str
    length: int  # of the header, in octets


def read(data: bytes) -> Header | None:
    """Read the header at the start of *data*; ``None`` while its end has not come.

    Raises :class:`NotProxyError`.
    """
    if data.startswith(_SIGNATURE[: len(data)]):
        return _second(data)
    if data.startswith(_FIRST[: len(data)]):
        return _first(data)
    raise NotProxyError


def _first(data: bytes) -> Header | None:
    end = data.find(b"\r\n", 0, _LONGEST_LINE)
    if end < 0:
        if len(data) >= _LONGEST_LINE:
            raise NotProxyError
        return None
    line = _LINE.fullmatch(data[: end + 2])
    if not line:
        raise NotProxyError
    client = ""
    if line[1]:
        try:
            family = IPv4Address if line[1] == b"TCP4" else IPv6Address
            client, _ = (str(family(line[number].decode("ascii"))) for number in (2, 3))
        except ValueError as error:
            raise NotProxyError from error
    return Header(client=client, length=end + 2)


def _second(data: bytes) -> Header | None:
    if len(data) < _HEAD:
        return None
    command, family = data[12], data[13] >> 4
    length = _HEAD + int.from_bytes(data[14:_HEAD], "big")
    if command not in (_LOCAL, _PROXY) or length > _LONGEST:
        raise NotProxyError
    if len(data) < length:
        return None
    client = ""
    if command == _PROXY and family in _FAMILIES:
        address, size = _FAMILIES[family]
        if length < _HEAD + 2 * size + 4:
            raise NotProxyError
        client = str(address(data[_HEAD : _HEAD + size]))
    return Header(client=client, length=length)
