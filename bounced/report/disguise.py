"""What looks like a notice of failure and is none: told apart before any dialect guesses at it.

Challenges ("confirm, and your message will be delivered"), messages that wait for a moderator or in
a quarantine, and the two that want to harm: lures that send the reader to a page to "release" mail,
and worms that come as the attachment of a bounce.
"""

from __future__ import annotations

import re
from typing import Final

from bounced.model import Kind, Report
from bounced.report.author import from_daemon, is_failing
from bounced.report.mime import Part
from bounced.report.prose import Notice, is_returned

# With such a reply in it a notice is about a refusal, however politely it asks for something.
_REFUSED: Final = re.compile(r"\b5\d\d[ -]#?5\.\d{1,3}\.\d{1,3}\b")
_REPLIED: Final = re.compile(r"\b[45]\d\d[ -]#?[45]\.\d{1,3}\.\d{1,3}\b")
# The rare words first: "message" stands everywhere, and what follows it is looked at once.
_HELD: Final = re.compile(
    r"\b(?:is|are|has been|have been|was|being)\s{1,3}(?:currently\s|now\s)?"
    r"(?:held|placed on hold|put on hold|quarantined|awaiting|waiting for|pending"
    r"|submitted to the\s{1,3}moderator|(?:sent|forwarded)\s{1,3}to\s{1,3}(?:the\s)?moderator)",
    re.IGNORECASE,
)
_MESSAGE: Final = re.compile(
    r"\b(?:message|mail|e-?mail|post|posting|submission)\b[^.]{0,200}$", re.IGNORECASE
)
# What is kept for good is refused: scanners keep a copy of what they do not deliver.
_KEPT: Final = re.compile(
    r"virus|infect|malware|malicious|\bnot (?:been )?delivered|\breject(?:ed|ion)\b|\bblocked\b"
    r"|\bbanned\b",
    re.IGNORECASE,
)
_WAITS: Final = re.compile(
    r"\breply to this (?:(?:e-?)?mail|message)(?: in order)? to (?:have|get|let|release|deliver)\b"
    r"|\bawait(?:s|ing) (?:your )?(?:confirmation|verification|moderat\w{1,5}|approval)"
    r"|\bto release your (?:e-?mail|message)s?\b|\bhas not been posted yet"
    r"|\b(?:until|so that|please) (?:you )?(?:verify|confirm|prove|authenticate)s? (?:that )?you"
    r"(?:r |rself| are|'re)|\bsender (?:address )?verification (?:service|system|request)"
    r"|\bchallenge[/-]response\b|\btira-teima\b|antispam uol"
    r"|\bwird (?:von einem moderator|nach (?:ihrer )?bestätigung)"
    r"|\ben attente (?:de modération|d['\u2019]approbation)"
    r"|\bpendiente de (?:aprobación|moderación)"
    r"|\bclique aqui[^.\n]{0,60}(?:confirm|liber|encaminh)|\bseja encaminhada, por favor",
    re.IGNORECASE,
)
# One of these stands in all that the three patterns above look for.
_SIGNS: Final = (
    "reply to this",
    "held", "on hold", "quarantin", "await", "waiting for", "pending", "pendiente", "moderat",
    "moderador", "release your", "been posted", "verif", "confirm", "prove", "authenticat",
    "challenge", "tira-teima", "antispam uol", "bestätigung", "en attente", "clique aqui",
    "encaminhada",
)  # fmt: skip
_ACTS: Final = (
    "release", "review", "retrieve", "recover", "restore", "view", "allow", "verify", "confirm",
    "validate", "upgrade",
)  # fmt: skip
_ACT: Final = rf"(?:{'|'.join(_ACTS)})"
# One of these stands in all that the next pattern looks for.
_LURES: Final = (*_ACTS, "failure to", "your password", "your mailbox", "your account")
_LURE: Final = re.compile(
    rf"\b(?:click|tap|go|proceed|login|log in|sign in)\b[^.\n]{{0,60}}?\b(?:to|and) (?:re-?)?{_ACT}"
    rf"|\b(?:re-?)?{_ACT} (?:\w{{1,12}} ){{0,3}}"
    r"(?:mailbox|account|password|identity|storage|quota|(?:pending|undelivered|held|delayed|blocked"
    r"|incoming|unreceived|failed) (?:e-?mails?|messages?))\b"
    r"|\bfailure to (?:verify|confirm|comply|do so|upgrade)\b"
    r"|\byour (?:password|mailbox|account) (?:will|is about to|is set to) (?:expire"
    r"|be (?:closed|deleted|suspended|deactivated|terminated))",
    re.IGNORECASE,
)
_PROGRAM: Final = re.compile(
    r"\.(?:exe|scr|pif|com|bat|cmd|vbs|vbe|js|jse|jar|wsf|hta|cpl|lnk|iso|img|msi|ps1)[\"'\s]*$",
    re.IGNORECASE,
)
_ARCHIVE: Final = re.compile(
    r"\.(?:zip|rar|7z|ace|gz|cab|arj|z|xz|html?|shtml|docm?|xlsm?|one)[\"'\s]*$", re.IGNORECASE
)


def read(message: Part, notice: Notice) -> Report | None:
    """Return what *message* really is, or None: it may be a notice of failure after all."""
    text = notice.text[:8_000]
    if (waits := _waits(text)) and not _REFUSED.search(text):
        return _report(Kind.AUTO_REPLY, "auto_reply", f"the message waits: {waits}")
    if notice.returned or _returns(message):
        return None
    if because := _bait(message, told=bool(_REPLIED.search(text))) or _lure(text):
        pretends = from_daemon(message) or is_failing(message)
        return _report(Kind.UNRECOGNISED if pretends else Kind.OTHER, "none", because)
    return None


def _waits(text: str) -> str:
    low = text.lower()
    if not any(sign in low for sign in _SIGNS):
        return ""
    for held in () if _KEPT.search(text) else _HELD.finditer(text):
        if _MESSAGE.search(text[max(0, held.start() - 200) : held.start()]):
            return " ".join(held[0].split())
    waits = _WAITS.search(text)
    return " ".join(waits[0].split())[:80] if waits else ""


def _returns(message: Part) -> bool:
    return any(is_returned(part) for part in message.walk(into_messages=False))


def _lure(text: str) -> str:
    low = text.lower()
    lure = _LURE.search(text) if any(sign in low for sign in _LURES) else None
    return f"it wants its reader to act: {' '.join(lure[0].split())[:80]}" if lure else ""


def _bait(message: Part, *, told: bool) -> str:
    """Name the attached program, or an archive where a bounce has the message it returns.

    A notice that quotes a server's reply, *told*, may enclose the returned message in an archive.
    """
    for part in message.walk(into_messages=False):
        how = part.headers.text("Content-Disposition")[:1_000]
        if part.type.startswith("text/") and not how.lower().startswith("attachment"):
            continue  # the notice itself may have a name
        names = f"{how}\n{part.headers.text('Content-Type')[:1_000]}"
        for file in re.findall(r"name\*?=([^;\n]{1,200})", names, re.IGNORECASE):
            if _PROGRAM.search(file) or (not told and _ARCHIVE.search(file)):
                return f"a file in the place of the returned message: {file.strip()[:80]}"
    return ""


def _report(kind: Kind, source: str, because: str) -> Report:
    return Report(kind=kind, source=source, because=because)
