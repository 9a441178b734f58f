"""The arguments of MAIL and RCPT, as senders really write them.  RFC 5321 §4.1.2, §4.1.1.11.

Takes parameters of every name, known or not (Microsoft 365 sends ``AUTH=<>`` and ``XOORG=`` to
servers that offer neither), a path without brackets, spaces where none belong; refuses only what
can't be kept: no path at all, an open bracket, control characters, bytes that are no UTF-8.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

# SIZE: RFC 1870; BODY: RFC 6152; SMTPUTF8: RFC 6531; AUTH: RFC 4954; RET, ENVID, NOTIFY, ORCPT:
# RFC 3461.  A name is as RFC 5321 §4.1.2 has it (esmtp-keyword).
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*+")
_MOST: Final = 32
_QUOTED = re.compile(r'<((?:"(?:[^"\\]|\\.)*+"|[^"<>])*+)>')
_BRACKETED = re.compile(r"<([^<>]*+)>")  # with a quote that is never closed
_BARE = re.compile(r"([^\s<>]++)")
_ROUTE = re.compile(r"@[^\s:@,]++(?:,@[^\s:@,]++)*+:")
# Controls, and the surrogates that stand for bytes which are no UTF-8.
_UNFIT = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """A reverse path or a forward path; ``address`` is ``""`` for the null path ``<>``."""

    address: str
    parameters: Mapping[str, str] = field(default_factory=dict)

    @property
    def words(self) -> str:
        """The parameters, as a client writes them: ``SIZE=1234 AUTH=<>``."""
        return " ".join(
            f"{name}={value}" if value else name for name, value in self.parameters.items()
        )

    @property
    def size(self) -> int:
        """The size that the client declared, 0 where it declared none.  RFC 1870 §4."""
        declared = self.parameters.get("SIZE", "")
        return int(declared) if declared.isascii() and declared.isdigit() else 0


def read(argument: str, keyword: str) -> Path | None:
    """Read ``FROM:<a@b> SIZE=1`` or ``TO:<a@b>``; ``None`` where there is no path in it."""
    word, colon, rest = argument.partition(":")
    rest = rest.replace("\t", " ").lstrip()
    if not colon or word.strip().upper() != keyword or _UNFIT.search(rest):
        return None
    found = _QUOTED.match(rest) or _BRACKETED.match(rest) or _BARE.match(rest)
    if not found:
        return None
    address = found[1].strip()
    route = _ROUTE.match(address)  # accepted and ignored: RFC 5321 §3.6.1, appendix C
    return Path(
        address=address[route.end() :] if route else address,
        parameters=dict(_parameters(rest[found.end() :])),
    )


def _parameters(text: str) -> list[tuple[str, str]]:
    words = (word.partition("=") for word in text.split()[:_MOST])
    return [(name.upper(), value) for name, _, value in words if _NAME.fullmatch(name)]
