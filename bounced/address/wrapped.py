"""What other programs have put around a bounce address: BATV tags, and SRS of forwarders.

BATV: draft-levine-smtp-batv-01 §4 (``prvs=1234abcdef=user@example.org``), Barracuda's ``btv1==``.
SRS: http://www.libsrs2.net/srs/srs.pdf (``SRS0=hash=time=example.org=user@forwarder.example``).
Their own signatures are none of our business; nothing here is believed, only read.
"""

from __future__ import annotations

import re
from typing import Final

_BATV: Final = re.compile(r"(?:btv1==|prvs=)[0-9a-z]{4,20}(?:==|=)(?=\S)", re.IGNORECASE)
_SRS0: Final = re.compile(r"SRS0[=+-][^=@]{1,64}=[^=@]{1,16}=([^=@]{1,255})=(.+)", re.IGNORECASE)
_SRS1: Final = re.compile(r"SRS1[=+-][^=@]{1,64}=[^=@]{1,255}=([=+-].+)", re.IGNORECASE)
_MAX_LAYERS: Final = 8


def unwrap(path: str) -> str:
    """Return the address inside all BATV tags and SRS rewritings of *path*; never raises.

    What is wrapped in nothing comes back as it is, without brackets and spaces around it.
    """
    address = path.strip("<> \t\r\n")
    for _ in range(_MAX_LAYERS):
        inner = _inside(address)
        if inner is None:
            break
        address = inner
    return address


def untagged(path: str) -> str:
    """Return *path* without a BATV tag: the mailbox that the tag stands in front of."""
    local, at, domain = path.rpartition("@")
    return f"{_BATV.sub('', local, count=1)}{at}{domain}" if _BATV.match(local) else path


def _inside(address: str) -> str | None:
    local, at, _ = address.rpartition("@")
    if not at:
        return None
    if (plain := untagged(address)) != address:
        return plain
    if found := _SRS1.fullmatch(local):
        local = f"SRS0{found[1]}"
    found = _SRS0.fullmatch(local)
    return f"{found[2]}@{found[1]}" if found else None
