"""What all dialects need: an address out of a line, a reason on one line, a value to return."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from bounced.address import is_address
from bounced.model import Action, Defect, RecipientStatus, Status, Typed
from bounced.report.prose import Notice

MAX_REASON: Final = 4_096  # RFC 5321 §4.5.3.1.5 allows 512 octets a reply line; some send twenty
MAX_RECIPIENTS: Final = 1_000

# An addr-spec as notices print it (RFC 5321 §4.1.2, RFC 6531 §3.3), each part bounded.
ADDRESS: Final = (
    r'(?:"[^"\n]{1,64}"|[^\s<>()\[\],;:"@\\]{1,128})'
    r"@(?:\[[\w.:]{2,60}\]|[^\W_][\w-]{0,63}(?:\.[\w-]{1,63}){0,20})"
)
HOST: Final = r"[\w.-]{1,255}"

_ADDRESS = re.compile(ADDRESS)
_WRAPPING = re.compile(r"^(?:<?(?:mailto|smtp|rfc822)[:;]|[<\"'\[(])\s{0,3}", re.IGNORECASE)
_QUOTED = re.compile(r'"[^"\n]{1,64}"@')  # marks that belong to the address
_ROUTE = re.compile(r"^@[^\s:]{1,500}:")  # a source route, RFC 5321 §4.1.1.3
_REPLY = re.compile(r"[245]\d\d(?:[ :-]|$)")
_BLANK = re.compile(r"\n[ \t]*\n")
# What a warning says and a notice of failure does not, in lower case; no pattern, as all ask this.
_DELAY: Final = (
    "warning only",
    "warning message only",
    "do not need to resend",
    "do not need to re-send",
    "only a warning",
    "just a warning",
    "will be retried",
    "will be re-tried",
    "will keep trying",
    "will retry",
    "will re-try",
    "will continue to try",
    "will continue trying",
    "delivery will continue",
    "delivery will be attempted",
    "attempts will continue",
    "attempts will be retried",
    "has been delayed",
    "has been postponed",
    "is delayed",
    "delivery incomplete",
    "still being retried",
    "not yet been delivered",
    "hasn't been delivered yet",
)


def address(text: str) -> str | None:
    """Return the address that *text* is, without brackets, type, source route or final stop."""
    text = text.strip()[:1_000]
    if _ADDRESS.fullmatch(bare := text.removeprefix("<").removesuffix(">")):
        return bare.rstrip(".")
    for _ in range(3):
        if text.startswith('"') and _QUOTED.match(text):
            break
        text = _WRAPPING.sub("", text)
    text = _ROUTE.sub("", text).rstrip(">\"')] :;,.")
    return text if _ADDRESS.fullmatch(text) else None


def one_line(text: str) -> str:
    """Return *text* with every run of white space as one space, at most MAX_REASON characters."""
    return " ".join(text[: MAX_REASON * 2].split())[:MAX_REASON]


def paragraphs(text: str) -> Iterator[str]:
    """Yield what stands between blank lines, without the line ends around it."""
    start = 0
    for blank in _BLANK.finditer(text):
        if text[start : blank.start()].strip():
            yield text[start : blank.start()].strip("\n")
        start = blank.end()
    if text[start:].strip():
        yield text[start:].strip("\n")


def delayed(notice: Notice) -> bool:
    """Whether the notice says that delivery will be tried again."""
    subject = notice.subject.lower()
    return any(words in notice.low or words in subject for words in _DELAY)


def status_of(
    dialect: str,
    notice: Notice,
    who: str | None,
    reason: str,
    *,
    action: Action = Action.FAILED,
    reply: str | None = None,
    remote: str | None = None,
    original: str | None = None,
    hidden: str = "",
) -> RecipientStatus:
    """Return what *dialect* found of one recipient.

    *reason* is all that the notice says of it, *reply* the other server's part of that, *remote*
    that server.  *hidden* is what stands in the place of an address where *who* is None.
    """
    if who and not is_address(who):  # half of one, or two in one: whose it is, nobody knows
        hidden, who = hidden or who, None
    reason = one_line(reason)
    said = one_line(reply) if reply else ""
    shown = f"no address: {one_line(hidden)[:200]}"
    return RecipientStatus(
        address=who,
        original_recipient=Typed("rfc822", original) if original else None,
        action=action,
        status=Status.find(said) or Status.find(reason),
        remote_mta=Typed("dns", remote.rstrip(".")) if remote else None,
        diagnostic_code=_diagnostic(dialect, said, reason),
        words=reason if said and reason != said else None,
        source=dialect,
        part=notice.part,
        defects=() if who else (Defect(field="recipient", text=shown),),
    )


def _diagnostic(dialect: str, said: str, reason: str) -> Typed | None:
    if said or _REPLY.match(reason):
        return Typed("smtp", said or reason)
    return Typed(f"x-{dialect}", reason) if reason else None


def spans(starts: list[re.Match[str]], text: str) -> Iterator[tuple[re.Match[str], str]]:
    """Yield each of *starts* with the text from its end to where the next one begins."""
    for number, start in enumerate(starts[:MAX_RECIPIENTS], 1):
        end = starts[number].start() if number < len(starts) else len(text)
        yield start, text[start.end() : end]


def unique(found: Iterable[RecipientStatus]) -> tuple[RecipientStatus, ...]:
    """Return the recipients without repetitions: the first word on an address counts."""
    seen: dict[str, RecipientStatus] = {}
    for number, recipient in enumerate(found):
        seen.setdefault((recipient.address or f"\0{number}").lower(), recipient)
        if len(seen) == MAX_RECIPIENTS:
            break
    return tuple(seen.values())
