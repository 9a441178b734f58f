"""One address, two forms: as it was written, to show; and its look-up key, to compare.

RFC 5321 §4.1.2 (syntax), RFC 5321 §2.4 (the domain ignores case; that local parts keep theirs is
true on paper only), RFC 6531 §3.3 (UTF-8), RFC 5890 and UTS 46 (international domains).  Nothing
here raises, whatever the text: addresses come out of other people's prose.
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
import unicodedata
from functools import lru_cache
from typing import Final

import idna

MAX_KEY: Final = 512
"""The longest key in octets; no mailbox has such an address (RFC 5321 §4.5.3.1)."""

_MAX_ADDRESS = 320  # octets: local part 64, "@", domain 255; local parts of 100 do occur (VERP)
_MAX_DOMAIN = 255
_MAX_LABEL = 63
_REMEMBERED = 4096  # domains; most mail goes to a few
_EDGES = "<>" + "".join(char for char in map(chr, range(0x3001)) if char.isspace())
_LOST = "\N{REPLACEMENT CHARACTER}"
# Controls, halves of surrogate pairs, line and paragraph separators.
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029]")
# "..", and dots at the ends, are forbidden and in use (Japanese mobile carriers).
_LOCAL = re.compile(r'[^\s"(),:;<>@\[\\\]]+|"(?:[^"\\]|\\.)+"')
_ASCII_LABEL = re.compile(r"[A-Za-z0-9_](?:[\w-]{0,61}[A-Za-z0-9_])?", re.ASCII)
# Letters, marks (Indic vowels), digits, symbols, joiners (Persian); not quotes, dashes, spaces.
_LABEL_CATEGORIES = frozenset(["Ll", "Lm", "Lo", "Lt", "Lu", "Mc", "Mn", "Nd", "So", "Cf"])


def normalise(address: str) -> str:
    """Return the look-up key of *address*: equal for all spellings of one mailbox.

    Never raises, and normalising a key returns it.  What is no address comes back stripped and
    lower-cased, and as its hash where it is longer than ``MAX_KEY``.  A character that was lost on
    the way (a control, half a surrogate pair) stays visible as U+FFFD: left out, it could turn a
    garbled address into another person's.
    """
    text = _UNPRINTABLE.sub(_LOST, unicodedata.normalize("NFC", address.strip(_EDGES)))
    local, at, domain = text.rpartition("@")
    if not at:
        return _bounded(_lower(text))
    return _bounded(f"{_lower(local.strip(_EDGES))}@{normalise_domain(domain)}")


@lru_cache(_REMEMBERED)
def normalise_domain(domain: str) -> str:
    """Return the look-up key of a domain: lower case, A-labels, no dot at the end; never raises."""
    text = _UNPRINTABLE.sub(_LOST, domain.strip(_EDGES + "."))
    if text.isascii() or len(text) > _MAX_DOMAIN:
        return _lower(text)
    mapped = _uts46(text) or _uts46(_lower(text))
    if mapped is None:
        return _lower(text)
    return ".".join(_a_label(label) for label in mapped.split("."))


def spelled_domain(domain: str) -> str:
    """Return a domain in its own letters, as people write it: the way back from A-labels."""
    return ".".join(_u_label(label) for label in domain.split("."))


def domain_of(address: str) -> str:
    """Return the look-up key of the domain of *address*, ``""`` where it has none."""
    return normalise(address).rpartition("@")[2] if "@" in address else ""


def is_address(address: str) -> bool:
    """Return whether *address* can be that of a mailbox on the Internet, in time linear in 320.

    ``user@host`` without a dot in the domain can't: it means something to the one host alone.
    """
    if len(address) > _MAX_ADDRESS or _UNPRINTABLE.search(address):
        return False
    local, at, domain = address.rpartition("@")
    if not at or len(address.encode()) > _MAX_ADDRESS or not _LOCAL.fullmatch(local):
        return False
    return _is_domain(domain)


@lru_cache(_REMEMBERED)
def _is_domain(domain: str) -> bool:
    if domain.startswith("[") and domain.endswith("]"):
        return _is_ip(domain[1:-1])
    labels = domain.removesuffix(".").split(".")
    if len(labels) == 1 or len(domain) > _MAX_DOMAIN or labels[-1].isdecimal():
        return False
    return all(map(_is_label, labels))


def _is_label(label: str) -> bool:
    if label.isascii():
        return _ASCII_LABEL.fullmatch(label) is not None
    return len(label) <= _MAX_LABEL and all(
        char in "-_" or unicodedata.category(char) in _LABEL_CATEGORIES for char in label
    )


def _is_ip(text: str) -> bool:
    """Return whether *text* is an address literal's inside.  RFC 5321 §4.1.3."""
    try:
        if text[:5].lower() == "ipv6:":
            ipaddress.IPv6Address(text[5:])
        else:
            ipaddress.IPv4Address(text)
    except ValueError:
        return False
    return True


def _uts46(domain: str) -> str | None:
    """Return *domain* mapped by UTS 46, ``None`` where it forbids a character.

    Underscores and symbols are let through, as DNS does; but wide forms of ``@`` and ``>`` would
    change where the address ends.
    """
    try:
        mapped = idna.uts46_remap(domain, std3_rules=False)
    except (idna.IDNAError, ValueError):
        return None
    return None if any(char in _EDGES or char == "@" for char in mapped) else mapped.strip(".")


def _a_label(label: str) -> str:
    """Return one label in its ASCII form.  RFC 5890 §2.3.2.1.

    Not by ``idna.alabel``: it refuses labels (``☃``) that are registered and get mail.
    """
    if label.isascii() or len(label) > _MAX_LABEL:
        return label
    return "xn--" + label.encode("punycode").decode("ascii")


def _u_label(label: str) -> str:
    """Return one label in its own letters; what is no punycode, and what would change, as it is."""
    if not label.startswith("xn--"):
        return label
    try:
        spelled = label[4:].encode("ascii").decode("punycode")
    except UnicodeError:
        return label
    return spelled if normalise_domain(spelled) == label else label


def _lower(text: str) -> str:
    return unicodedata.normalize("NFC", text.lower())


def _bounded(key: str) -> str:
    octets = key.encode()
    return key if len(octets) <= MAX_KEY else "sha256:" + hashlib.sha256(octets).hexdigest()
