"""What hides an address from all dialects, and what only looks like one."""

from __future__ import annotations

import pytest

from bounced import dialects
from bounced.dialects._clean import cleaned
from bounced.report import mime, prose
from bounced.report.prose import Notice

HEAD = "From: Mail Delivery System <mailer-daemon@mx.example.org>\nSubject: Undeliverable\n\n"
LIST = "The mail could not be delivered to these recipients:\n\n"


def notice(text: str) -> Notice:
    """Return a notice of a mail system with *text*."""
    return prose.notice(mime.parse((HEAD + text).encode()))


def named(text: str) -> list[str | None]:
    """Return who is read as a recipient in *text*."""
    return [one.address for one in dialects.read(notice(text)).recipients]


@pytest.mark.parametrize("mark", ["\u200b", "\u200e", "\u200f", "\u202a", "\u2066", "\ufeff"])
def test_marks_of_no_width_are_no_part_of_an_address(mark: str) -> None:
    """They come with an address that was copied from a web page."""
    assert named(f"{LIST}{mark}user@example.com{mark}: 550 No such user\n") == ["user@example.com"]


@pytest.mark.parametrize(
    "name", ['"anna@example.net"', "'anna@example.net'", "Anna (anna@example.net)"]
)
def test_a_name_that_is_an_address_is_no_recipient(name: str) -> None:
    """What counts stands in the brackets behind it."""
    assert named(f"{LIST}{name} <user@example.com>: 550 No such user\n") == ["user@example.com"]
    said = f"The message to {name} <user@example.com> could not be delivered.\n"
    assert named(said) == ["user@example.com"]


def test_an_address_in_a_comment_is_no_recipient() -> None:
    """It is another name of the one in front of it."""
    said = "The mail to user@example.com (was: anna@example.net) could not be delivered.\n"
    assert named(said) == ["user@example.com"]


@pytest.mark.parametrize(
    "garbled",
    [
        "<k arl@example.com>",
        "karl@example .com",
        "karl@exam\\ple.com",
        "karl@example..com",
        "karl@example.com@relay.example",
        "karl@example,com",
    ],
)
def test_half_an_address_is_nobodys(garbled: str) -> None:
    """A part of it may be another person's."""
    assert set(named(f"The message to {garbled} could not be delivered.\n")) <= {None}


def test_a_soft_line_break_in_an_address_is_undone() -> None:
    """RFC 2045 §6.7, where a relay lost the field that says so."""
    assert named(f"{LIST}kar=\nl@example.com: 550 No such user\n") == ["karl@example.com"]


def test_a_list_that_is_named_has_not_failed() -> None:
    """It is a member of it that did."""
    said = "The mail to the list all@example.net failed: the member karl@example.com is unknown.\n"
    assert "all@example.net" not in named(said)


def test_an_address_literal_and_a_quoted_local_part_are_read() -> None:
    """RFC 5321 §4.1.2 and §4.1.3."""
    for who in ("karl@[192.0.2.7]", '"karl heinz"@example.com'):
        assert named(f"{LIST}<{who}>: 550 No such user\n") == [who]


def test_only_a_text_that_is_quoted_throughout_loses_its_marks() -> None:
    """A line above without one is a person's, or the notice's own; below it may be a footer."""
    assert cleaned(notice("> a\n>\n> b\n")).text == "a\n\nb\n"
    assert cleaned(notice("> a\n> b\n-- \nDesk\n")).text == "a\nb\n-- \nDesk\n"
    assert cleaned(notice("> a\nb\n> c\n")).text == "> a\nb\n> c\n"
    own = "> a\n\nYour mail could not be delivered.\n"
    assert cleaned(notice(own)).text == own
