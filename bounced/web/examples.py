"""The examples of the description: what is asked and answered, by the operation's name."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any, Final

from bounced.web.problems import UNPROCESSABLE

_WORDS: Final = "550 5.1.1 <nobody@example.com>: User unknown"
_MESSAGE: Final = "<1042@app.example.org>"
_BLOCKED: Final[dict[str, Any]] = {
    "address": "nobody@example.com",
    "stream": "default",
    "blocked": True,
    "since": "2026-11-26T09:00:00+00:00",
    "expires_at": None,
    "blocked_by": None,
    "why": "hard failure (mailbox_unknown)",
    "cause": "mailbox_unknown",
    "type": "hard",
    "rule": "mailbox-unknown",
    "evidence": _WORDS,
    "soft_count": 0,
    "soft_limit": 5,
    "complaints": 0,
    "last_failure_at": "2026-11-26T09:00:00+00:00",
    "last_delivery_at": None,
}
_CLEAN: Final = {
    **_BLOCKED,
    "address": "anna@example.org",
    "blocked": False,
    "since": None,
    "why": None,
    "cause": None,
    "type": None,
    "rule": None,
    "evidence": None,
    "last_failure_at": None,
}
_BY_HAND: Final = {
    **_CLEAN,
    "address": "@example.net",
    "blocked": True,
    "since": "2026-11-26T09:00:00+00:00",
    "blocked_by": "api:shop",
    "why": "blocked by api:shop: the company is gone",
    "type": "hard",
}
_EVENT: Final = {
    "at": "2026-11-26T09:00:00+00:00",
    "stream": "default",
    "address": "nobody@example.com",
    "origin": "api",
    "what": "failed",
    "effect": "blocked",
    "why": "hard failure (mailbox_unknown)",
    "action": "failed",
    "status": "5.1.1",
    "smtp_code": 550,
    "cause": "mailbox_unknown",
    "type": "hard",
    "rule": "mailbox-unknown",
    "evidence": _WORDS,
    "trust": None,
    "who": "api:shop",
    "original": _MESSAGE.strip("<>"),
    "queue_id": None,
    "source": None,
    "kind": None,
    "reporting_mta": None,
}
_VERDICT: Final = {
    "cause": "mailbox_unknown",
    "type": "hard",
    "scope": "recipient",
    "rule": "mailbox-unknown",
    "evidence": _WORDS,
}


def _did(effect: str, why: str) -> dict[str, Any]:
    return {"decision": {"effect": effect, "why": why}}


ASKED: Final[dict[str, Any]] = {
    "look_up_many": {"addresses": ["anna@example.org", "nobody@example.com"]},
    "block": {"addresses": ["@example.net"], "reason": "the company is gone"},
    "unblock": {"addresses": ["nobody@example.com"], "reason": "the mailbox is back"},
    "report_deliveries": {"deliveries": [{"address": "anna@example.org"}]},
    "report_rejections": {
        "rejections": [
            {
                "address": "nobody@example.com",
                "reply": _WORDS,
                "remote_mta": "mx.example.com",
                "message_id": _MESSAGE,
            }
        ]
    },
}

LISTS: Final[dict[str, str]] = {
    "text/csv": (
        "email,created,reason\n"
        "nobody@example.com,2026-01-31T12:00:00Z,550 5.1.1 User unknown\n"
        "full@example.net,2026-01-31T12:00:00Z,452 4.2.2 Mailbox full\n"
        "nobody,,\n"
    ),
    "application/jsonl": '{"email": "nobody@example.com", "reason": "550 5.1.1 User unknown"}\n',
    "application/x-ndjson": '{"email": "nobody@example.com"}\n{"email": "ben@example.org"}\n',
}

ANSWERED: Final[dict[str, Any]] = {
    "look_up": {"asked": "nobody@example.com", **_BLOCKED},
    "look_up_many": {
        "addresses": [
            {"asked": "anna@example.org", **_CLEAN},
            {"asked": "nobody@example.com", **_BLOCKED},
        ]
    },
    "list_addresses": {"addresses": [_BLOCKED], "next": "default/nobody%40example.com"},
    "history": {"events": [_EVENT]},
    "block": {
        "addresses": [
            {
                "asked": "@example.net",
                **_BY_HAND,
                **_did("blocked", "blocked by api:shop: the company is gone"),
            }
        ]
    },
    "unblock": {
        "addresses": [
            {
                "asked": "nobody@example.com",
                **_CLEAN,
                "address": "nobody@example.com",
                "last_failure_at": "2026-11-26T09:00:00+00:00",
                **_did("unblocked", "unblocked by api:shop: the mailbox is back"),
            }
        ]
    },
    "report_deliveries": {
        "addresses": [
            {
                "asked": "anna@example.org",
                **_CLEAN,
                "last_delivery_at": "2026-11-26T09:00:00+00:00",
                **_did("recorded", "delivered; no soft failures before it to forget"),
            }
        ]
    },
    "report_rejections": {
        "addresses": [
            {
                "asked": "nobody@example.com",
                **_BLOCKED,
                **_did("blocked", "hard failure (mailbox_unknown)"),
                "verdict": _VERDICT,
            }
        ]
    },
    "count_messages": {
        "since": "2026-10-27T00:00:00+00:00",
        "messages": 412,
        "again": 3,
        "kinds": {"bounce": 400, "auto_reply": 11, "complaint": 1},
        "trust": {"signed": 397, "expired": 1, "correlated": 0, "unsigned": 12, "forged": 2},
        "matched": {
            "signed": 388,
            "verp": 0,
            "envelope_id": 0,
            "message_id": 0,
            "header": 0,
            "original_recipient": 4,
            "final_recipient": 6,
            "nobody": 3,
        },
    },
    "import_list": {
        "entries": 3,
        "blocked": 1,
        "extended": 0,
        "already": 0,
        "outdated": 0,
        "known": 0,
        "skipped": {"soft": 1},
        "bad": 1,
        "causes": {"mailbox_unknown": 1},
        "dry_run": False,
        "errors": [{"at": "line 4", "detail": "'nobody' is no mail address"}],
    },
    "health": {"status": "ok"},
}

_NO_ADDRESS: Final = "is no mail address; write it like user@example.org"
_OR_DOMAIN: Final = f"{_NO_ADDRESS}, or @example.org for all"


def _at(place: str, detail: str) -> tuple[dict[str, str], ...]:
    return ({"at": place, "detail": detail},)


_FAULTS: Final[dict[str, tuple[dict[str, str], ...]]] = {
    "look_up": _at("path.address", f'"anna" {_NO_ADDRESS}'),
    "history": _at("path.address", f'"anna" {_NO_ADDRESS}'),
    "list_addresses": _at("query.colour", "is not known here"),
    "count_messages": _at(
        "query.stream", '"News" is no name of a stream; write 1 to 32 of a-z, 0-9, - and _'
    ),
    "look_up_many": _at("body.addresses[17]", f'"Anna <anna@example.org>" {_OR_DOMAIN}'),
    "import_list": _at("query.source", "Field required"),
    "block": _at("body.reason", "Field required"),
    "unblock": _at("body.reason", "Field required"),
    "report_deliveries": _at("body.deliveries[0].address", f'"@example.org" {_NO_ADDRESS}'),
    "report_rejections": _at("body.rejections[0].reply", "Field required"),
}


_NO_STREAM: Final = (
    "there is no mail stream 'nwes'; did you mean news? Known are default, news; a new one gets a "
    "table of its own in the settings, as [streams.news]"
)


def faults(name: str, status: int) -> tuple[dict[str, str], ...]:
    """Return what is wrong in the example of an error of that *status*."""
    if status == HTTPStatus.NOT_FOUND:
        return _at("body.stream" if name in ASKED else "query.stream", _NO_STREAM)
    return _FAULTS.get(name, ()) if status == UNPROCESSABLE else ()


def dumps(description: object) -> str:
    """Write a description as ``docs/openapi.json`` has it."""
    return json.dumps(description, indent=2, ensure_ascii=False) + "\n"
