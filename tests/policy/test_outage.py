"""Which failures are an outage's, and since when a server is down."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bounced.causes import Cause
from bounced.model import RecipientStatus, Typed, Verdict
from bounced.policy.outage import Failure, brews, down_since, provider, stormy

START = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def _failures(*minutes_and_who: tuple[float, int]) -> list[Failure]:
    told = [Failure(START + timedelta(minutes=at), who) for at, who in minutes_and_who]
    return sorted(told, key=lambda one: one.at)


def _in_storm(told: list[Failure], *, window: timedelta, recipients: int) -> set[int]:
    spans = stormy(told, window=window, recipients=recipients)
    return {n for n, one in enumerate(told) if any(span.holds(one.at) for span in spans)}


def test_enough_recipients_within_the_window_are_a_storm() -> None:
    """All of them, the first as well as the last; those before and after are not."""
    told = _failures((0, 1), (100, 2), (120, 3), (160, 4), (221, 5))
    assert _in_storm(told, window=HOUR, recipients=3) == {1, 2, 3}


def test_one_recipient_makes_no_storm_however_often_he_fails() -> None:
    """It takes many."""
    told = _failures(*((minute, 1) for minute in range(50)))
    assert _in_storm(told, window=HOUR, recipients=2) == set()


def test_a_window_holds_both_its_ends() -> None:
    """Sixty minutes apart is within an hour; a second more is not."""
    assert _in_storm(_failures((0, 1), (60, 2)), window=HOUR, recipients=2) == {0, 1}
    assert _in_storm(_failures((0, 1), (60.02, 2)), window=HOUR, recipients=2) == set()


@given(
    st.lists(st.tuples(st.integers(0, 300), st.integers(0, 5)), max_size=30),
    st.integers(1, 5),
)
def test_a_failure_is_in_a_storm_if_some_window_with_it_holds_enough(
    told: list[tuple[int, int]], recipients: int
) -> None:
    """The definition, tried with every window that begins at a failure."""
    failures = _failures(*told)
    expected: set[int] = set()
    for first in failures:
        window = [
            number for number, one in enumerate(failures) if first.at <= one.at <= first.at + HOUR
        ]
        if len({failures[number].who for number in window}) >= recipients:
            expected.update(window)

    assert _in_storm(failures, window=HOUR, recipients=recipients) == expected


def test_soft_causes_that_count_brew_a_storm() -> None:
    """A hard failure is no outage, and what never counts has nothing to take back."""
    causes = {c for c in Cause if brews(Verdict(cause=c, rule="r", evidence=""))}
    assert causes == {
        Cause.MAILBOX_FULL,
        Cause.SERVER_DOWN,
        Cause.SERVER_ERROR,
        Cause.MESSAGE_TOO_LARGE,
        Cause.UNKNOWN,
    }
    assert not brews(None)


def _days(*told: tuple[int, Cause | None]) -> list[tuple[datetime, Cause | None]]:
    return [(START + timedelta(days=day), cause) for day, cause in told]


WEEK = timedelta(days=7)
DOWN = Cause.SERVER_DOWN


def _since(*told: tuple[int, Cause | None], at: int) -> int | None:
    found = down_since(_days(*told), START + timedelta(days=at), silence=WEEK)
    return (found - START).days if found else None


def test_a_server_is_down_since_the_first_report_that_says_so() -> None:
    """If none says otherwise since then."""
    assert _since((1, DOWN), (3, DOWN), (5, DOWN), at=5) == 1


@pytest.mark.parametrize("up", [None, Cause.MAILBOX_FULL, Cause.RATE_LIMITED, Cause.UNKNOWN])
def test_any_other_report_says_that_the_server_answers(up: Cause | None) -> None:
    """A delivery, or a refusal: somebody is there."""
    assert _since((1, DOWN), (2, up), (3, DOWN), (4, DOWN), (5, DOWN), at=5) == 3


def test_two_reports_are_not_enough_however_far_apart() -> None:
    """Three days have to say so; many reports of one day are one outage."""
    assert _since((1, DOWN), (6, DOWN), at=6) is None
    assert _since((1, DOWN), (1, DOWN), (1, DOWN), (2, DOWN), at=2) is None


def test_a_long_silence_says_nothing() -> None:
    """A monthly newsletter that meets an outage each time knows nothing of the time between."""
    assert _since((1, DOWN), (31, DOWN), (61, DOWN), at=61) is None
    assert _since((1, DOWN), (31, DOWN), (33, DOWN), (35, DOWN), at=35) == 31


def test_what_came_later_says_nothing_of_an_earlier_time() -> None:
    """A report is judged by what was known of its own time."""
    assert _since((1, DOWN), (2, DOWN), (3, DOWN), (9, None), at=5) == 1
    assert _since((1, DOWN), at=0) is None


@given(
    st.lists(st.tuples(st.integers(0, 20), st.sampled_from([None, Cause.SERVER_DOWN])), max_size=8)
)
def test_the_order_of_evidence_does_not_matter(told: list[tuple[int, Cause | None]]) -> None:
    """Only its times do."""
    evidence = _days(*told)
    at = START + timedelta(days=10)
    assert down_since(evidence, at, silence=WEEK) == down_since(evidence[::-1], at, silence=WEEK)


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("example-com.mail.protection.outlook.com", "outlook.com"),
        ("gmail-smtp-in.l.google.com (192.0.2.26)", "google.com"),
        ("MX1.Example.CO.UK", "example.co.uk"),
        ("mx.example.de", "example.de"),
        ("192.0.2.1", None),
        ("", None),
        ("x" * 5000, None),
    ],
)
def test_a_provider_is_the_registered_part_of_a_servers_name(host: str, name: str | None) -> None:
    """Whatever stands around it."""
    assert provider(RecipientStatus(remote_mta=Typed("dns", host))) == name


def test_without_a_server_there_is_no_provider() -> None:
    """The report may not name one."""
    assert provider(RecipientStatus()) is None


def test_a_storm_needs_time_linear_in_its_failures() -> None:
    """Each failure enters the window once and leaves it once."""
    told = [Failure(START + timedelta(seconds=n), n % 60) for n in range(20_000)]
    assert len(_in_storm(told, window=HOUR, recipients=50)) == 20_000
