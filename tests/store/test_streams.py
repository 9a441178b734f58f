"""Which mail streams are known: by the settings, or by what has happened."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bounced.errors import UnknownStreamError
from bounced.policy import Policies, Settings
from bounced.store import Incoming, Store

Message = Callable[..., Incoming]


def test_a_stream_is_known_by_the_settings_or_by_a_state(
    opened: Callable[..., Store], message: Message
) -> None:
    """And the default one always; whoever names none asks for none."""
    store = opened(policies=Policies(streams={"shop": Settings()}))
    store.record([message("a@example.com", stream="news")])

    for one in ("default", "shop", "news", None):
        store.require_stream(one)


def test_an_unknown_stream_is_told_the_known_ones(
    opened: Callable[..., Store], message: Message
) -> None:
    """The nearest first, then all of them, twenty at most."""
    store = opened(policies=Policies(streams={"shop": Settings()}))
    with pytest.raises(UnknownStreamError, match=r"^there is no mail stream 'x'\. Known are def"):
        store.require_stream("x")
    store.record([message("a@example.com", stream=f"tenant-{one:02}") for one in range(30)])
    with pytest.raises(UnknownStreamError) as caught:
        store.require_stream("tenant04")

    told = str(caught.value)
    assert "; did you mean tenant-04? Known are default, shop, tenant-00, " in told
    assert "tenant-17 and 12 more; a new one" in told
