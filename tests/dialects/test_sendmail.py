"""The lists and the transcript of Sendmail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from bounced.dialects import sendmail
from bounced.model import Action, Typed
from bounced.report.prose import Notice


def test_the_whole_reply_is_taken_from_the_transcript(stored: Callable[[str], Notice]) -> None:
    """The list has the first line of a reply only."""
    _, full, program = sendmail.read(stored("sendmail/several-fates"))
    assert full.diagnostic_code is not None
    assert full.diagnostic_code.value.endswith("552 5.2.2 been seen for a while.")
    assert full.remote_mta == Typed("dns", "mx.example.net")
    assert program.original_recipient == Typed("rfc822", "desk@example.org")


def test_the_replies_of_others_are_not_mixed_in(stored: Callable[[str], Notice]) -> None:
    """`503 Need RCPT` behind a refused DATA belongs to nobody."""
    (found,) = sendmail.read(stored("sendmail/user-unknown-with-report"))
    assert "503" not in (found.diagnostic_code or ("", ""))[1]


def test_a_transcript_alone_names_its_recipients(stored: Callable[[str], Notice]) -> None:
    """Sendmail 5 has no lists; a line about a host is no recipient."""
    found = sendmail.read(stored("sendmail/v5-transcript"))
    assert [one.address for one in found] == ["nobody@example.com", "anna@example.net"]


def test_a_host_that_is_down_names_nobody(notice: Callable[..., Notice]) -> None:
    """Sendmail 5 tells the host: the address is left open, and a defect says so."""
    text = (
        "   ----- Transcript of session follows -----\n"
        "421 example.com (smtp)... Deferred: Connection timed out with example.com\n"
    )
    (found,) = sendmail.read(notice(text))
    assert (found.address, found.defects[0].field) == (None, "recipient")


def test_notes_behind_an_address_tell_the_action(notice: Callable[..., Notice]) -> None:
    """Sendmail 8.7 lists all kinds under one heading."""
    text = (
        "   ----- The following addresses have delivery notifications -----\n"
        "<a@example.com>  (relayed to non-DSN-aware mailer)\n"
        "<b@example.com>  (transient failure)\n"
        "<c@example.com>  (expanded by mailing list)\n"
        "<d@example.com>  (unrecoverable error)\n"
    )
    actions = [one.action for one in sendmail.read(notice(text))]
    assert actions == [Action.RELAYED, Action.DELAYED, Action.EXPANDED, Action.FAILED]


def test_other_mail_is_not_its_own(notice: Callable[..., Notice]) -> None:
    """No list and no transcript: nothing."""
    assert sendmail.read(notice("550 5.1.1 <a@example.com>... User unknown\n")) == ()


def test_a_lost_body_is_a_bounce_only_of_the_daemon(notice: Callable[..., Notice]) -> None:
    """Sendmail prints the same for any message whose file it lost."""
    text = "<<< No Message Collected >>>\n"
    assert sendmail.read(notice(text, From="anna@example.com")) == ()
    (failed,) = sendmail.read(notice(text, Subject="Returned mail: see transcript for details"))
    (late,) = sendmail.read(notice(text, Subject="Warning: could not send message for 4 hours"))
    assert (failed.action, late.action) == (Action.FAILED, Action.DELAYED)
    assert failed.address is None


def test_a_host_alone_blames_nobody_unless_all_is_to_there(stored: Callable[[str], Notice]) -> None:
    """The one address of the returned message in that very domain, with a defect that says so."""
    (found,) = sendmail.read(stored("sendmail/v5-host-deferred"))
    assert found.address == "reader@example.com"
    assert "only the host is named" in found.defects[0].text
    (other,) = sendmail.read(stored("sendmail/v5-host-of-another"))
    assert other.address is None


def test_two_addresses_in_the_returned_message_are_too_many(notice: Callable[..., Notice]) -> None:
    """Either may be the one, and both may be well."""
    text = "   ----- Transcript of session follows -----\n421 example.com (smtp)... Deferred: no\n"
    two = replace(notice(text), returned="To: a@example.com\nCc: b@example.com\n\nhi\n")
    (found,) = sendmail.read(two)
    assert found.address is None
