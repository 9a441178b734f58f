"""The FastAPI application, and its description: OpenAPI 3.1 with an example of every answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final, Literal

from fastapi import FastAPI, Response, Security
from fastapi.openapi.utils import get_openapi
from fastapi.security import HTTPBearer
from pydantic import BaseModel

from bounced.log import Log
from bounced.web import answers, examples, problems
from bounced.web.routes import Operations

DESCRIPTION_PATH: Final = "/v1/openapi.json"
HEALTH_PATH: Final = "/healthz"
IMPORT_PATH: Final = "/v1/import"
_VERSION: Final = "1"
_TITLE: Final = "bounced"
_SUMMARY: Final = "Which addresses can't be mailed, and why; asked before every mail."
# The guard looks at the token before anything is read; this only describes it.
_BEARER: Final = HTTPBearer(
    auto_error=False, scheme_name="token", description="made by `bounced token`, to read or write"
)
_EVERYWHERE: Final = (401, 422, 500, 503)
_WITH_BODY: Final = (400, 408, 413, 415)
_WRITES: Final = (403, 507)


@dataclass(frozen=True, slots=True)
class Route:
    """One operation."""

    method: Literal["GET", "POST"]
    path: str
    do: Callable[..., Awaitable[Response]]
    answer: type[BaseModel]
    writes: bool = False
    brings: bool = False
    """Whether it may bring a mail stream into being, so that it takes any name of one."""

    @property
    def problems(self) -> tuple[int, ...]:
        """The statuses that it can have beside 200."""
        if self.path == HEALTH_PATH:
            return (500, 503)
        body = _WITH_BODY if self.method == "POST" else ()
        stream = () if self.brings else (404,)
        return tuple(sorted((*_EVERYWHERE, *body, *stream, *(_WRITES if self.writes else ()))))


def routes(do: Operations) -> tuple[Route, ...]:
    """Return the operations, in the order of the description."""
    one = "/v1/addresses/{address:path}"
    return (
        Route("GET", f"{one}/history", do.history, answers.History),
        Route("GET", one, do.look_up, answers.Standing),
        Route("GET", "/v1/addresses", do.list_addresses, answers.Page),
        Route("GET", "/v1/messages", do.count_messages, answers.Counts),
        Route("POST", "/v1/lookup", do.look_up_many, answers.Standings),
        Route("POST", "/v1/block", do.block, answers.Changes, writes=True),
        Route("POST", "/v1/unblock", do.unblock, answers.Changes, writes=True),
        Route(
            "POST",
            "/v1/deliveries",
            do.report_deliveries,
            answers.Changes,
            writes=True,
            brings=True,
        ),
        Route(
            "POST",
            "/v1/rejections",
            do.report_rejections,
            answers.Judgements,
            writes=True,
            brings=True,
        ),
        Route("POST", IMPORT_PATH, do.import_list, answers.Imported, writes=True),
        Route("GET", HEALTH_PATH, do.health, answers.Health),
    )


def create(operations: Operations, log: Log) -> FastAPI:
    """Return the application; who may use it is the guard's work."""
    app = FastAPI(
        title=_TITLE,
        version=_VERSION,
        # No pages: they load scripts from elsewhere.  The description is served below.
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        exception_handlers=problems.handlers(log),
    )
    for route in routes(operations):
        _add(app, route)
    body = examples.dumps(_description(app))

    async def description() -> Response:
        return Response(body, media_type="application/json")

    app.add_api_route(DESCRIPTION_PATH, description, methods=["GET"], include_in_schema=False)
    return app


def describe() -> dict[str, Any]:
    """Return the description of the API; it needs no store, for nothing is asked of it."""
    app = FastAPI()
    for route in routes(Operations.__new__(Operations)):
        _add(app, route)
    return _description(app)


def _add(app: FastAPI, route: Route) -> None:
    name = getattr(route.do, "__name__", "")
    app.add_api_route(
        route.path,
        route.do,
        methods=[route.method],
        operation_id=name,
        summary=(route.do.__doc__ or "").strip(),
        description=_scope(route),
        response_model=None,
        responses=_responses(route, name),
        openapi_extra=_list_body() if route.path == IMPORT_PATH else None,
        dependencies=[] if route.path == HEALTH_PATH else [Security(_BEARER)],
    )


def _scope(route: Route) -> str:
    if route.path == HEALTH_PATH:
        return "Needs no token."
    return f"Needs a token with scope `{'write' if route.writes else 'read'}`."


def _list_body() -> dict[str, Any]:
    """Describe the body of an import, which FastAPI hands on as it comes."""
    told = {
        kind: {"schema": {"type": "string", "minLength": 1}, "example": example}
        for kind, example in examples.LISTS.items()
    }
    return {"requestBody": {"required": True, "content": told}}


def _responses(route: Route, name: str) -> dict[int | str, dict[str, Any]]:
    told: dict[int | str, dict[str, Any]] = {
        200: {
            "model": route.answer,
            "description": (route.answer.__doc__ or "").strip(),
        }
    }
    for status in route.problems:
        errors = examples.faults(name, status)
        told[status] = {
            "description": problems.title(status),
            "content": {
                problems.MEDIA_TYPE: {
                    "schema": {"$ref": "#/components/schemas/Problem"},
                    "example": problems.shape(status, errors),
                }
            },
            "headers": {
                field: {"required": True, "schema": {"type": "string"}, "example": value}
                for field, value in problems.headers(status).items()
            },
        }
    return told


def _description(app: FastAPI) -> dict[str, Any]:
    told = get_openapi(title=_TITLE, version=_VERSION, summary=_SUMMARY, routes=app.routes)
    schema = problems.Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    told["components"]["schemas"] |= {**schema.pop("$defs"), "Problem": schema}
    for operation in (one for path in told["paths"].values() for one in path.values()):
        # Here, because FastAPI takes away what is null in an example.
        name, good = operation["operationId"], operation["responses"]["200"]
        good["content"]["application/json"]["example"] = examples.ANSWERED[name]
        if name in examples.ASKED:
            body = operation["requestBody"]["content"]["application/json"]
            body["example"] = examples.ASKED[name]
    return told
