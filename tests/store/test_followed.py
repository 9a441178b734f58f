"""The place in a log is saved with what was read up to there, or neither is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from bounced.errors import StoreError
from bounced.maillog import Mail
from bounced.model import Judged, Kind, Reading, Report
from bounced.policy import Effect
from bounced.store import Incoming, Observed, Store
from bounced.store.followed import Followed, Position

NOW = datetime(2026, 1, 1, tzinfo=UTC)
One = Callable[..., Judged]
Message = Callable[..., Incoming]
Effects = Callable[..., list[list[Effect | None]]]


@pytest.fixture
def saw(one: One) -> Callable[..., Observed]:
    """Return what makes observations: of a full mailbox, else of a delivery."""

    def observed(
        address: str = "a@b.net", *, full: bool = True, second: int = 0, original: str = "m"
    ) -> Observed:
        return Observed(
            address=address,
            at=NOW + timedelta(seconds=second),
            origin="log",
            who="postfix log",
            judged=one(address) if full else None,
            original=f"{original}@a.example",
        )

    return observed


def _effects(followed: Followed, *batch: Observed) -> list[Effect | None]:
    made = followed.save(batch, (), Position(offset=1), {}, NOW)
    return [one.effect if one else None for one in made]


def test_the_place_and_the_queue_are_there_the_next_time(store: Store) -> None:
    """As they were saved last, each log for itself; a mail that is gone is gone."""
    followed = Followed(store, "one").loaded(NOW)
    assert followed.since is None
    assert Followed(store, "one").loaded(NOW + timedelta(days=1)).since == NOW
    mails = {"x/A": Mail("m", ""), "x/B": Mail(None, "s@a.example")}
    followed.save((), (), Position(head="h", offset=7), mails, NOW)
    followed.save((), (), Position(head="h", offset=9), {"x/A": None, "x/B": Mail("m", "s")}, NOW)
    other = Followed(store, "two").loaded(NOW)
    other.save((), (), Position(cursor="c"), {}, NOW)

    again = Followed(store, "one").loaded(NOW)
    assert (again.position, again.since) == (Position(head="h", offset=9), NOW)
    assert again.mails == {"x/B": Mail("m", "s")}
    assert Followed(store, "two").loaded(NOW).position == Position(cursor="c")


def test_the_same_line_twice_changes_nothing(store: Store, saw: Callable[..., Observed]) -> None:
    """In one batch, in the next, and by another name; another mail or another time is another."""
    followed = Followed(store, "one").loaded(NOW)
    batch = (saw(), saw(), saw(full=False, second=1), saw(full=False, second=1))
    assert _effects(followed, *batch) == [Effect.COUNTED, None, Effect.RESET, None]
    assert _effects(followed, *batch) == [None] * 4
    assert _effects(Followed(store, None).loaded(NOW), *batch) == [None] * 4
    assert len(store.history("a@b.net")) == 2

    others = (saw(original="n", second=2), saw(second=2, full=False))
    assert _effects(followed, *others) == [Effect.COUNTED, Effect.RESET]


def test_another_process_has_moved_on(store: Store, saw: Callable[..., Observed]) -> None:
    """Nothing of the batch is recorded then, and the place stays the other's."""
    first, second = Followed(store, "one").loaded(NOW), Followed(store, "one").loaded(NOW)
    second.save((), (), Position(offset=5), {}, NOW)

    with pytest.raises(StoreError, match="another `bounced follow` reads one too"):
        first.save((saw(),), (), Position(offset=3), {}, NOW)
    assert store.history("a@b.net") == []
    assert Followed(store, "one").loaded(NOW).position == Position(offset=5)


@pytest.mark.parametrize("log_first", [True, False])
def test_the_report_of_the_same_mail_counts_no_more(
    store: Store,
    saw: Callable[..., Observed],
    message: Message,
    effects: Effects,
    log_first: bool,  # noqa: FBT001 - pytest's
) -> None:
    """Whichever comes first counts, and the other is only recorded."""
    followed = Followed(store, "one").loaded(NOW)
    report = message("a@b.net", original="<m@a.example>")
    if log_first:
        assert _effects(followed, saw()) == [Effect.COUNTED]
        assert effects(report) == [[Effect.RECORDED]]
    else:
        assert effects(report) == [[Effect.COUNTED]]
        assert _effects(followed, saw()) == [Effect.RECORDED]
    state = store.state("a@b.net")
    assert state
    assert state.soft_count == 1


@pytest.mark.parametrize("queue_id", ["ABCDEF", "4cQ2Zb6mYQz1Xy"])
def test_a_mail_without_a_message_id(
    store: Store, one: One, message: Message, effects: Effects, queue_id: str
) -> None:
    """Postfix's report names the queue id, and so does the log: one mail, which counts once."""
    seen = Observed(
        address="a@b.net",
        at=NOW,
        origin="log",
        who="postfix log",
        judged=one("a@b.net"),
        original=f"queue id {queue_id}",
    )
    report = Report(kind=Kind.BOUNCE, source="dsn", extensions=(("x-postfix-queue-id", queue_id),))
    reading = Reading(report=report, judged=(one("a@b.net"),))

    assert _effects(Followed(store, "one").loaded(NOW), seen) == [Effect.COUNTED]
    assert effects(message(reading=reading)) == [[Effect.RECORDED]]
