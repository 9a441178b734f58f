"""Find one address in any text, however it is written there, and take it out.  Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final
from urllib.parse import quote

from bounced.address.mailbox import normalise, spelled_domain

BLANK: Final = "(forgotten)"
"""What stands where the address stood."""

_AFTER: Final = r"(?![\w-]|\.\w)"  # else it is the beginning of another domain
# In front of an address anything else can stand but what makes it the end of a longer local part;
# in a bounce address it stands behind "+", "-" and "=".
_BEFORE: Final = r"(?<![\w.+-])"
_WITHIN: Final = r"(?<![a-zA-Z0-9.])"
_IN_XTEXT: Final = r"(?:(?<![a-zA-Z0-9.])|(?<=\+2b)|(?<=\+3d))"  # "+" and "=", encoded
_RUN: Final = re.compile(r"[a-z0-9]+")
_SOFT: Final = re.compile(rb"=\r?\n")  # a line of quoted-printable that goes on


@dataclass(frozen=True)
class Mention:
    """One address, to be found in other texts in upper or lower case."""

    address: str

    @cached_property
    def key(self) -> str:
        """Its look-up key."""
        return normalise(self.address)

    @cached_property
    def forms(self) -> tuple[str, ...]:
        """How it may be written, in lower case; each is longer than its domain.

        As it is; with the domain in its own letters; in bounce addresses (``anna=example.com``,
        ``example.com=anna``); in xtext (RFC 3461 §4), quoted-printable and a URL.
        """
        return tuple(dict.fromkeys(self._forms()))

    @cached_property
    def needle(self) -> str:
        """What stands in every form, in lower case: the longest run of its local part's letters.

        Letters of ASCII, and digits: others are written as numbers in some places.
        """
        local = self.key.rpartition("@")[0]
        return max(_RUN.findall(local), key=len, default="")

    def _forms(self) -> Iterator[str]:
        own, _, of = self.key.rpartition("@")
        for text in (self.key, f"{own}@{spelled_domain(of)}", self.address.strip().lower()):
            local, _, domain = text.rpartition("@")
            hexed = "".join(f"+{ord(one):02x}" if one in "+=" else one for one in local)
            coded = "".join(f"={ord(one):02x}" if one == "=" else one for one in local)
            yield from (text, f"{local}={domain}", f"{domain}={local}", f"{hexed}@{domain}")
            yield from (f"{local}=40{domain}", f"{coded}@{domain}", f"{coded}=40{domain}")
            yield from (f"{hexed}+3d{domain}", f"{domain}+3d{hexed}")
            yield from (f"{quote(local, safe='')}%40{domain}".lower(), f"{local}%40{domain}")

    @cached_property
    def _source(self) -> str:
        longest_first = sorted(self.forms, key=len, reverse=True)
        plain = "|".join(re.escape(one) for one in longest_first if "@" in one or "%40" in one)
        wrapped = "|".join(re.escape(one) for one in longest_first if "=" in one)
        hexed = "|".join(re.escape(one) for one in longest_first if "+3d" in one and "@" not in one)
        return f"(?:{_BEFORE}(?:{plain})|{_WITHIN}(?:{wrapped})|{_IN_XTEXT}(?:{hexed})){_AFTER}"

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile(self._source, re.IGNORECASE)

    @cached_property
    def _octets(self) -> re.Pattern[bytes]:
        return re.compile(self._source.encode(), re.IGNORECASE)

    def blotted(self, text: str) -> str:
        """Return *text* without the address; another that ends or begins alike stays."""
        return self._pattern.sub(BLANK, text)

    def blotted_all(self, value: Any) -> Any:
        """Return what JSON can hold without the address, at any depth."""
        if isinstance(value, str):
            return self.blotted(value)
        if isinstance(value, dict):
            return {self.blotted(name): self.blotted_all(one) for name, one in value.items()}
        return [self.blotted_all(one) for one in value] if isinstance(value, list) else value

    def is_in(self, octets: bytes) -> bool:
        """Whether a message names the address where it is not in base64."""
        whole = _SOFT.sub(b"", octets)
        return self.needle.encode() in whole.lower() and self._octets.search(whole) is not None
