"""Microsoft 365."""

from __future__ import annotations

from collections.abc import Callable

from bounced.dialects import office365
from bounced.model import Action
from bounced.report.prose import Notice

DETAILS = """The message was not accepted.

Original Message Details
Sender Address:  news@example.org
Recipient Address:  anna@example.com

Error Details
Error:  550 5.7.1 Rejected
"""
MARK = {"X_MS_Exchange_Message_Is_Ndr": ""}


def test_a_person_who_writes_the_sentence_is_not_microsoft(notice: Callable[..., Notice]) -> None:
    """It counts from a mail system only."""
    text = "Your message to a@example.com couldn't be delivered, it says."
    assert office365.read(notice(text, From="Karl <karl@example.com>")) == ()


def test_the_sender_in_the_details_is_not_the_recipient(notice: Callable[..., Notice]) -> None:
    """The second of the two addresses is, and in HTML each stands below its label."""
    for text in (DETAILS, DETAILS.replace(":  ", ":\n")):
        [one] = office365.read(notice(text, From="postmaster@example.com", **MARK))
        assert (one.address, one.action) == ("anna@example.com", Action.FAILED)
        assert one.diagnostic_code == ("smtp", "550 5.7.1 Rejected")


def test_an_unknown_language_needs_the_mark_and_the_error(notice: Callable[..., Notice]) -> None:
    """Any sentence with an address from a postmaster proves nothing."""
    text = "Wiadomość do a@example.com nie dotarła.\n"
    error = "Błąd: 550 5.1.10 nie ma\n"
    ours = {"From": "postmaster@example.com"}
    assert office365.read(notice(text + error, **ours)) == ()
    assert office365.read(notice(text, **ours, **MARK)) == ()
    assert office365.read(notice(text + error, **ours, **MARK))[0].address == "a@example.com"


def test_the_address_is_whole_where_it_begins_the_line(stored: Callable[[str], Notice]) -> None:
    """As in Japanese; half an address would be another person's."""
    [one] = office365.read(stored("office365/japanese"))
    assert one.address == "nobody@example.net"


def test_a_sentence_further_down_is_not_the_one(notice: Callable[..., Notice]) -> None:
    """It may name the sender, whose address the notice went to may be another one."""
    text = "Odrzucono.\n" * 8 + "Od: x\nnadawca news@example.org\nBłąd: 550 5.7.1 nie\n"
    assert office365.read(notice(text, From="postmaster@example.com", **MARK)) == ()
