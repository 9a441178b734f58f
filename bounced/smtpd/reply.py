"""Every reply that a client can get, in one table.  RFC 5321 §4.2, RFC 3463, RFC 5248.

Condition -> code, enhanced status, text.  The texts are constant: nothing of an exception, of a
path or of what the client wrote ever stands in one.  Whatever is not in the table is
``451 4.3.0``: the sender keeps the message and comes back.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from bounced.errors import StoreFullError

_TEMPORARY, _PERMANENT = 400, 500


class Row(NamedTuple):
    """One reply; ``enhanced`` is ``""`` where RFC 2034 §4 wants none.

    A text of several lines makes a reply of several lines: what EHLO is answered.
    """

    code: int
    enhanced: str
    text: str

    @property
    def permanent(self) -> bool:
        """Whether the client is not to try that again.  RFC 5321 §4.2.1."""
        return self.code >= _PERMANENT

    @property
    def temporary(self) -> bool:
        """Whether the client is to try that again later."""
        return _TEMPORARY <= self.code < _PERMANENT

    def __str__(self) -> str:
        """Return the reply as it is sent, without its last end of line."""
        *lines, last = self.text.split("\n")
        head = f"{self.code} {self.enhanced}".rstrip()
        return "\r\n".join([*(f"{self.code}-{line}" for line in lines), f"{head} {last}"])


OK: Final = Row(250, "2.0.0", "Ok")
REVERSE_PATH_OK: Final = Row(250, "2.1.0", "Ok")
FORWARD_PATH_OK: Final = Row(250, "2.1.5", "Ok")
NOT_VERIFIED: Final = Row(252, "2.0.0", "Not told here, send the message and see")
READY_FOR_TLS: Final = Row(220, "2.0.0", "Ready to start TLS")
BYE: Final = Row(221, "2.0.0", "Bye")
SEND_DATA: Final = Row(354, "", "End data with <CR><LF>.<CR><LF>")

STOPPING: Final = Row(421, "4.3.2", "Service is stopping, try again in a moment")
IDLE: Final = Row(421, "4.4.2", "Nothing heard for too long, closing")
TOO_SLOW: Final = Row(421, "4.4.2", "Message comes too slowly, closing")
SESSION_OVER: Final = Row(421, "4.4.2", "Connection was open for long enough, closing")
TOO_MANY_CONNECTIONS: Final = Row(421, "4.7.0", "Too many connections, try again later")
TOO_MANY_OF_CLIENT: Final = Row(421, "4.7.0", "Too many connections of yours, try again later")
TOO_MANY_MESSAGES: Final = Row(421, "4.7.0", "Too many messages of yours, try again in a minute")
TOO_MANY_COMMANDS: Final = Row(421, "4.7.0", "Too many commands, closing")
TOO_MANY_ERRORS: Final = Row(421, "4.7.0", "Too many errors, closing")
ENDLESS_LINE: Final = Row(421, "4.7.0", "Command line does not end, closing")
NEVER_ENDS: Final = Row(421, "4.3.4", "Message is far too large, closing")
BROKEN: Final = Row(421, "4.3.0", "Local error, closing, try again later")
LOCAL_ERROR: Final = Row(451, "4.3.0", "Local error, try again later")
FULL: Final = Row(452, "4.3.1", "No space left for the moment, try again later")
TOO_MANY_RECIPIENTS: Final = Row(452, "4.5.3", "Too many recipients")

LINE_TOO_LONG: Final = Row(500, "5.5.2", "Command line too long")
NO_SUCH_COMMAND: Final = Row(500, "5.5.1", "Command not recognized")
SYNTAX: Final = Row(501, "5.5.4", "Syntax error in the argument")
BAD_REVERSE_PATH: Final = Row(501, "5.1.7", "Bad reverse path, write MAIL FROM:<address>")
BAD_FORWARD_PATH: Final = Row(501, "5.1.3", "Bad forward path, write RCPT TO:<address>")
NOT_OFFERED: Final = Row(502, "5.5.1", "Command not offered")
HELLO_FIRST: Final = Row(503, "5.5.1", "Say EHLO first")
LHLO_FIRST: Final = Row(503, "5.5.1", "Say LHLO first")
MAIL_FIRST: Final = Row(503, "5.5.1", "Send MAIL first")
RCPT_FIRST: Final = Row(503, "5.5.1", "Send RCPT first")
TLS_TWICE: Final = Row(503, "5.5.1", "TLS is on already")
MAIL_TWICE: Final = Row(503, "5.5.1", "MAIL was given already")
NOT_OURS: Final = Row(550, "5.1.1", "No such recipient here")
FORGED: Final = Row(550, "5.7.1", "The signature of this address is wrong")
TOO_LARGE: Final = Row(552, "5.3.4", "Message is too large")

NOT_FOR_US: Final = (NOT_OURS, FORGED)
"""Refused recipients: no error of who sends, as one message may have many of them."""

ERRORS: Final[tuple[tuple[type[BaseException], Row], ...]] = ((StoreFullError, FULL),)
"""What an exception means to the sender, the first match counts; all others are LOCAL_ERROR."""


def for_error(error: BaseException) -> Row:
    """Return what the sender is told of a failure on our side; always a 4xx."""
    return next((row for kind, row in ERRORS if isinstance(error, kind)), LOCAL_ERROR)


def queued(queue_id: str) -> Row:
    """Return the reply that takes responsibility for a message."""
    return Row(OK.code, OK.enhanced, f"{OK.text}: queued as {queue_id}")
