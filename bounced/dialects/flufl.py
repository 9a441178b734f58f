"""flufl.bounce 6, for what nobody else reads: it gives addresses and no reasons.

The only file that knows the library.  It is shown a plain message made of the notice's own words,
so that it can neither find the returned message nor meet the MIME that makes it raise; and whatever
it raises all the same is nothing found.
"""

from __future__ import annotations

from email.message import Message
from email.utils import getaddresses
from typing import Final

from flufl.bounce import all_failures

from bounced.dialects._blame import FOUND, asks, blamable, correspondents
from bounced.dialects._entry import address, unique
from bounced.dialects._failing import looks_failing
from bounced.model import Action, RecipientStatus
from bounced.report.prose import Notice

SIGNS: Final = ()  # the same
MAX_LINE: Final = 1_000  # some of its patterns take quadratic time in the length of a line
MAX_LINES: Final = 1_000


def read(notice: Notice) -> tuple[RecipientStatus, ...]:
    """Return the addresses that flufl.bounce finds in a notice that looks like a failure."""
    if "@" not in notice.text or not looks_failing(notice):
        return ()
    others = correspondents(notice)
    lines = [line.lower() for line in notice.text.split("\n") if "@" in line and not asks(line)]
    if not any(_foreign(line, others) for line in lines):
        return ()  # nobody it could name: it takes long to find that out
    message = _message(notice)
    try:
        if not getaddresses([message["From"]]):
            return ()  # it would raise as well, but log that with a traceback
        temporary, permanent = all_failures(message)
    except Exception:  # noqa: BLE001 -- its detectors raise whatever their input provokes
        return ()
    return unique(
        RecipientStatus(address=who, action=action, source="flufl", part=notice.part)
        for action, found in ((Action.FAILED, permanent), (Action.DELAYED, temporary))
        for who in sorted(filter(None, (address(_text(one)) for one in found)))
        if who.lower() not in others and any(who.lower() in line for line in lines)
    )


def _foreign(line: str, others: frozenset[str]) -> bool:
    return any(
        blamable(found[0], line[max(0, found.start() - 60) : found.start()], others)
        for found in FOUND.finditer(line)
    )


def _text(found: bytes | str) -> str:
    return found.decode("utf-8", "replace") if isinstance(found, bytes) else found


def _message(notice: Notice) -> Message:
    message = Message()
    for name, value in (("From", notice.from_), ("Subject", notice.subject)):
        message[name] = (
            value.encode("ascii", "replace").decode("ascii").replace("\n", " ")[:MAX_LINE]
        )
    lines = notice.text.split("\n", MAX_LINES)[:MAX_LINES]
    message.set_payload(
        "\n".join(line[:MAX_LINE].encode("ascii", "replace").decode("ascii") for line in lines)
    )
    return message
