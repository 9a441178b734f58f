"""What is answered when something is wrong: problem details (RFC 9457), one for each status.

Constant texts: no path, no value of ours, no traceback.  What is wrong with a request is told in
``errors``, with its place.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from bounced.errors import InputError, StoreError, StoreFullError, UnknownStreamError
from bounced.log import Log

MEDIA_TYPE: Final = "application/problem+json"
RETRY_AFTER: Final = 10
_MOST_ERRORS: Final = 100
_MOST_SHOWN: Final = 80

TOO_LARGE: Final = 413  # named otherwise by each version of http.HTTPStatus
UNPROCESSABLE: Final = 422

_TEXTS: Final[Mapping[int, tuple[str, str]]] = {
    400: ("Bad Request", "The body is not JSON; send an object in UTF-8."),
    401: (
        "Unauthorized",
        "Send a token: Authorization: Bearer TOKEN. `bounced token` makes one.",
    ),
    403: ("Forbidden", "This token may only read; make one with --scope write."),
    404: (
        "Not Found",
        "There is nothing here; `errors` says why, or /v1/openapi.json what there is.",
    ),
    405: ("Method Not Allowed", "This can't be done here; /v1/openapi.json lists what can."),
    408: ("Request Timeout", "The request did not arrive in time."),
    413: (
        "Content Too Large",
        "The body is larger than http.body_size, or http.import_size.",
    ),
    415: (
        "Unsupported Media Type",
        "Send application/json; to import, text/csv or application/jsonl.",
    ),
    422: (
        "Unprocessable Content",
        "Something in the request is wrong; `errors` says what, and where.",
    ),
    500: ("Internal Server Error", "This is a defect; the log of the daemon has more."),
    503: ("Service Unavailable", "The daemon or its database is busy or away; try again."),
    507: ("Insufficient Storage", "The disk of the database is full; try again later."),
}


class Fault(BaseModel):
    """One thing that is wrong with a request."""

    at: str = Field(description="where, such as `body.addresses[17]`")
    detail: str = Field(description="what is wrong, and what to write")


class Problem(BaseModel):
    """Problem details, RFC 9457."""

    type: str = Field(description="always `about:blank`: the status says it all")
    title: str
    status: int
    detail: str
    errors: list[Fault] = Field(default=[], description="with 404 and 422")


def shape(status: int, errors: Sequence[Mapping[str, str]] = ()) -> dict[str, object]:
    """Return the JSON of a problem."""
    name, detail = _TEXTS[status]
    told: dict[str, object] = {"errors": list(errors)} if errors else {}
    return {
        "type": "about:blank",
        "title": name,
        "status": status,
        "detail": detail,
        **told,
    }


def title(status: int) -> str:
    """Return the name of a status."""
    return _TEXTS[status][0]


def headers(status: int) -> dict[str, str]:
    """Return the header fields that go with *status*."""
    if status == HTTPStatus.UNAUTHORIZED:
        return {"WWW-Authenticate": 'Bearer realm="bounced"'}
    if status in (HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.INSUFFICIENT_STORAGE):
        return {"Retry-After": str(RETRY_AFTER)}
    return {}


def answer(
    status: int,
    errors: Sequence[Mapping[str, str]] = (),
    more: Mapping[str, str] | None = None,
) -> Response:
    """Return a problem as a response.  ASCII, so that half a surrogate pair can't break it."""
    return Response(
        json.dumps(shape(status, errors)),
        status_code=status,
        media_type=MEDIA_TYPE,
        headers={**headers(status), **(more or {})},
    )


def handlers(log: Log) -> dict[Any, Any]:
    """Return what answers each exception."""

    async def wrong(_request: Request, error: RequestValidationError) -> Response:
        if any(one["type"] == "json_invalid" for one in error.errors()):
            return answer(HTTPStatus.BAD_REQUEST)
        return answer(UNPROCESSABLE, list(faults(error.errors())))

    async def refused(_request: Request, error: HTTPException) -> Response:
        return answer(error.status_code, more=error.headers)

    async def away(_request: Request, error: StoreError) -> Response:
        log.store_unavailable(why=str(error))
        full = isinstance(error, StoreFullError)
        return answer(HTTPStatus.INSUFFICIENT_STORAGE if full else HTTPStatus.SERVICE_UNAVAILABLE)

    async def no_list(_request: Request, error: InputError) -> Response:
        return answer(UNPROCESSABLE, [{"at": "body", "detail": str(error)}])

    async def no_stream(request: Request, error: UnknownStreamError) -> Response:
        place = "query" if "stream" in request.query_params else "body"
        fault = {"at": f"{place}.stream", "detail": str(error)}
        return answer(HTTPStatus.NOT_FOUND, [fault])

    async def gone(_request: Request, _error: ClientDisconnect) -> Response:
        return answer(HTTPStatus.BAD_REQUEST)  # nobody will read it

    async def defect(_request: Request, error: Exception) -> Response:
        log.failure(doing="answering an HTTP request", error=error)
        return answer(HTTPStatus.INTERNAL_SERVER_ERROR)

    return {
        RequestValidationError: wrong,
        HTTPException: refused,
        StoreError: away,
        InputError: no_list,
        UnknownStreamError: no_stream,
        ClientDisconnect: gone,
        Exception: defect,
    }


def faults(errors: Iterable[Mapping[str, Any]]) -> Iterable[dict[str, str]]:
    """Yield what is wrong and where, the first hundred of it."""
    for _, error in zip(range(_MOST_ERRORS), errors, strict=False):
        yield {"at": _place(error["loc"]), "detail": _words(error)}


def _place(path: Iterable[str | int]) -> str:
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.removeprefix(".")[:200]


def _words(error: Mapping[str, Any]) -> str:
    """Say what is wrong; a text that was sent is shown, so that it can be found."""
    name = next((part for part in reversed(error["loc"]) if isinstance(part, str)), "")
    given = error.get("input")
    shown = f"{json.dumps(given[:_MOST_SHOWN])} " if isinstance(given, str) else ""
    if error["type"] in ("string_pattern_mismatch", "value_error") and name in _WANTED:
        return f"{shown}{_WANTED[name]}"
    if error["type"] == "value_error":
        return f"{shown}{error['ctx']['error']}"
    if error["type"] == "extra_forbidden":
        return "is not known here"
    return str(error["msg"])


_WANTED: Final[Mapping[str, str]] = {
    "address": "is no mail address; write it like user@example.org",
    "addresses": "is no mail address; write it like user@example.org, or @example.org for all",
    "stream": "is no name of a stream; write 1 to 32 of a-z, 0-9, - and _",
    "domain": "is no domain; write it like example.org",
    "after": "is no cursor; take `next` of the page before",
    "reason": "is empty; say why, for the audit trail",
    "reply": "is empty; write what the server said, such as 550 5.1.1 User unknown",
}
