"""What the failures of many addresses say of their domain or provider: rules 4 and 5 of the policy.

A storm is no property of one moment: a failure is part of one if any span of ``storm_window`` that
holds it holds enough recipients that failed alike.  So it doesn't matter in which order reports
come in, and what had been counted before a storm was seen can be taken back.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from bounced.causes import Cause, Type
from bounced.model import RecipientStatus, Verdict

_HOST: Final = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.){1,20}[a-z][a-z0-9-]{1,62}")
_FIRST: Final = datetime.min.replace(tzinfo=UTC)
_LAST: Final = datetime.max.replace(tzinfo=UTC)
_MIN_DAYS: Final = 3
_SHORT: Final = 3  # co.uk, com.br, gov.au: their second labels are short, and so is the first


class Failure(NamedTuple):
    """One failure among those of a domain or provider: when, and whose."""

    at: datetime
    who: Hashable


class Span(NamedTuple):
    """A time from *first* to *last*, both of which belong to it."""

    first: datetime
    last: datetime

    def holds(self, at: datetime) -> bool:
        """Return whether a time is within."""
        return self.first <= at <= self.last


def brews(verdict: Verdict | None) -> bool:
    """Return whether failures like this one can make a storm: soft ones that count."""
    return verdict is not None and verdict.type is Type.SOFT and verdict.cause.info.counts


def stormy(failures: Sequence[Failure], *, window: timedelta, recipients: int) -> list[Span]:
    """Return the times at which any failure is part of a storm, in their order; linear.

    *failures* are in the order of their times, and all of one domain or provider and one cause.  Of
    each recipient it takes only those that are nearest to whatever is asked about: more of him make
    no storm.
    """
    found: list[Span] = []
    inside: Counter[Hashable] = Counter()
    first = 0
    for last in failures:
        inside[last.who] += 1
        # The shortest run up to this failure that holds enough recipients.
        while len(inside) > recipients or inside[failures[first].who] > 1:
            inside[failures[first].who] -= 1
            if not inside[failures[first].who]:
                del inside[failures[first].who]
            first += 1
        near = failures[first].at
        if len(inside) == recipients and last.at - near <= window:
            # It lies in every window from the one that ends with it to the one that begins with it.
            span = Span(moved(last.at, -window), moved(near, window))
            joined = found and span.first <= found[-1].last
            found[-1:] = [Span(found[-1].first, span.last)] if joined else [*found[-1:], span]
    return found


def moved(when: datetime, span: timedelta) -> datetime:
    """Return another time, or the first or last that there is."""
    try:
        return when + span
    except OverflowError:
        return _LAST if span > timedelta(0) else _FIRST


def says_up(cause: Cause | None) -> bool:
    """Return whether a report with this cause, or none, came from a server that answers."""
    return cause is not Cause.SERVER_DOWN


def down_since(
    evidence: Iterable[tuple[datetime, Cause | None]], at: datetime, *, silence: timedelta
) -> datetime | None:
    """Return since when, by every report up to *at*, a domain's server has been down.

    *evidence* is the times and causes of reports about the domain, ``None`` for a delivery.  A
    *silence* longer than that given says nothing: two failures a month apart are two outages, and
    what was delivered in between is often not known.  ``None`` where fewer than three days have
    such a report.
    """
    known = sorted((when, says_up(cause)) for when, cause in evidence if when <= at)
    run: list[datetime] = []
    for when, up in known:
        if up or (run and when - run[-1] > silence):
            run = []
        if not up:
            run.append(when)
    return run[0] if len({when.date() for when in run}) >= _MIN_DAYS else None


def provider(recipient: RecipientStatus) -> str | None:
    """Return who runs the server that refused, as the part of its name that is registered.

    Without the list of public suffixes, which changes monthly: the last two labels, or three below
    a short one such as ``co.uk``.  Too wide a name only makes storms of more domains.
    """
    said = recipient.remote_mta.value.lower() if recipient.remote_mta else ""
    host = _HOST.search(said[:300])
    if host is None:
        return None
    labels = host[0].split(".")
    short = len(labels) > 2 and len(labels[-1]) == 2 and len(labels[-2]) <= _SHORT  # noqa: PLR2004 -- a country's code has two letters
    return ".".join(labels[-3 if short else -2 :])
