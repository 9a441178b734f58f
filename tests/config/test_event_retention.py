"""How long events are kept: as long as something is still decided by them."""

from __future__ import annotations

from pathlib import Path

import pytest

from bounced import config
from bounced.config.ours import ours
from bounced.errors import ConfigError


def _check(folder: Path, text: str) -> None:
    file = folder / "bounced.toml"
    file.write_text(text)
    ours(config.load(file, {"STATE_DIRECTORY": str(folder)}), {})


@pytest.mark.parametrize("kept", ["180d", "730d", "forever"])
def test_events_may_be_kept_for_long(tmp_path: Path, kept: str) -> None:
    """Twice the window of soft failures is enough."""
    _check(tmp_path, f'[store]\nevent_retention = "{kept}"\n')


@pytest.mark.parametrize(
    ("text", "least"),
    [
        ('[store]\nevent_retention = "179d"\n', "180d"),
        (
            """[store]
            event_retention = "300d"
            [streams.news]
            addresses = ["n@example.org"]
            soft_window = "200d"
            """,
            "400d",
        ),
    ],
)
def test_events_that_are_needed_are_not_deleted(tmp_path: Path, text: str, least: str) -> None:
    """The longest window of all streams says for how long; the message, what to write."""
    with pytest.raises(ConfigError, match=f'write at least "{least}"'):
        _check(tmp_path, text)
