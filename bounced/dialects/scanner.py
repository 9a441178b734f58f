"""Virus scanners and content filters that write to the sender in words of their own.

    A virus was found in an Email message you sent.
    This Email scanner intercepted it and stopped the entire message
    reaching its destination.
    ...
    Your message was sent with the following envelope:

    MAIL FROM: sender@example.org
    RCPT TO:   user@example.com

qmail-scanner, MailScanner, MailMarshal, MessageLabs, Symantec AntiVirus for gateways, ScanMail,
Avira MailGate, Barracuda, clamav-milter, RAV: each has a sentence that nobody else writes, and says
who the message was for.  A notice that something was cut out of a message that went through is
none of these.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from bounced.dialects._entry import ADDRESS, one_line, status_of, unique
from bounced.model import RecipientStatus
from bounced.report.prose import Notice

SIGNS: Final = (
    "this email scanner intercepted it",  # qmail-scanner
    "been triggered by a message you sent",  # MailScanner
    "automated content monitoring gateway",  # MailMarshal
    "has violated system policy",  # Symantec AntiVirus for SMTP Gateways
    "the message recipients were",  # MessageLabs
    "in a mail sent by you",  # Avira MailGate
    "in a mail from your address",
    "content filter has detected sensitive content",  # Trend Micro ScanMail
    "was blocked by our",  # Barracuda
    "message you sent to",  # clamav-milter, and what administrators write themselves
    "mail you sent to",
    "the mail was not delivered because",  # RAV AntiVirus
)
_STOPPED = re.compile(
    r"This Email scanner intercepted it and stopped the entire message"
    r"|^Our \w{1,12} (?:detector|scanner|checker) has (?:just )?been triggered by"
    r"\s{1,4}a\s{1,4}message\s{1,4}you\s{1,4}sent"
    r"|automated content monitoring gateway\)\s{1,4}has\s{1,4}(?:stopped|not delivered|blocked)"
    r"|^The following message sent by this account has violated system policy"
    r"|^The email has now been quarantined and was not delivered"
    r"|^Trend SMEX Content Filter has detected sensitive content"
    r"(?=[\s\S]{1,1500}?^Action on this mail[ ]{0,4}=[ ]{0,4}(?:Quarantine|Delete|Block|Reject))"
    r"|found the following in a mail (?:sent by you|from your address)",
    re.MULTILINE,
)
_TO = re.compile(
    r"^[ \t]{0,8}(?:(?:RCPT TO|To|Recipients?|Place)[ \t]{0,8}[:=]|The message recipients were)"
    # On the same line, or set in below it: what stands at the margin is the notice's next sentence.
    rf"(?P<list>(?:(?:[ \t,;]{{1,12}}|[ \t,;]{{0,4}}\n[ \t]{{1,12}})<?{ADDRESS}>?){{1,200}})",
    re.MULTILINE,
)
_SENTENCE = re.compile(
    rf"""^A\ message\ (?:that\ )?you\ sent\ to\s{{1,8}}(?P<a><?{ADDRESS}>?)\s{{1,8}}
           contained\ [^\n]{{1,300}}?\ and\ has\ not\ been\ (?:accepted|delivered)
      |^(?:The|An?)\ (?:e-?mail|message)\ (?:that\ )?you\ sent\ to\ (?P<d><?{ADDRESS}>?)
           [^\n@]{{0,120}}?\ (?:was|has\ been)\ (?:blocked|rejected|stopped|deleted
           |not\ delivered)\b[^\n@]{{1,200}}?\b(?:virus|spam|junk|malware|infected
           |attachments?|content|policy)\b[^\n]{{0,300}}
      |^Your\ message\ to:(?P<b>(?:[\s,;]{{1,8}}<?{ADDRESS}>?){{1,200}})\s{{1,8}}
           was\ blocked\ by\ our\ [^\n]{{1,200}}
      |\bsent\ by\ [^\n]{{1,330}}?\ to\ (?P<c><?{ADDRESS}>?)\s{{1,4}}is\ infected\ with
           (?=[^@]{{1,600}}The\ mail\ was\ not\ delivered)""",
    re.MULTILINE | re.VERBOSE,
)
# What the notice repeats of the message: a subject is no reason.
_SUMMARY = re.compile(
    r"^[ \t]{0,8}(?:Connection From|MAIL ?FROM|RCPT TO|From|To|Subject|Date|Message(?:-ID)?"
    r"|Recipients?|Sender|Place)[ \t]{0,8}[:=][^\n]{0,2000}"
    r"|^The message (?:was titled|date was|identifier was|recipients were)[^\n]{0,2000}",
    re.MULTILINE,
)
# MailScanner sends the rest of the message on: lookalike/virus-warning-third-party.eml.
_WENT_ON = re.compile(
    r"\bha(?:s|ve) been (?:replaced|removed|stripped|cleaned|disinfected)\b", re.IGNORECASE
)
_ADDRESS = re.compile(ADDRESS)
_REASON: Final = 1_500


def read(notice: Notice) -> tuple[RecipientStatus, ...]:
    """Return a status for each recipient that a filter kept the message from."""
    stopped = _STOPPED.search(notice.text)
    below = _TO.search(notice.text, stopped.end()) if stopped else None
    if stopped and below:
        own = notice.text[max(0, stopped.start() - 200) : below.end() + 800]
        reason = _SUMMARY.sub("", own)[:_REASON]
        if _WENT_ON.search(reason):
            return ()
        return unique(_each(notice, below["list"], reason))
    return unique(
        status
        for entry in _SENTENCE.finditer(notice.text)
        for status in _each(notice, entry["a"] or entry["b"] or entry["c"] or entry["d"], entry[0])
    )


def _each(notice: Notice, addresses: str, reason: str) -> Iterator[RecipientStatus]:
    for who in _ADDRESS.findall(addresses):
        yield status_of("scanner", notice, who, one_line(reason))
