"""How long a client is waited for, with a clock of the test's own."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bounced.smtpd.patience import IDLE, OVER, TOO_SLOW, Patience


def _patience(rate: int = 500) -> Patience:
    return Patience(timedelta(minutes=5), timedelta(hours=1), rate, now=0.0)


def _cut_at(patience: Patience, octets: int, every: float, total: int) -> float | None:
    """Return when a sender is cut off that sends so many octets each so many seconds."""
    now = 0.0
    while total > 0:
        now += every
        if now >= patience.until(receiving=True):
            return patience.until(receiving=True)
        patience.receive(octets, now)
        total -= octets
    return None


def test_an_honest_slow_sender_is_never_cut_off() -> None:
    """5 MB at 1 kB/s take 83 minutes, longer than a session, and are waited for."""
    assert _cut_at(_patience(), 1000, 1.0, 5 * 10**6) is None


def test_pieces_may_come_as_rarely_as_a_silence_is_long() -> None:
    """250 kB each four minutes are 1 kB/s as well."""
    assert _cut_at(_patience(), 250_000, 240.0, 5 * 10**6) is None


@pytest.mark.parametrize("every", [0.1, 1.0, 60.0, 299.0])
def test_a_drip_is_cut_off_as_a_silence_is(every: float) -> None:
    """An octet now and then is no sign of life: 421 within the idle time and five seconds."""
    at = _cut_at(_patience(), 1, every, 10**6)

    assert at is not None
    assert 300 <= at <= (310 if every < 1 else 305)


def test_a_fast_beginning_does_not_buy_a_slow_end() -> None:
    """After ten megabytes in a second the drip has five minutes as any other."""
    patience = _patience()
    patience.receive(10**7, 1.0)

    assert patience.until(receiving=True) == 301.0


def test_a_silence() -> None:
    """It counts from the last sign of life."""
    patience = _patience()
    patience.hear(100.0)

    assert patience.until(receiving=False) == 400.0
    assert patience.why(400.0, receiving=False) == IDLE


def test_a_message_that_comes_too_slowly() -> None:
    """The reply says that it is not the silence."""
    patience = _patience()
    for second in range(1, 301):
        patience.receive(1, float(second))

    assert patience.why(300.7, receiving=True) == TOO_SLOW


def test_a_session_ends_in_between_two_messages() -> None:
    """However much is said; not in the middle of a message that comes as it should."""
    patience = _patience()
    for second in range(0, 3601, 10):
        patience.hear(float(second))

    assert patience.until(receiving=False) == 3600.0
    assert patience.until(receiving=True) > 3600.0
    assert patience.over(3600.0)
    assert patience.why(3600.0, receiving=False) == OVER
