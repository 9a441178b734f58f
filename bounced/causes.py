"""What a failed delivery is put down to: the vocabulary of ``cause``, as one table."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Type(StrEnum):
    """Hard: this address will not accept mail.  Soft: it may, later."""

    HARD = "hard"
    SOFT = "soft"


class Scope(StrEnum):
    """Whose fault a failure is."""

    RECIPIENT = "recipient"
    DOMAIN = "domain"
    MESSAGE = "message"
    SENDER = "sender"
    POLICY = "policy"


class Info(NamedTuple):
    """One row of the table; ``counts``: a soft failure adds to the address's consecutive count."""

    type: Type
    scope: Scope
    counts: bool
    means: str


class Cause(StrEnum):
    """Why a delivery failed."""

    MAILBOX_UNKNOWN = "mailbox_unknown"
    MAILBOX_DISABLED = "mailbox_disabled"
    MAILBOX_MOVED = "mailbox_moved"
    MAILBOX_FULL = "mailbox_full"
    DOMAIN_UNKNOWN = "domain_unknown"
    DOMAIN_NO_MAIL = "domain_no_mail"
    SERVER_DOWN = "server_down"
    SERVER_ERROR = "server_error"
    MESSAGE_TOO_LARGE = "message_too_large"
    SPAM_CONTENT = "spam_content"
    VIRUS_CONTENT = "virus_content"
    MALFORMED_MESSAGE = "malformed_message"
    SENDER_BLOCKED = "sender_blocked"
    SENDER_UNAUTHENTICATED = "sender_unauthenticated"
    RATE_LIMITED = "rate_limited"
    RELAY_DENIED = "relay_denied"
    TLS_FAILED = "tls_failed"
    PROTOCOL_ERROR = "protocol_error"
    POLICY_REJECTED = "policy_rejected"
    COMPLAINT = "complaint"
    SUPPRESSED = "suppressed"
    UNKNOWN = "unknown"

    @property
    def info(self) -> Info:
        """Return this cause's row of the table."""
        return CAUSES[self]


_HARD, _SOFT = Type.HARD, Type.SOFT

# fmt: off
CAUSES: dict[Cause, Info] = {
    Cause.MAILBOX_UNKNOWN: Info(_HARD, Scope.RECIPIENT, True,
        "the address does not exist: user unknown, no such mailbox"),
    Cause.MAILBOX_DISABLED: Info(_HARD, Scope.RECIPIENT, True,
        "the mailbox exists but is disabled, suspended, inactive or expired"),
    Cause.MAILBOX_MOVED: Info(_HARD, Scope.RECIPIENT, True,
        "the recipient has moved, with or without a new address"),
    Cause.MAILBOX_FULL: Info(_SOFT, Scope.RECIPIENT, True,
        "over quota, whatever the code (552 5.2.2 is permanent by number and temporary in fact)"),
    Cause.DOMAIN_UNKNOWN: Info(_HARD, Scope.DOMAIN, True,
        "the domain or host does not exist in DNS"),
    Cause.DOMAIN_NO_MAIL: Info(_HARD, Scope.DOMAIN, True,
        "the domain says that it accepts no mail: null MX, 556, 521"),
    Cause.SERVER_DOWN: Info(_SOFT, Scope.DOMAIN, True,
        "no connection, timeout, network or DNS server failure, retry time exceeded"),
    Cause.SERVER_ERROR: Info(_SOFT, Scope.DOMAIN, True,
        "the remote system's own fault: local error, disk full, loop, failed delivery program, "
        "misconfiguration"),
    Cause.MESSAGE_TOO_LARGE: Info(_SOFT, Scope.MESSAGE, True,
        "the message is larger than the recipient or the system takes"),
    Cause.SPAM_CONTENT: Info(_SOFT, Scope.MESSAGE, False,
        "the content was judged to be spam"),
    Cause.VIRUS_CONTENT: Info(_SOFT, Scope.MESSAGE, False,
        "malware, or an attachment that is not allowed"),
    Cause.MALFORMED_MESSAGE: Info(_SOFT, Scope.MESSAGE, False,
        "broken or non-conforming headers or MIME, no conversion possible"),
    Cause.SENDER_BLOCKED: Info(_SOFT, Scope.SENDER, False,
        "the sending host, address or domain is blocked or of bad reputation: DNS block list, "
        "firewall, no reverse DNS"),
    Cause.SENDER_UNAUTHENTICATED: Info(_SOFT, Scope.SENDER, False,
        "SPF, DKIM, DMARC or ARC failed"),
    Cause.RATE_LIMITED: Info(_SOFT, Scope.SENDER, False,
        "too many messages, connections or recipients; greylisting"),
    Cause.RELAY_DENIED: Info(_SOFT, Scope.SENDER, False,
        "the server does not relay for this sender; authentication wanted"),
    Cause.TLS_FAILED: Info(_SOFT, Scope.SENDER, False,
        "STARTTLS wanted and absent, or it failed; certificate or DANE or MTA-STS failure"),
    Cause.PROTOCOL_ERROR: Info(_SOFT, Scope.SENDER, False,
        "SMTP syntax or sequence error"),
    Cause.POLICY_REJECTED: Info(_SOFT, Scope.POLICY, False,
        "this recipient or organisation refuses this mail by a rule of its own: restricted list, "
        "not on a whitelist, recipient filter"),
    Cause.COMPLAINT: Info(_HARD, Scope.RECIPIENT, True,
        "the recipient reported the mail as spam (RFC 5965 feedback report)"),
    Cause.SUPPRESSED: Info(_HARD, Scope.RECIPIENT, True,
        "the sending platform's own suppression list refused it before it was sent"),
    Cause.UNKNOWN: Info(_SOFT, Scope.POLICY, True,
        "nothing in the report says why"),
}
# fmt: on
