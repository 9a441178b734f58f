"""A count of errors, and a sentence for each."""

from __future__ import annotations

from collections.abc import Callable

from bounced.dialects import fulldetails
from bounced.model import Action, Typed
from bounced.report.prose import Notice

START = "We had trouble delivering your message. Full details follow:\n\n1 error(s):\n\n"


def test_both_sentences_have_a_server_and_a_reply(stored: Callable[[str], Notice]) -> None:
    """One names the recipient in the middle, the other at its beginning."""
    first, second = fulldetails.read(stored("fulldetails/two-sentences"))
    assert first.diagnostic_code == Typed("smtp", "550 5.1.1 no such user")
    assert first.remote_mta == Typed("dns", "mx.example.com")
    assert second.diagnostic_code == Typed("smtp", "554 5.7.1 message looks like spam")


def test_an_error_may_be_temporary_and_of_several(notice: Callable[..., Notice]) -> None:
    """A list with commas; an address of a server is no host name."""
    text = START + (
        "The following recipients returned temporary errors: a@example.com, b@example.com. "
        "Reason: SMTP Server <192.0.2.1> refused to talk [421 later]\n"
    )
    found = fulldetails.read(notice(text))
    assert [one.address for one in found] == ["a@example.com", "b@example.com"]
    assert {one.action for one in found} == {Action.DELAYED}
    assert {one.remote_mta for one in found} == {None}


def test_a_sentence_of_another_kind_names_nobody(notice: Callable[..., Notice]) -> None:
    """Advice, for instance."""
    assert fulldetails.read(notice(START + "Write to postmaster@example.com\n")) == ()
    assert fulldetails.read(notice("SMTP Server <x> rejected recipient <a@example.com>\n")) == ()
