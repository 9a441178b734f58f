"""The remote's own words: what a rule may look at, free of what only looks like a reason.

An MTA wraps what the other side said into words of its own (``host a[192.0.2.1] said: …``), repeats
the reply code on every line (RFC 5321 §4.2.1), and both sides quote addresses, hosts and links.
A host called ``mailspamprotection.example`` or an address ``unknown@example.com`` is no reason, so
both are blanked out in ``plain``, character by character: what is found in ``plain`` stands at the
same place of ``shown``.  Pure, linear in the length of the text, never raises.
"""

from __future__ import annotations

import re
from functools import cached_property

LIMIT = 4096  # characters of a reply that are looked at; RFC 5321 §4.5.3.1.5 allows 512 a line

ADDRESS, HOST = "@", "#"  # what a blanked character becomes in ``plain``

# Who says it: Postfix, Exim, qmail, Exchange, Sendmail and those who write like them.
_PREFACE = re.compile(
    r"""
      (?<![\w.-])[.-]*+(?:host\ )?(?P<a>[\w.-]++)\s?\[[^\]\s]{1,64}\](?::\d{1,5})?\ said:\s
    | (?<![\w.-])[.-]*+(?:host\ )?(?P<b>[\w.-]++)\s?\[[^\]\s]{1,64}\](?::\d{1,5})?:\s(?=\d{3}[\s-])
    | \bhost\ (?P<c>[\w.-]{1,255})\ said:\s
    | \bremote\ (?:mail\ )?(?:host|server)\ (?:said|returned|responded):?\s'?(?=\d{3}[\s-])
    | \bsaid:\s(?=\d{3}[\s-])
    """,
    re.IGNORECASE | re.VERBOSE,
)
_SUFFIX = re.compile(
    r"\(in reply to [\w :-]{2,40}\)|giving up on [\w.:\[\]-]{1,255}", re.IGNORECASE
)
_TRANSCRIPT = re.compile(r"^[ \t]{0,8}(>>>|<<<) ?(.*)$", re.MULTILINE)

# Where in the dialogue it was said, as MTAs put it in lower case.  The first that is found counts.
_STAGES = (
    ("data", ("end of data", "data command", "after data", "after pipelined data")),
    ("data", ("after end of data", "failed after i sent the message")),
    ("rcpt", ("rcpt to command", "after rcpt to", "after pipelined rcpt to", "reply to rcpt")),
    ("rcpt", ("does not like recipient", ">>> rcpt to", "response to rcpt")),
    ("mail", ("mail from command", "after mail from", "after pipelined mail from")),
    ("mail", ("does not like sender", ">>> mail from", "reply to mail")),
    ("starttls", ("after starttls", "starttls command")),
    (
        "helo",
        ("after ehlo", "after helo", "ehlo command", "helo command (", "my name was rejected"),
    ),
    ("connect", ("initial connection", "server greeting", "banner")),
)
# What some server said of the sender, asked by the remote, is no word about the recipient.
_ABOUT_SENDER = re.compile(r"sender (?:address rejected|verif|callout)", re.IGNORECASE)
_MAY_QUOTE = ("said", "]: ", "returned", "responded")

_CODE = re.compile(r"\s*(\d{3})(?:[- ]#?([245]\.\d{1,3}\.\d{1,3})(?![\d.]))?")
_ADDRESS = re.compile(r"[^@]{1,255}@[\w.-]{1,255}(?<![.-])")
# A word that may be an address, a host or a link, from its start.
_TOKEN = re.compile(
    r"(?<![^\s<>()\[\]\"',;{}|])[^\s<>()\[\]\"',;{}|.@:]*+[.@:][^\s<>()\[\]\"',;{}|]++"
)
_LABELS = re.compile(r"(?:[a-z0-9_-]{1,63}\.){1,12}([a-z][a-z0-9-]{1,62})\.?", re.IGNORECASE)
_IP = re.compile(
    r"\d{1,3}(?:[.-]\d{1,3}){3}(?:[:/]\d{1,5})?|(?=[^:]{0,4}:[^:]{0,4}:)[0-9a-f:.]{4,45}",
    re.IGNORECASE,
)
# fmt: off
_TLDS = frozenset(
    (
        "com", "net", "org", "edu", "gov", "mil", "int", "info", "biz", "name", "pro",
        "mobi", "jobs", "travel", "cat", "coop", "aero", "museum", "asia", "arpa", "tel",
        "xxx", "post", "app", "dev", "cloud", "email", "mail", "online", "site", "website",
        "shop", "store", "xyz", "top", "club", "live", "work", "tech", "space", "group",
        "company", "agency", "digital", "network", "systems", "solutions", "services",
        "support", "world", "today", "life", "news", "blog", "design", "studio", "media",
        "link", "click", "host", "one", "vip", "icu", "london", "berlin", "paris", "nyc",
        "tokyo", "wien", "koeln", "bayern", "hamburg", "eus", "bzh", "test", "example",
        "invalid", "localhost", "local", "lan", "intern", "internal", "localdomain", "corp",
        "home", "domain",
    )
)
# fmt: on


class Words:
    """One text, as rules see it; each view of it is worked out when it is first asked for."""

    def __init__(self, text: str, limit: int = LIMIT) -> None:
        self._text = text[:limit].replace("\r\n", "\n")

    @cached_property
    def shown(self) -> str:
        """The remote's words on one line, the reply code once and in front."""
        return _joined(_unfinished(self._said[0].strip()))

    @cached_property
    def plain(self) -> str:
        """``shown`` with addresses (``@@@``), hosts, IP addresses and links (``###``) blanked."""
        return _TOKEN.sub(_blank, self.shown)

    @cached_property
    def low(self) -> str:
        """``shown`` in lower case."""
        return self.shown.lower()

    @property
    def host(self) -> str | None:
        """Who said it, if the text tells."""
        return self._said[1]

    @cached_property
    def stage(self) -> str | None:
        """When it was said (connect, helo, starttls, mail, rcpt, data), if the text tells."""
        low = self._text.lower()
        return next((name for name, signs in _STAGES if any(sign in low for sign in signs)), None)

    @cached_property
    def _said(self) -> tuple[str, str | None]:
        return _said(_received(self._text))


def _received(text: str) -> str:
    """Return the lines that came from the other side, where *text* shows the dialogue."""
    if "<<<" not in text:
        return text
    return "\n".join(line for mark, line in _TRANSCRIPT.findall(text) if mark == "<<<") or text


def _said(text: str) -> tuple[str, str | None]:
    """Cut off who said it; where several pass it on, the last one speaks of the reason."""
    if not any(sign in text.lower() for sign in _MAY_QUOTE):
        return text, None
    last = None
    for found in _PREFACE.finditer(text):
        if _ABOUT_SENDER.search(text, last.end() if last else 0, found.start()):
            break
        last = found
    if last is None or not text[last.end() :].strip():
        return text, None
    return text[last.end() :], last["a"] or last["b"] or last["c"]


def _unfinished(text: str) -> str:
    """Cut off what the reporting MTA adds at the end: the stage, or that it gives up."""
    low = text.lower()
    queue = low.find("i'm not going to try again")  # qmail, and the reason stands before it
    if queue > 0:
        return text[:queue].strip(" /\n")
    at = max(low.rfind("(in reply to "), low.rfind("giving up on "))
    return text[:at].strip() if at >= 0 and _SUFFIX.fullmatch(text, at) else text


def _joined(text: str) -> str:
    """Put the lines of a reply on one line, with the code that each of them repeats only once."""
    first = _CODE.match(text)
    if first is None:
        return " ".join(text.split())
    head, code, status = first[0].strip().replace("-", " ", 1), first[1], first[2]
    rest = text[first.end() :].removeprefix("-")
    if code in rest:
        rest = _once(rest, code, re.escape(status or ""))
    return " ".join(f"{head}{'' if rest[:1] in ':-=' else ' '}{rest}".split())


def _once(rest: str, code: str, status: str) -> str:
    """Take out of the further lines of a reply the code, and the status, that they repeat."""
    again = rf"{code}(?:[- ]{status})?" if status else code
    rest = re.sub(rf"\n\s{{0,8}}{again}(?:[- ]|$)", " ", rest)
    rest = re.sub(rf"\s{code}-(?:{status})?" if status else rf"\s{code}-", " ", rest)
    return re.sub(rf"\s{code} {status}(?=\s|$)", " ", rest) if status else rest


def _blank(found: re.Match[str]) -> str:
    token = found[0]
    if address := _ADDRESS.match(token):
        return ADDRESS * address.end() + token[address.end() :]
    if "//" in token or _is_host(token):
        return HOST * len(token)
    name, _, value = token.rpartition("=")
    return f"{name}={HOST * len(value)}" if name and _is_host(value) else token


def _is_host(token: str) -> bool:
    token = token.rstrip(".:!?=*")
    if "." not in token and ":" not in token:
        return False
    if _IP.fullmatch(token):
        return True
    labels = _LABELS.match(token)
    if labels is None or (labels.end() < len(token) and token[labels.end()] not in "/:#?"):
        return False
    top = labels[1]
    return top.lower() in _TLDS or (len(top) == 2 and top.islower())  # noqa: PLR2004 - ISO 3166
