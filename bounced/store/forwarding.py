"""What came to a bounce address and is no bounce: which of it goes to a person.  Pure.

RFC 3461 §5.2.7.1 asks that a person sees what the program at a return address does not recognise.
RFC 3834 and RFC 5321 §4.5.5 ask that programs never talk to each other in circles.
"""

from __future__ import annotations

import re
from typing import Any, Final

from bounced.model import Kind
from bounced.report import mime
from bounced.store.values import Incoming

MARK: Final = "X-Bounced-Forward"
"""The field of what we forward; what has it has been here before."""

_HEADER_BLOCK: Final = 262_144
_END: Final = re.compile(rb"\r?\n\r?\n")
_MAX_HOPS: Final = 50


def refusal(incoming: Incoming) -> str | None:
    """Return why a message is not forwarded, ``None`` where it may be.

    A letter from a person is, with a sender, and written by hand; a notice that no reader
    understands is, whoever sent it, because a lost bounce may hide in it.  Nothing is that we have
    forwarded before, or that goes round and round.
    """
    fields = _fields(incoming.raw)
    if fields.get(MARK) is not None:
        return "it was forwarded by us before"
    if len(fields.all("Received")) > _MAX_HOPS:
        return f"it has gone through more than {_MAX_HOPS} hosts"
    if incoming.reading.report.kind is not Kind.OTHER:
        return None
    if incoming.envelope.reverse_path == "":
        return "it has no sender"
    submitted = (fields.get("Auto-Submitted") or "no").partition(";")[0].strip().lower()
    return None if submitted == "no" else f"it is automatic: {submitted[:60]}"


def told(incoming: Incoming) -> dict[str, Any]:
    """Return what the person is told about the message, beside the message itself."""
    report, envelope = incoming.reading.report, incoming.envelope
    return {
        "kind": report.kind,
        "because": report.because,
        "from": report.from_,
        "subject": report.subject,
        "reverse_path": envelope.reverse_path,
        "forward_paths": envelope.forward_paths,
        "queue_id": incoming.queue_id,
        "stream": incoming.stream,
    }


def _fields(raw: bytes) -> mime.Headers:
    head = raw[:_HEADER_BLOCK]
    start = len(head) - len(head.lstrip(b"\r\n"))
    end = _END.search(head, start)
    return mime.parse(head[: end.end()] if end else head).headers
