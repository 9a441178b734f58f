"""The paragraphs of Postfix."""

from __future__ import annotations

from collections.abc import Callable

from bounced.dialects import postfix
from bounced.model import Typed
from bounced.report.prose import Notice

PROGRAM = "This is the mail system at host mail.example.org.\n\n"


def test_the_other_servers_words_are_told_from_postfix_own(stored: Callable[[str], Notice]) -> None:
    """A reply is `smtp` with its host; what Postfix says itself is `x-postfix`."""
    unknown, _, nodomain, slow = postfix.read(stored("postfix/several-fates"))
    assert unknown.diagnostic_code == Typed(
        "smtp", "550 5.1.1 User unknown (in reply to RCPT TO command)"
    )
    assert unknown.remote_mta == Typed("dns", "mx.example.com")
    assert nodomain.diagnostic_code is not None
    assert nodomain.diagnostic_code.type == "x-postfix"
    assert slow.remote_mta == Typed("dns", "mx.example.edu")


def test_an_alias_names_both_addresses(stored: Callable[[str], Notice]) -> None:
    """`expanded from` is the address that was written to."""
    full = postfix.read(stored("postfix/several-fates"))[1]
    assert (full.address, full.original_recipient) == (
        "full@example.net",
        Typed("rfc822", "team@example.org"),
    )


def test_lines_that_lost_their_indent_stay_one_entry(notice: Callable[..., Notice]) -> None:
    """A continuation that begins with an address is no new recipient."""
    text = PROGRAM + (
        "<a@example.com>: host mx.example.com[192.0.2.1] said: 550 5.7.1\n"
        "<sender@example.org>: Sender address rejected (in reply to MAIL FROM command)\n"
    )
    assert [found.address for found in postfix.read(notice(text))] == ["a@example.com"]


def test_the_program_may_have_another_name(notice: Callable[..., Notice]) -> None:
    """Operators rename it: the sentence stays."""
    text = "This is the Examplemail program at host m.example.org.\n\n<a@example.com>: mail quota"
    assert postfix.read(notice(text))[0].address == "a@example.com"


def test_without_its_sentence_or_subject_it_is_not_postfix(notice: Callable[..., Notice]) -> None:
    """The paragraph alone proves nothing: people write so too."""
    assert postfix.read(notice("<a@example.com>: is my address")) == ()


def test_a_report_that_is_unavailable_names_nobody(notice: Callable[..., Notice]) -> None:
    """Postfix could not read its own log: no recipient is made up."""
    text = PROGRAM + "\t--- Delivery report unavailable ---\n"
    assert postfix.read(notice(text)) == ()


def test_a_quoted_or_utf8_local_part_is_an_address(notice: Callable[..., Notice]) -> None:
    """RFC 6531 addresses come as they are."""
    text = PROGRAM + "<jörg@bücher.example>: unknown user"
    assert postfix.read(notice(text))[0].address == "jörg@bücher.example"


def test_a_template_of_the_operator_s_own_keeps_the_paragraphs(
    stored: Callable[[str], Notice],
) -> None:
    """In any language; Postfix's own words in one of them are the sign."""
    found = postfix.read(stored("postfix/german-template"))
    assert [one.address for one in found] == [
        "nobody@example.com",
        "full@example.net",
        "info@nodomain.invalid",
    ]


def test_such_paragraphs_of_another_system_are_not_read(notice: Callable[..., Notice]) -> None:
    """Without a word of Postfix's own they are anybody's."""
    assert postfix.read(notice("Guten Tag.\n\n<a@example.com>: unbekannt\n")) == ()
