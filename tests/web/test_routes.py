"""The operations, by a real client on a real socket."""

from __future__ import annotations

from typing import Any

import pytest

REJECTED = {
    "address": "nobody@example.com",
    "reply": "550 5.1.1 <nobody@example.com>: User unknown",
    "remote_mta": "mx.example.com",
    "message_id": "<1042@app.example.org>",
}


def test_a_rejection_blocks_as_a_bounce_does(api: Any) -> None:
    """It is put down to a cause by the same rules, and whoever asks is told since when and why."""
    told = api.ask("POST", "/v1/rejections", json={"rejections": [REJECTED]})

    assert told.status_code == 200, told.text
    (one,) = told.json()["addresses"]
    assert one["decision"] == {"effect": "blocked", "why": "hard failure (mailbox_unknown)"}
    assert (one["verdict"]["cause"], one["verdict"]["type"]) == ("mailbox_unknown", "hard")
    assert one["blocked"] is True
    asked = api.ask("GET", "/v1/addresses/nobody@example.com", "read").json()
    assert asked["blocked"] is True
