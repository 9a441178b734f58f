"""Letters, and the other end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from receiver import Receiver, receiving, write_secret

from bounced.config import Webhook
from bounced.store import Letter

AT = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Return a web server that takes everything."""
    with receiving() as running:
        yield running


@pytest.fixture
def settings(tmp_path: Path) -> Callable[..., Webhook]:
    """Return a function that makes the settings of a webhook, with its key in a file."""

    def make(url: str, **fields: Any) -> Webhook:
        secret = tmp_path / "secret"
        write_secret(secret)
        values = {"name": "crm", "url": url, "secret": str(secret), "timeout": "5s"}
        return Webhook.model_validate(values | fields)

    return make


@pytest.fixture
def letter() -> Callable[..., Letter]:
    """Return a function that makes letters."""

    def make(**fields: Any) -> Letter:
        values: dict[str, Any] = {
            "id": 1,
            "target": "crm",
            "webhook_id": "msg_1",
            "topic": "recipient.blocked",
            "lane": "a@example.net",
            "at": AT,
            "data": {"address": "a@example.net"},
            "message_id": None,
            "created_at": AT,
            "due_at": AT,
            "attempts": 1,
            "dead_at": None,
            "last_error": None,
        }
        return Letter(**values | fields)

    return make
