"""What a stored message still tells of its arrival: the envelope and the time.

RFC 5321 §4.4: final delivery puts the reverse path into Return-Path and the time into the topmost
Received field; Delivered-To, X-Original-To and Envelope-To are what MTAs write the forward path
into.  Pure: the clock is an argument.
"""

from __future__ import annotations

import re
from datetime import datetime

from bounced.model import Envelope
from bounced.report import fields, mime
from bounced.report.mime import Headers

_HEADER_BLOCK = 262_144
_END = re.compile(rb"\r?\n\r?\n")
_MBOX_SENDER = re.compile(rb"From (\S{1,320})")
_FORWARD = ("Delivered-To", "X-Original-To", "Envelope-To")


def headers(raw: bytes) -> Headers:
    """Return the header fields of a message, without a look at its body."""
    head = raw[:_HEADER_BLOCK]
    start = len(head) - len(head.lstrip(b"\r\n"))
    end = _END.search(head, start)
    return mime.parse(head[: end.end()] if end else head).headers


def envelope(raw: bytes) -> Envelope:
    """Return the envelope that the trace fields, or the line of an mbox, give for a message."""
    found = headers(raw)
    paths = dict.fromkeys(_path(value) for name in _FORWARD for value in found.all(name))
    return Envelope(
        reverse_path=_reverse_path(raw, found),
        forward_paths=tuple(path for path in paths if path),
    )


def _reverse_path(raw: bytes, found: Headers) -> str | None:
    stated = found.get("Return-Path")
    if stated is not None:
        return _path(stated)
    line = _MBOX_SENDER.match(raw)
    if not line:
        return None
    sender = line[1].decode("utf-8", "replace")
    # Programs that write an mbox put a name where the reverse path was empty.
    return sender if "@" in sender else ""


def _path(value: str) -> str:
    value = value.strip()
    return value[1:-1].strip() if value.startswith("<") and value.endswith(">") else value


def received_at(raw: bytes, now: datetime) -> datetime:
    """Return when a message came: by its topmost Received, its Date, or *now*; never later."""
    found = headers(raw)
    stated = (found.get("Received") or "").rpartition(";")[2].strip()
    came = fields.date(stated) or fields.date(found.get("Date") or "")
    return min(came, now) if came else now
