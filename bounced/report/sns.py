"""Amazon SES's own reports of bounces, complaints, deliveries: JSON, mailed by Amazon SNS.

    {"notificationType": "Bounce", "bounce": {"bouncedRecipients": [{"emailAddress": ...}], ...}}

Source: the SES developer guide, "Amazon SNS notification contents for Amazon SES".
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from bounced.model import Action, Feedback, Kind, RecipientStatus, Report, Returned, Status, Typed
from bounced.report.mime import Part

SOURCE: Final = "ses"
_START: Final = re.compile(r'^\s{0,10}(?=\{\s{0,10}"(?:notificationType|eventType|Type)")')
# SES's sub-types say more than its bounce type does; the words are for the rules to judge.
_RECIPIENTS: Final = {
    "bounce": "bouncedRecipients",
    "complaint": "complainedRecipients",
    "delivery": "recipients",
    "deliverydelay": "delayedRecipients",
    "reject": "destination",  # of the mail, which had a virus in it and was never sent
}
_ACTIONS: Final = {
    "bounce": Action.FAILED,
    "delivery": Action.DELIVERED,
    "deliverydelay": Action.DELAYED,
    "reject": Action.FAILED,
}
# What the notice is about stands under its name, which event publishing writes with a capital.
_ABOUT: Final = {"deliverydelay": "deliveryDelay"}


def read(message: Part) -> Report | None:
    """Return the report in the JSON of an SNS notification mail, or None where there is none."""
    for part in message.walk(into_messages=False):
        if part.type == "text/plain" and _START.match(part.text[:200]):
            notice = _decode(part.text)
            name = str(notice.get("notificationType") or notice.get("eventType") or "").lower()
            about = notice.get(_ABOUT.get(name, name))
            if name in _RECIPIENTS and isinstance(about, dict):
                return _report(name, about, notice.get("mail"), part.path)
    return None


def _decode(text: str) -> Mapping[str, Any]:
    """Read the first JSON object; a mail program may have folded the line inside a string."""
    joined = re.sub(r"\n[ \t]?", "", text.lstrip())
    try:
        found, _ = json.JSONDecoder(strict=False).raw_decode(joined)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(found, dict):
        return {}
    # Without "raw message delivery" SNS wraps the notice, as a string, in an object of its own.
    wrapped = found.get("Message")
    return _decode(wrapped) if isinstance(wrapped, str) and "Type" in found else found


def _report(name: str, about: Mapping[str, Any], mail: object, path: str) -> Report:
    holder = mail if name == "reject" and isinstance(mail, dict) else about
    rows = holder.get(_RECIPIENTS[name])
    because = f"an Amazon SES notification of a {name}"
    recipients = (
        tuple(_recipient(name, row, about, path) for row in rows) if isinstance(rows, list) else ()
    )
    returned = _returned(mail)
    if name == "complaint" and about.get("complaintFeedbackType") == "not-spam":
        return Report(kind=Kind.REPORT, source=SOURCE, because=f"{because}: not-spam")
    if name == "complaint":
        feedback = Feedback(
            feedback_type=_text(about.get("complaintFeedbackType")) or "abuse",
            original_rcpt_to=tuple(one.address for one in recipients if one.address),
        )
        return Report(
            kind=Kind.COMPLAINT, source=SOURCE, because=because, recipients=recipients,
            feedback=feedback, returned=returned,
        )  # fmt: skip
    return Report(
        kind=Kind.BOUNCE, source=SOURCE, because=because, recipients=recipients, returned=returned
    )


def _recipient(name: str, row: object, about: Mapping[str, Any], path: str) -> RecipientStatus:
    fields = row if isinstance(row, dict) else {"emailAddress": row}
    address = _text(fields.get("emailAddress"))
    answer = _text(about.get("smtpResponse"))
    kinds = map(about.get, ("bounceType", "bounceSubType", "delayType", "reason"))
    return RecipientStatus(
        address=address if "@" in address else None,
        action=Action.DELAYED if fields.get("action") == "delayed" else _ACTIONS.get(name),
        status=Status.find(_text(fields.get("status")) or answer),
        diagnostic_code=_diagnostic(_text(fields.get("diagnosticCode")) or answer),
        words=" ".join(filter(None, map(_text, kinds))) or None,
        source=SOURCE,
        part=path,
    )


def _text(value: object) -> str:
    """Return *value* if it is a string; JSON may escape half a surrogate pair, which is no text."""
    if not isinstance(value, str):
        return ""
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _diagnostic(value: str) -> Typed | None:
    if not value:
        return None
    head, semicolon, tail = value.partition(";")
    return (
        Typed(head.strip().lower(), tail.strip())
        if semicolon and " " not in head.strip()
        else Typed("smtp", value)
    )


def _returned(mail: object) -> Returned | None:
    if not isinstance(mail, dict):
        return None
    common = mail.get("commonHeaders")
    headers = common if isinstance(common, dict) else {}
    return Returned(
        message_id=_text(headers.get("messageId")) or None,
        subject=_text(headers.get("subject")) or None,
    )
