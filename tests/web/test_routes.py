"""The operations, by a real client on a real socket."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest

from bounced.shapes import state
from bounced.store import Store
from bounced.web import answers

REJECTED = {
    "address": "nobody@example.com",
    "reply": "550 5.1.1 <nobody@example.com>: User unknown",
    "remote_mta": "mx.example.com",
    "message_id": "<1042@app.example.org>",
}
FULL = "452 4.2.2 Mailbox full"


def _reject(api: Any, **more: Any) -> dict[str, Any]:
    told = api.ask("POST", "/v1/rejections", json={"rejections": [{**REJECTED, **more}]})
    assert told.status_code == 200, told.text
    (one,) = told.json()["addresses"]
    return dict(one)


def _block(api: Any, *addresses: str, **more: Any) -> list[dict[str, Any]]:
    body = {"addresses": addresses, "reason": "asked by phone", **more}
    told = api.ask("POST", "/v1/block", json=body)
    assert told.status_code == 200, told.text
    return list(told.json()["addresses"])


def _look_up(api: Any, address: str, **query: str) -> dict[str, Any]:
    told = api.ask("GET", f"/v1/addresses/{quote(address, safe='')}", "read", params=query)
    assert told.status_code == 200, told.text
    return dict(told.json())


def test_a_rejection_blocks_as_a_bounce_does(api: Any) -> None:
    """It is put down to a cause by the same rules, and whoever asks is told since when and why."""
    one = _reject(api)

    assert one["decision"] == {"effect": "blocked", "why": "hard failure (mailbox_unknown)"}
    assert (one["verdict"]["cause"], one["verdict"]["type"]) == ("mailbox_unknown", "hard")
    asked = _look_up(api, "nobody@example.com")
    assert (asked["blocked"], asked["evidence"]) == (True, REJECTED["reply"])
    assert asked["since"]


def test_one_message_counts_once(api: Any) -> None:
    """The fifth message blocks, and not the fifth report of it; a client may try a call again."""
    for number in (1, 1, 2, 3, 4, 4, 4):
        one = _reject(api, address="full@example.net", reply=FULL, message_id=f"<{number}@x.test>")
    assert (one["blocked"], one["soft_count"]) == (False, 4)

    assert _reject(api, address="full@example.net", reply=FULL, message_id="<5@x.test>")["blocked"]


def test_a_refusal_of_the_sender_never_blocks(api: Any) -> None:
    """A block list that has our host says nothing about the recipient."""
    reply = "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.example.org"
    one = _reject(api, reply=reply)

    assert (one["blocked"], one["decision"]["effect"]) == (False, "recorded")
    assert one["verdict"]["scope"] in ("sender", "policy")


def test_a_delivery_forgets_soft_failures_and_lifts_no_block(api: Any) -> None:
    """Many in one call, answered in their order."""
    _reject(api, address="full@example.net", reply=FULL)
    _reject(api)
    told = api.ask(
        "POST",
        "/v1/deliveries",
        json={"deliveries": [{"address": "full@example.net"}, {"address": "nobody@example.com"}]},
    ).json()["addresses"]

    assert [one["decision"]["effect"] for one in told] == ["reset", "recorded"]
    assert [(one["soft_count"], one["blocked"]) for one in told] == [(0, False), (0, True)]


def test_a_time_that_is_told_is_taken_and_never_lies_in_the_future(api: Any) -> None:
    """A clock that is ahead can't date a block to next year."""
    before = "2026-01-02T03:04:05Z"
    assert _reject(api, at=before)["since"] == "2026-01-02T03:04:05+00:00"
    ahead = (datetime.now(UTC) + timedelta(days=365)).isoformat()

    since = _reject(api, address="b@example.com", at=ahead)["since"]
    assert datetime.fromisoformat(since) <= datetime.now(UTC)


def test_blocks_by_hand_are_on_record_with_who_and_why(api: Any) -> None:
    """The name of the token is in the history and in the state; unblocked, it starts clean."""
    (one,) = _block(api, "anna@example.org", cause="complaint")
    assert (one["blocked_by"], one["cause"]) == ("api:shop", "complaint")

    told = api.ask(
        "POST",
        "/v1/unblock",
        json={"addresses": ["anna@example.org", "ben@example.org"], "reason": "cleaned up"},
    ).json()["addresses"]
    assert [one["decision"]["effect"] for one in told] == ["unblocked", "unchanged"]
    events = api.ask("GET", "/v1/addresses/anna@example.org/history", "read").json()["events"]
    assert [(one["what"], one["who"], one["origin"]) for one in events] == [
        ("block", "api:shop", "operator"),
        ("unblock", "api:shop", "operator"),
    ]


def test_a_whole_domain_that_is_blocked_blocks_all_of_it(api: Any) -> None:
    """One by one, and many at a time; and one that is unblocked alone stays blocked with it."""
    _block(api, "@example.net")

    assert _look_up(api, "anyone@Example.NET")["address"] == "@example.net"
    many = api.ask(
        "POST",
        "/v1/lookup",
        "read",
        json={"addresses": ["a@example.net", "a@example.org", "@example.net"]},
    ).json()["addresses"]
    assert [one["blocked"] for one in many] == [True, False, True]
    (one,) = api.ask(
        "POST", "/v1/unblock", json={"addresses": ["a@example.net"], "reason": "x"}
    ).json()["addresses"]
    assert (one["decision"]["effect"], one["blocked"]) == ("unchanged", True)


def test_ten_thousand_in_a_call(api: Any) -> None:
    """In their order, each as it was asked; and with only_blocked those alone that are."""
    addresses = [f"u{number}@d{number % 900}.example.org" for number in range(10_000)]
    _block(api, *addresses[:1000:2])
    with api.client("read") as client:
        told = client.post("/v1/lookup", json={"addresses": addresses}).json()["addresses"]
        few = client.post("/v1/lookup", json={"addresses": addresses, "only_blocked": True}).json()
        over = client.post("/v1/lookup", json={"addresses": [*addresses, "one@example.org"]})

    assert [one["asked"] for one in told] == addresses
    assert [one["asked"] for one in told if one["blocked"]] == addresses[:1000:2]
    assert [one["asked"] for one in few["addresses"]] == addresses[:1000:2]
    assert over.status_code == 422


@pytest.mark.parametrize(
    "address",
    [
        "anna+news@example.org",
        "a/b=c@example.org",
        "100%@example.org",
        "jörg@bücher.example",
        "o'neil?x#y@example.org",
        "history/history@example.org",
        '"a@b"@example.org',
    ],
)
def test_an_address_in_a_path_is_the_address(api: Any, address: str) -> None:
    """Percent-encoded, whatever letters it has; and its history is found by the same."""
    _block(api, address)

    assert _look_up(api, address)["address"] == address
    path = f"/v1/addresses/{quote(address, safe='')}/history"
    assert len(api.ask("GET", path, "read").json()["events"]) == 1


def test_streams_are_kept_apart(api: Any) -> None:
    """What is blocked in one is not in another, and a history is of all unless one is named."""
    _block(api, "anna@example.org", stream="news")

    assert _look_up(api, "anna@example.org", stream="news")["blocked"] is True
    assert _look_up(api, "anna@example.org")["blocked"] is False
    history = "/v1/addresses/anna@example.org/history"
    assert len(api.ask("GET", history).json()["events"]) == 1
    assert api.ask("GET", history, params={"stream": "default"}).json()["events"] == []
    mixed = [{"address": "full@example.net", "stream": one} for one in ("news", "default")]
    told = api.ask("POST", "/v1/deliveries", json={"deliveries": mixed}).json()["addresses"]
    assert [one["stream"] for one in told] == ["news", "default"]


def test_a_list_is_filtered_and_paged(api: Any) -> None:
    """Page by page to the end, none twice, none left out; ``next`` is null on the last."""
    _block(api, *(f"u{number}@example.org" for number in range(7)))
    _reject(api)
    _reject(api, address="full@example.net", reply=FULL)
    query, seen = {"limit": "3", "blocked": "true"}, []
    while True:
        page = api.ask("GET", "/v1/addresses", "read", params=query).json()
        seen += [one["address"] for one in page["addresses"]]
        if page["next"] is None:
            break
        assert len(page["addresses"]) == 3
        query["after"] = page["next"]
    assert seen == ["nobody@example.com", *(f"u{number}@example.org" for number in range(7))]

    def found(**query: str) -> list[str]:
        told = api.ask("GET", "/v1/addresses", "read", params=query)
        return [one["address"] for one in told.json()["addresses"]]

    assert found(cause="mailbox_full", blocked="false") == ["full@example.net"]
    assert found(domain="EXAMPLE.com") == ["nobody@example.com"]
    assert found(since="2026-01-01T00:00:00Z", stream="news") == []
    assert found(since="2099-01-01T00:00:00Z") == []


def test_a_page_may_end_at_any_stream(api: Any) -> None:
    """A stream that the command line made, with a stroke in its name, ends no page too early."""
    for stream in ("a/b", "a", "default"):
        api.store.block("x@example.org", why="y", who="z", now=datetime.now(UTC), stream=stream)
    seen, after = [], None
    for _ in range(3):
        query = {"limit": "1", **({"after": after} if after else {})}
        page = api.ask("GET", "/v1/addresses", params=query).json()
        seen.append(page["addresses"][0]["stream"])
        after = page["next"]
    assert (seen, after) == (["a", "a/b", "default"], None)


def test_what_was_never_heard_of_may_be_mailed(api: Any) -> None:
    """Unknown is no error: not blocked, and an empty history."""
    one = _look_up(api, "new@example.org")
    assert (one["asked"], one["blocked"], one["since"]) == ("new@example.org", False, None)
    assert api.ask("GET", "/v1/addresses/new@example.org/history").json() == {"events": []}


def test_a_call_is_all_or_nothing(api: Any, store_error: Any) -> None:
    """Where the database fails half way nothing of the call has happened, so it can be repeated."""
    rejections = [{**REJECTED, "address": f"u{number}@example.org"} for number in range(50)]
    with store_error("events"):
        assert api.ask("POST", "/v1/rejections", json={"rejections": rejections}).status_code == 507
    assert api.ask("GET", "/v1/addresses").json()["addresses"] == []


def test_the_description_has_the_keys_that_are_sent(api: Any) -> None:
    """The models of the description and the JSON of the command line are one thing."""
    api.store.block("x@example.org", why="y", who="z", now=datetime.now(UTC))
    known = api.store.state("x@example.org")
    assert isinstance(api.store, Store)
    assert known is not None
    assert list(state(known, 5)) == list(answers.State.model_fields)


@pytest.mark.parametrize("reply", ["250 2.0.0 OK queued", "hello world", "354 go on", "5500 no"])
def test_what_is_no_rejection_is_refused(api: Any, reply: str) -> None:
    """A client that posts every final reply must not block those who got their mail."""
    body = {"rejections": [{**REJECTED, "reply": reply}]}
    assert api.ask("POST", "/v1/rejections", json=body).status_code == 422
    assert _look_up(api, REJECTED["address"])["blocked"] is False


WITH_STREAM = [
    ("GET", "/v1/addresses/anna@example.org", None),
    ("GET", "/v1/addresses/anna@example.org/history", None),
    ("GET", "/v1/addresses", None),
    ("GET", "/v1/messages", None),
    ("POST", "/v1/lookup", {"addresses": ["anna@example.org"]}),
    ("POST", "/v1/block", {"addresses": ["anna@example.org"], "reason": "gone"}),
    ("POST", "/v1/unblock", {"addresses": ["anna@example.org"], "reason": "back"}),
]


@pytest.mark.parametrize(("method", "path", "body"), WITH_STREAM)
def test_a_stream_that_nobody_knows_is_not_found(
    api: Any, method: str, path: str, body: dict[str, Any] | None
) -> None:
    """It is no empty one, in which everybody may be mailed."""
    named = {"stream": "nwes"}
    place = "body" if body else "query"
    told = api.ask(method, path, **({"json": body | named} if body else {"params": named}))

    assert told.status_code == 404
    (fault,) = told.json()["errors"]
    assert fault["at"] == f"{place}.stream"
    assert fault["detail"].startswith("there is no mail stream 'nwes'; did you mean news?")
    assert api.store.state("anna@example.org", "nwes") is None


def test_a_report_brings_its_stream_into_being(api: Any) -> None:
    """As a bounce to a signed return path does: nothing that has happened is turned away."""
    _reject(api, stream="tenant-7")

    assert _look_up(api, "nobody@example.com", stream="tenant-7")["blocked"] is True
    assert _look_up(api, "anna@example.org", stream="tenant-7")["blocked"] is False


def test_messages_are_counted(api: Any) -> None:
    """All that came in, or what came in since then."""
    told = api.ask("GET", "/v1/messages", "read", params={"since": "2026-01-01T00:00:00Z"}).json()

    assert answers.Counts.model_validate(told).messages == 0
    assert told["since"] == "2026-01-01T00:00:00+00:00"
    assert told["trust"]["forged"] == told["matched"]["nobody"] == 0
    assert api.ask("GET", "/v1/messages", "read", params={"since": "lately"}).status_code == 422
