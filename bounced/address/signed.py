"""Signed return paths: envelope senders that only we can make, each for one recipient.

``bounces+s1-KEY-DAY-STREAM=LOCAL=DOMAIN=MAC@bounces.example.org``: the key's id; the day, as four
hex digits; the stream, unless it is the default one; the recipient, or a token for it where it
does not fit; and 80 bits of HMAC-SHA256 over all of that.  Every letter that counts is one of
``a-z``, ``0-9`` and a few safe marks, because MTAs change the case of addresses: all of it is
compared in lower case.  docs/return-path.md tells it to the octet.  Pure; only wrong arguments of
:func:`return_path` and :func:`read_keys` raise.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Final, NamedTuple

from bounced.address.mailbox import is_address, normalise
from bounced.address.wrapped import unwrap
from bounced.model import DEFAULT_STREAM, Trust

VALIDITY: Final = timedelta(days=30)
"""How long a return path is good: MTAs give up after 5 days, some after 14; reports come late."""

_MAX_LOCAL: Final = 64  # RFC 5321 §4.5.3.1.1
_EPOCH: Final = date(1970, 1, 1)
_MAC: Final = 16  # characters of base32: 80 bits, and none to spare
_AHEAD: Final = timedelta(days=1)  # another machine's clock, or its idea of a day

_KEY_ID: Final = re.compile(r"[a-z0-9]{1,8}")
_SECRET: Final = re.compile(r"[!-~]{22,200}")
_STREAM: Final = re.compile(r"[a-z0-9_-]{1,32}")
_HEAD: Final = re.compile(r"s1-([a-z0-9]{1,8})-([0-9a-f]{4})(?:-([a-z0-9_-]{1,32}))?(?==|\Z)")
_TOKEN: Final = re.compile(rf"[a-z2-7]{{{_MAC}}}")
# What every MTA leaves alone in a local part and in a domain; the rest gets a token.
_PLAIN: Final = re.compile(
    r"[a-z0-9_+=-]+(?:\.[a-z0-9_+=-]+)*@[a-z0-9_-]+(?:\.[a-z0-9_-]+)+", re.ASCII
)


@dataclass(frozen=True, slots=True)
class Key:
    """A secret and the name that paths call it by; never shown."""

    id: str
    secret: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """What a signed path says: whom the mail went to, of which stream, when, by which key.

    ``recipient`` is in the form of :func:`normalise`; ``None`` where a ``token`` stands for it.
    """

    recipient: str | None
    token: str | None
    stream: str
    day: date
    key: str


class Seal(NamedTuple):
    """What a path is that looks like one of ours.

    ``signed`` is what it says, ``None`` for a forged one, which says nothing; ``why`` is for
    people.
    """

    trust: Trust
    why: str
    signed: Signed | None = None


def read_keys(text: str) -> tuple[Key, ...]:
    """Read keys, one a line: ``ID SECRET``; empty lines and those that begin with # are skipped.

    The secret is used as it is written, 22 to 200 visible ASCII characters.  The first key signs,
    all of them verify.  Raises ValueError, which names the line and never shows a secret.
    """
    found: dict[str, Key] = {}
    for number, line in enumerate(text.split("\n"), 1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if len(words) != 2 or not _KEY_ID.fullmatch(words[0]):  # noqa: PLR2004 - id and secret
            msg = f"line {number}: is no key; write ID SECRET, the id 1 to 8 of a-z and 0-9"
            raise ValueError(msg)
        if not _SECRET.fullmatch(words[1]):
            msg = f"line {number}: the secret must be 22 to 200 visible ASCII characters"
            raise ValueError(msg)
        if words[0] in found:
            msg = f"line {number}: there is a key {words[0]} above; each needs an id of its own"
            raise ValueError(msg)
        found[words[0]] = Key(words[0], words[1].encode())
    return tuple(found.values())


def return_path(
    recipient: str, *, base: str, keys: Sequence[Key], at: datetime, stream: str = DEFAULT_STREAM
) -> str:
    """Return the envelope sender for a mail to *recipient*, signed with the first of *keys*.

    *base* is the mailbox that gets the bounces (``bounces@bounces.example.org``), *at* is now.
    Raises ValueError for what is no address, no stream, or too long in every form.
    """
    local, _, domain = base.rpartition("@")
    _refuse_unfit(recipient, base, keys, stream)
    key, who = keys[0], normalise(recipient)
    day = (at.astimezone(UTC).date() - _EPOCH).days
    head = f"s1-{key.id}-{day:04x}" + (f"-{stream}" if stream != DEFAULT_STREAM else "")
    plain = who.replace("@", "=") if _PLAIN.fullmatch(who) else None
    for whom in (plain, _mac(key, who)):
        signed = f"{local}+{_sealed(key, f'{head}={whom}')}"
        if whom and len(signed) <= _MAX_LOCAL:
            return f"{signed}@{domain}"
    msg = (
        f"the local part would be {len(signed)} octets long, and {_MAX_LOCAL} is the most "
        "(RFC 5321); shorten the base address, the stream's name or the key's id"
    )
    raise ValueError(msg)


def verify(
    path: str, keys: Iterable[Key], *, at: datetime, validity: timedelta = VALIDITY
) -> Seal | None:
    """Return whether *path* is signed by one of *keys*, and what it says.

    ``None`` where it does not even look like one of ours.  Case does not count; BATV tags and SRS
    around it are looked through.
    """
    local, at_sign, _ = unwrap(path).rpartition("@")
    if not at_sign or not local.isascii():
        return None
    text = local.lower().partition("+")[2]
    head = _HEAD.match(text)
    if head is None:
        return None
    body, _, mac = text.rpartition("=")
    key = next((one for one in keys if one.id == head[1]), None)
    if key is None:
        return Seal(Trust.FORGED, f"there is no key {head[1]}")
    if not hmac.compare_digest(_mac(key, body), mac):
        return Seal(Trust.FORGED, "its signature is wrong")
    signed = _read(head, body[head.end() + 1 :])
    if signed is None:
        return Seal(Trust.FORGED, "its signature is right, but it names no recipient")
    return _in_time(signed, at, validity)


def names(signed: Signed, address: str, keys: Iterable[Key]) -> bool:
    """Return whether *signed* was made for *address*."""
    who = normalise(address)
    if signed.recipient is not None:
        return signed.recipient == who
    token = signed.token or ""
    return any(hmac.compare_digest(_mac(key, who), token) for key in keys if key.id == signed.key)


def _refuse_unfit(recipient: str, base: str, keys: Sequence[Key], stream: str) -> None:
    if not is_address(recipient):
        msg = f"{recipient!r} is no mail address"
    elif not is_address(base) or "+" in base or not base.isascii():
        msg = f"{base!r} can't be the base; write a mailbox without +, as bounces@example.org"
    elif not _STREAM.fullmatch(stream):
        msg = f"{stream!r} is no stream; write 1 to 32 of a-z, 0-9, - and _"
    elif not keys:
        msg = "there is no key to sign with"
    else:
        return
    raise ValueError(msg)


def _sealed(key: Key, body: str) -> str:
    return f"{body}={_mac(key, body)}"


def _mac(key: Key, text: str) -> str:
    """Return 80 bits of HMAC-SHA256 in lower-case base32.

    Signatures and tokens can't be mixed up: an address has an ``@``, the body of a path has none.
    """
    digest = hmac.digest(key.secret, text.encode(), hashlib.sha256)
    return base64.b32encode(digest[: _MAC * 5 // 8]).decode().lower()


def _read(head: re.Match[str], whom: str) -> Signed | None:
    local, equals, domain = whom.rpartition("=")
    recipient = normalise(f"{local}@{domain}") if equals else None
    if not (is_address(recipient) if recipient else _TOKEN.fullmatch(whom)):
        return None
    return Signed(
        recipient=recipient,
        token=None if recipient else whom,
        stream=head[3] or DEFAULT_STREAM,
        day=_EPOCH + timedelta(days=int(head[2], 16)),
        key=head[1],
    )


def _in_time(signed: Signed, at: datetime, validity: timedelta) -> Seal:
    """Tell whether a path is within its time: from its day to the end of its last one, in UTC."""
    began = datetime.combine(signed.day, datetime.min.time(), UTC)
    if at < began - _AHEAD:
        return Seal(Trust.EXPIRED, f"it is of {signed.day}, which is yet to come", signed)
    if at >= began + validity + timedelta(days=1):
        return Seal(Trust.EXPIRED, f"it is of {signed.day}, which is too long ago", signed)
    return Seal(Trust.SIGNED, f"by key {signed.key} on {signed.day}", signed)
