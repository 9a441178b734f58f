"""Tell what takes more than linear time: twice the input, at most two and a half times the time.

Other work on the machine can only make a run slower, so whatever looks slow is run again, and the
least time counts.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

from patterns import Found, attacks, runs

GROWTH: Final = 2.5
FAST: Final = 0.005  # seconds for 32k characters: no matter how it grows
DEAR: Final = 0.5  # seconds for 32k characters: linear, and no use to anybody
LIMIT: Final = 1.0  # seconds of processor time, for one run of anything
LENGTH: Final = 32_768
TOO_SHORT: Final = 0.05  # seconds for a whole message
_TRIES: Final = 5
_GLANCE: Final = 2_048  # characters of each attack, in one text
_GLANCE_AT_RULE: Final = 512  # a rule sees 8,192 at most, and its repeats are bounded anyhow
_QUICK: Final = 0.003  # seconds for all attacks of that length; one quadratic takes longer alone


class Slow(NamedTuple):
    """A pattern with the text that it is slow on: unit by unit, behind a prefix."""

    where: str
    how: str
    prefix: str
    unit: str
    seconds: float
    growth: float
    pattern: str


class _TooLongError(Exception):
    """It took more than LIMIT."""


def _stop(*_: object) -> None:
    raise _TooLongError


def seconds(run: Callable[[Any], Any], text: Any, tries: int = 1, enough: float = 0.0) -> float:
    """Return the least processor time of several runs; fewer if one took no more than *enough*.

    What takes longer than LIMIT is stopped, as it could take years, and said to take for ever.
    """
    least = float("inf")
    for _ in range(tries):
        before = signal.signal(signal.SIGVTALRM, _stop)
        signal.setitimer(signal.ITIMER_VIRTUAL, LIMIT)
        start = time.thread_time()
        try:
            run(text)
        except _TooLongError:
            return least
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
            signal.signal(signal.SIGVTALRM, before)
        least = min(least, time.thread_time() - start)
        if least <= enough:
            break
    return least


def slow(found: Found, *, thorough: bool) -> Iterator[Slow]:
    """Yield each way to run a pattern that is slow, with what it is slowest on.

    Not *thorough*, all attacks are first tried in one text, as most patterns need no more, and only
    the one that takes longest is made longer.
    """
    texts = list(attacks(found))
    for how, run in runs(found):
        scans = how in {"search", "finditer"}
        if (
            scans
            and not thorough
            and seconds(_all(found), _mixed(found, texts), 2, _QUICK) < _QUICK
        ):
            continue
        tried = texts if thorough else [_worst(found, run, texts)]
        bad = filter(None, (_tried(found, how, run, attack) for attack in tried))
        if worst := max(bad, key=lambda one: one.seconds, default=None):
            yield worst


def _worst(
    found: Found, run: Callable[[Any], Any], texts: list[tuple[str, str, str]]
) -> tuple[str, str, str]:
    """Return the attack of which a short text takes longest, or the first one that is hopeless."""
    worst, most = texts[0], 0.0
    for attack in texts:
        taken = seconds(run, _encoded(found, _text(attack, LENGTH // 8)))
        if taken > most:
            worst, most = attack, taken
        if most > DEAR:
            break
    return worst


def _all(found: Found) -> Callable[[Any], Any]:
    """Return what runs over a text to its end, whatever matches on the way."""
    pattern = found.compiled
    return lambda text: sum(1 for _ in pattern.finditer(text))


def _mixed(found: Found, texts: list[tuple[str, str, str]]) -> Any:
    size = _GLANCE_AT_RULE if found.of_rule else _GLANCE
    return _encoded(found, "\n".join(_text(one, size) for one in texts))


def _text(attack: tuple[str, str, str], size: int) -> str:
    prefix, unit, suffix = attack
    return prefix + unit * (size // len(unit)) + suffix


def _encoded(found: Found, text: str) -> Any:
    return text.encode("latin-1", "replace") if found.octets else text


def _tried(
    found: Found, how: str, run: Callable[[Any], Any], attack: tuple[str, str, str]
) -> Slow | None:
    """Return how slow a pattern is on one attack, ``None`` where it is not.

    A pattern that is slow on a sixteenth of the text already is not given more.
    """
    short = LENGTH // 16
    size = LENGTH if seconds(run, _encoded(found, _text(attack, short))) < DEAR / 16 else short
    half, whole = (_encoded(found, _text(attack, one)) for one in (size // 2, size))
    least = most = float("inf")
    for _ in range(_TRIES):
        most = min(most, seconds(run, whole))
        if most < FAST * size / LENGTH:
            return None
        if most > LIMIT:
            break
        least = min(least, seconds(run, half))
        if most < min(GROWTH * least, DEAR * size / LENGTH):
            return None
    prefix, unit, _ = attack
    times = most / least if least < float("inf") else least
    return Slow(found.where, how, prefix, unit, most, times, found.pattern[:200])


def growth(run: Callable[[Any], Any], half: Any, whole: Any) -> tuple[float, float]:
    """Return by how much the time grows from one input to another of twice its size, and the time.

    Growth is given as 1 where the larger one takes too little time to tell.
    """
    least = most = float("inf")
    for _ in range(_TRIES):
        most = min(most, seconds(run, whole))
        if most < TOO_SHORT:
            return 1.0, most
        least = min(least, seconds(run, half))
        if most < GROWTH * least or most > LIMIT:
            break
    return (most / least if most <= LIMIT else most), most
