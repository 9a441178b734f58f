"""Complaints in older and other forms than RFC 5965: told by who sends them and by their marks.

Microsoft's junk mail reports and AOL's notifications return the mail itself; SpamCop writes text;
abuse desks write X-ARF; Apple Mail unsubscribes by a mail in the name of its user.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from bounced.model import Feedback, Kind, RecipientStatus, Report, Typed
from bounced.report import complainant
from bounced.report.mime import Headers, Part

SOURCE: Final = "complaint"
_LOOP: Final = re.compile(
    r"(?:^|<)\"?(?:scomp|fbl|feedback(?:[-_.]?(?:loop|reports?))?|complaints?"
    r"|abuse(?:[-_.]?(?:out|reports?|desk|feedback))?|(?:spam|junk)[-_.]?(?:report(?:s|ing)?|feedback)"
    r"|staff(?=@hotmail\.|@outlook\.|@live\.))@",
    re.IGNORECASE,
)
_ABOUT: Final = re.compile(
    r"\b(?:abuse|spam|junk|uce)\b.{0,40}\b(?:report|complaint|notification|feedback)"
    r"|\bcomplaint (?:about|regarding|from|for)\b|\bfeedback (?:report|loop)\b|\btos notification\b"
    r"|\breported as (?:spam|junk|abuse)\b",
    re.IGNORECASE,
)
_SPAMCOP: Final = re.compile(r"\[spamcop \([^()\n]{2,60}\) id:\d{1,20}\]", re.IGNORECASE)
_XARF: Final = re.compile(
    r"^\W{0,4}(?:Report-?Type|type|category)\W{1,4}[ \t]{0,4}\"?([\w/ -]{1,60})",
    re.IGNORECASE | re.MULTILINE,
)
_JSON: Final = re.compile(
    r'"(?:Report-?Type|ReportClass|category|type)"\s{0,4}:\s{0,4}"([\w/ -]{1,60})"', re.IGNORECASE
)
_APPLE: Final = re.compile(r"Apple Mail sent this e-?mail to unsubscribe", re.IGNORECASE)


def read(message: Part) -> Report | None:
    """Return the complaint in *message*, or None: it is in none of these forms."""
    if message.type == "multipart/report":
        return None  # whose own readers know better; a bounce may return a complaint
    for reader in _READERS:
        if report := reader(message):
            return report
    return None


def _microsoft(message: Part) -> Report | None:
    """Read the mail itself, marked by one field, or with it as an attachment: hotmail-jmrp.eml."""
    for headers in (message.headers, complainant.returned_headers(message)):
        if mark := headers.get("X-HmXmrOriginalRecipient"):
            people = complainant.people([Typed("rfc822", mark)], "", SOURCE)
            because = (
                "X-HmXmrOriginalRecipient: a mail that Microsoft's complaint programme returned"
            )
            return _report(people, because, rcpt=(mark,))
    return None


def _loop(message: Part) -> Report | None:
    """Read a loop's own form: its name, what it is about, and the mail: older-feedback-loop.eml."""
    subject = message.headers.text("Subject")[:300]
    if not (_LOOP.search(message.headers.text("From")[:300]) and _ABOUT.search(subject)):
        return None
    returned = complainant.returned_headers(message)
    if not returned or "feedback-report" in (returned.get("Content-Type") or "").lower():
        return None  # forwarded-by-abuse-desk.eml: the report itself is inside
    return _report(complainant.in_returned(returned, "", SOURCE), f"Subject: {subject[:80]}")


def _spamcop(message: Part) -> Report | None:
    """Read SpamCop's report, which hides who reported, and more than him."""
    subject = message.headers.text("Subject")[:300]
    if "X-SpamCop-sourceip" in message.headers or _SPAMCOP.search(subject):
        return _report(complainant.people([], "", SOURCE), f"SpamCop: {subject[:60]}")
    return None


def _xarf(message: Part) -> Report | None:
    """Read X-ARF, which reports other abuse than mail as well: xarf-login-attack.eml."""
    headers = message.headers
    if "X-XARF" not in headers and "X-ARF" not in headers:
        return None
    texts = [
        part.text[:4_000]
        for part in message.walk(into_messages=False)
        if part.type in {"text/plain", "text/yaml", "application/json", "application/x-yaml"}
    ]
    said = [found.lower() for text in texts for found in _XARF.findall(text) + _JSON.findall(text)]
    because = f"X-ARF: {', '.join(said)[:60]}"
    if not any("spam" in word or "unsolicited" in word for word in said):
        return Report(kind=Kind.REPORT, source=SOURCE, because=because)
    return _report(
        complainant.in_returned(complainant.returned_headers(message), "", SOURCE), because
    )


def _apple(message: Part) -> Report | None:
    """Read Apple Mail's way to unsubscribe: its user, the author, wants no more mail."""
    headers: Headers = message.headers
    marked = (headers.get("X-Apple-Unsubscribe") or "").lower() == "true"
    if not marked and not (
        "auto-replied" in (headers.get("Auto-Submitted") or "").lower()
        and message.type == "text/plain"
        and _APPLE.match(message.text.lstrip())
    ):
        return None
    people = complainant.people([Typed("rfc822", headers.get("From") or "")], "", SOURCE)
    return _report(people, "Apple Mail unsubscribes its user", feedback_type="opt-out")


def _report(
    people: tuple[RecipientStatus, ...],
    because: str,
    *,
    rcpt: tuple[str, ...] = (),
    feedback_type: str = "abuse",
) -> Report:
    feedback = Feedback(feedback_type=feedback_type, original_rcpt_to=rcpt)
    return Report(
        kind=Kind.COMPLAINT, source=SOURCE, because=because, recipients=people, feedback=feedback
    )


_READERS: Final[tuple[Callable[[Part], Report | None], ...]] = (
    _microsoft,
    _spamcop,
    _xarf,
    _apple,
    _loop,
)
