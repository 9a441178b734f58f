"""The vocabulary: every value that crosses a module boundary.

Names are RFC field names in snake_case: RFC 5321 (envelope), RFC 3464 (delivery status), RFC 3463
(status codes), RFC 5965 (feedback).  Everything is frozen.  "Absent" is ``None``; "present but
empty" is ``""``.  What an MTA said and what we concluded from it are never the same field.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple, Self

from bounced.causes import Cause, Scope, Type

DEFAULT_STREAM: Final = "default"
"""The mail stream of whatever belongs to no other."""


class Kind(StrEnum):
    """What one message is.  Only ``bounce`` and ``complaint`` change the state of an address."""

    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    AUTO_REPLY = "auto_reply"
    MDN = "mdn"
    REPORT = "report"
    OTHER = "other"
    UNRECOGNISED = "unrecognised"

    @property
    def about_somebody(self) -> bool:
        """Whether it is about somebody whom we have mailed."""
        return self in (Kind.BOUNCE, Kind.COMPLAINT)


class Action(StrEnum):
    """What the reporting MTA did with one recipient.  RFC 3464 §2.3.3."""

    FAILED = "failed"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    RELAYED = "relayed"
    EXPANDED = "expanded"


class Trust(StrEnum):
    """How far a report may be believed.

    Signed: it came to a return path that only we can make; expired: to one whose time is over;
    forged: to one that looks so and is not.  Correlated: it returns a message that we were told of.
    """

    SIGNED = "signed"
    EXPIRED = "expired"
    CORRELATED = "correlated"
    UNSIGNED = "unsigned"
    FORGED = "forged"


class Match(StrEnum):
    """How we know whom we mailed; the first that applies, in this order."""

    SIGNED = "signed"
    VERP = "verp"
    ENVELOPE_ID = "envelope_id"
    MESSAGE_ID = "message_id"
    HEADER = "header"
    ORIGINAL_RECIPIENT = "original_recipient"
    FINAL_RECIPIENT = "final_recipient"


class Typed(NamedTuple):
    """A ``type; value`` field such as Final-Recipient or Diagnostic-Code.  RFC 3464 §2.1.2.

    ``type`` is lower-cased, and ``""`` where the field had none; ``value`` is as it came.
    """

    type: str
    value: str


_STATUS = re.compile(r"(?<![\w.@:/-])([245])\.(\d{1,3})\.(\d{1,3})(?!\.?\d)(?![\w@/])", re.ASCII)


class Status(NamedTuple):
    """An enhanced mail system status code.  RFC 3463 §2."""

    class_: int
    subject: int
    detail: int

    @classmethod
    def find(cls, text: str) -> Self | None:
        """Return the first status code in *text*; IP addresses and versions do not count."""
        found = _STATUS.search(text)
        return cls(*map(int, found.groups())) if found else None

    @property
    def says_nothing(self) -> bool:
        """Whether this is X.0.0: no better code known.  RFC 3461 §6.3(g)."""
        return self.subject == 0 and self.detail == 0

    def __str__(self) -> str:
        return f"{self.class_}.{self.subject}.{self.detail}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What the SMTP dialogue told about a message; unknown for a bare file.  RFC 5321 §2.3.1."""

    reverse_path: str | None = None  # "" is the null reverse-path <>
    forward_paths: tuple[str, ...] = ()
    parameters: str = ""  # of MAIL, as they were written: "SIZE=1234 AUTH=<>"; RFC 5321 §4.1.1.11
    forward_parameters: tuple[str, ...] = ()  # of each RCPT: "NOTIFY=NEVER"


@dataclass(frozen=True, slots=True, kw_only=True)
class Defect:
    """Something a reader had to repair or ignore.  Never an exception: the report goes on."""

    field: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientStatus:
    """What a notice says of one recipient.  RFC 3464 §2.3.

    ``address`` is the one to act on, as it came but without brackets, comments, source route or
    type: Final-Recipient, or Original-Recipient where the final one is no Internet address.  It is
    ``None`` where the notice hides it.  ``words`` is what the notice's prose says of this recipient
    beside the structured fields.  ``source`` names the reader and ``part`` the part of the message
    (``"1.2"``, as in IMAP) that it was found in.
    """

    address: str | None = None
    final_recipient: Typed | None = None
    original_recipient: Typed | None = None
    action: Action | None = None
    status: Status | None = None
    remote_mta: Typed | None = None
    diagnostic_code: Typed | None = None
    last_attempt_date: datetime | None = None
    final_log_id: str | None = None
    will_retry_until: datetime | None = None
    words: str | None = None
    source: str = ""
    part: str = ""
    extensions: tuple[tuple[str, str], ...] = ()
    defects: tuple[Defect, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """What the copy in the notice tells of the message that did not arrive.  RFC 6522 §3."""

    message_id: str | None = None
    from_: str | None = None
    to: str | None = None
    subject: str | None = None
    date: datetime | None = None
    list_id: str | None = None
    headers: tuple[tuple[str, str], ...] = ()  # further chosen ones, names lower-cased
    part: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """The fields of a feedback report beside its recipients.  RFC 5965 §3."""

    feedback_type: str | None = None
    user_agent: str | None = None
    version: str | None = None
    original_mail_from: str | None = None
    original_rcpt_to: tuple[str, ...] = ()
    arrival_date: datetime | None = None
    source_ip: str | None = None
    reporting_mta: Typed | None = None
    reported_domain: tuple[str, ...] = ()
    incidents: int | None = None
    extensions: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All that the readers found in one message.

    ``because`` says in a few words why the message is of its kind (``"message/delivery-status in
    part 2"``); ``source`` names the reader that decided it.
    """

    kind: Kind
    source: str
    because: str = ""
    recipients: tuple[RecipientStatus, ...] = ()
    reporting_mta: Typed | None = None
    original_envelope_id: str | None = None
    arrival_date: datetime | None = None
    dsn_gateway: Typed | None = None
    received_from_mta: Typed | None = None
    returned: Returned | None = None
    feedback: Feedback | None = None
    message_id: str | None = None
    from_: str | None = None
    subject: str | None = None
    date: datetime | None = None
    extensions: tuple[tuple[str, str], ...] = ()
    defects: tuple[Defect, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Why one recipient failed, which rule said so, and the very words that decided."""

    cause: Cause
    rule: str
    evidence: str

    @property
    def type(self) -> Type:
        """Hard or soft, by the cause."""
        return self.cause.info.type

    @property
    def scope(self) -> Scope:
        """Whose fault it is, by the cause."""
        return self.cause.info.scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One recipient of a report with its verdict; ``None`` where nothing failed.

    ``status`` and ``smtp_code`` are the codes that the notice states: of the Status field, or of
    the diagnostic where the field is absent or X.0.0.  Neither is ever made up.  ``mailed`` is the
    address that we have mailed, where that is known to be another than the one reported; ``aside``
    is why this says nothing about anybody whom we have mailed.
    """

    recipient: RecipientStatus
    verdict: Verdict | None
    status: Status | None = None
    smtp_code: int | None = None
    mailed: str | None = None
    aside: str | None = None

    @property
    def address(self) -> str | None:
        """The address to act on."""
        return self.mailed or self.recipient.address


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Whose message one is about: how far it may be believed, which stream, how we know.

    ``stream`` is ``None`` where nothing tells it; ``matched`` where nothing tells whom we mailed.
    """

    trust: Trust = Trust.UNSIGNED
    matched: Match | None = None
    stream: str | None = None
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What the core makes of one message: the report, a verdict for each recipient, whose it is."""

    report: Report
    judged: tuple[Judged, ...] = ()
    claim: Claim = Claim()
