"""The description of the API: complete, true, and the one in ``docs/``."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from bounced.web import examples
from bounced.web.app import describe

FILE = Path(__file__).parents[2] / "docs" / "openapi.json"
OPERATIONS = [
    (f"{method.upper()} {path}", operation)
    for path, methods in describe()["paths"].items()
    for method, operation in methods.items()
]


def test_the_description_in_docs_is_that_of_the_program() -> None:
    """Write it anew with ``python -m bounced.web > docs/openapi.json``."""
    assert examples.dumps(describe()) == FILE.read_text()


def test_the_description_can_be_printed() -> None:
    """Without a store, and without a daemon."""
    done = subprocess.run(
        [sys.executable, "-m", "bounced.web"], capture_output=True, text=True, check=True
    )
    assert done.stdout == FILE.read_text()


def test_the_description_that_is_served_is_the_same(api: Any) -> None:
    """Byte by byte."""
    assert api.ask("GET", "/v1/openapi.json", None).text == FILE.read_text()


@pytest.mark.parametrize(("name", "operation"), OPERATIONS, ids=[name for name, _ in OPERATIONS])
def test_every_answer_has_an_example_that_is_as_described(
    name: str, operation: dict[str, Any]
) -> None:
    """And so has every body that is sent; each operation says which token it needs."""
    schemas = describe()["components"]
    parts = [answer["content"] for answer in operation["responses"].values()]
    if name.startswith("POST"):
        parts.append(operation["requestBody"]["content"])
    for media in (media for content in parts for media in content.values()):
        schema = {**media["schema"], "components": schemas}
        jsonschema_rs.validator_for(schema).validate(media["example"])
    assert "token" in operation["description"]
    assert operation["summary"]


@pytest.mark.parametrize(("name", "operation"), OPERATIONS, ids=[name for name, _ in OPERATIONS])
def test_an_example_can_be_sent(api: Any, name: str, operation: dict[str, Any]) -> None:
    """And is answered with the keys of the example."""
    method, path = name.split()
    body: dict[str, Any] = {}
    if path == "/v1/import":
        content = operation["requestBody"]["content"]["text/csv"]
        body = {"content": content["example"], "headers": {"Content-Type": "text/csv"}}
        path += "?source=x"
    elif method == "POST":
        content = operation["requestBody"]["content"]["application/json"]
        body = {"json": content["example"]}
    told = api.ask(method, path.replace("{address}", "nobody@example.com"), **body)

    assert told.status_code == 200, told.text
    example = operation["responses"]["200"]["content"]["application/json"]["example"]
    assert list(told.json()) == list(example)
    for one in told.json().get("addresses", ()):
        assert list(one) == list(example["addresses"][0])
