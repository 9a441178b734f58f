"""The HTTP API as the daemon runs it, on a real socket, in a thread of the test."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import httpx
import pytest
from sqlalchemy import event

from bounced import log
from bounced.classify import RuleBook
from bounced.config import Config
from bounced.config.model import Listen
from bounced.policy import Policies, Settings
from bounced.store import Store
from bounced.web import Service, tokens


@dataclass
class Api:
    """A running API; its client may write unless told otherwise."""

    folder: Path
    rules: RuleBook
    settings: dict[str, Any] = field(default_factory=dict)
    said: io.StringIO = field(default_factory=io.StringIO)
    secrets: dict[str, str] = field(default_factory=dict)
    base: str = ""

    def __enter__(self) -> Self:
        self.store = Store.open(
            f"sqlite:///{self.folder}/bounced.db",
            policies=Policies(streams={"news": Settings()}),
            raw_retention=None,
        )
        self.token_file = self.folder / "tokens"
        self.write_tokens()
        self.service = Service(
            config=self._config(),
            log=log.setup(format="json", stream=self.said),
            store=self.store,
            rules=lambda: self.rules,
            inherited={},
            environ={},
        )
        self._end = threading.Event()
        self._ready: Future[None] = Future()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))
        self._thread.start()
        self._ready.result(20)
        self.base = "http://" + self.service.addresses[0].removeprefix("http ")
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join(20)
        assert not self._thread.is_alive()
        self.store.close()

    def write_tokens(self) -> None:
        """Make a new token for each scope."""
        made = {"read": tokens.new("page", "read"), "write": tokens.new("shop", "write")}
        self.secrets = {scope: secret for scope, (_, secret) in made.items()}
        self.token_file.write_text("".join(f"{line}\n" for line, _ in made.values()))
        self.token_file.chmod(0o600)

    def client(self, scope: str | None = "write") -> httpx.Client:
        """Return a client with a token of that scope, or without any."""
        headers = {"Authorization": f"Bearer {self.secrets[scope]}"} if scope else {}
        return httpx.Client(base_url=self.base, headers=headers, timeout=60, trust_env=False)

    def ask(self, method: str, path: str, scope: str | None = "write", **more: Any) -> Any:
        """Ask once and return the response."""
        with self.client(scope) as client:
            return client.request(method, path, **more)

    def call(self, coroutine: Any) -> Any:
        """Do something in the loop of the API."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(20)

    def events(self, name: str = "http_request") -> list[dict[str, Any]]:
        """Return the events of one name that were logged."""
        told = map(json.loads, self.said.getvalue().splitlines())
        return [event for event in told if event["event"] == name]

    def _config(self) -> Config:
        http = {"tokens": str(self.token_file), **self.settings}
        return Config.model_validate(
            {
                "listen": [Listen(protocol="http", address="127.0.0.1:0")],
                "store": {"url": "sqlite:///unused"},
                "limits": {"drain": "3s"},
                "http": http,
            }
        )

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        try:
            async with self.service:
                self._ready.set_result(None)
                await asyncio.to_thread(self._end.wait)
        except BaseException as error:  # the test gets it
            if self._ready.done():
                raise
            self._ready.set_exception(error)


@pytest.fixture
def start(tmp_path: Path, rules: RuleBook) -> Iterator[Callable[..., Api]]:
    """Return what starts an API with settings of its own; stopped in the end."""
    running: list[Api] = []

    def begin(**settings: Any) -> Api:
        running.append(Api(tmp_path, rules, settings).__enter__())
        return running[-1]

    yield begin
    for one in running:
        one.__exit__()


@pytest.fixture
def api(start: Callable[..., Api]) -> Api:
    """Return a running API."""
    return start()


@pytest.fixture
def store_error(api: Api) -> Callable[[str], contextlib.AbstractContextManager[None]]:
    """Return what makes the disk full when rows go into a table: as SQLite says it."""

    @contextlib.contextmanager
    def full(table: str) -> Iterator[None]:
        def refuse(*call: Any) -> None:
            if f"INSERT INTO {table} " in call[2]:
                cursor = call[1]
                cursor.execute("PRAGMA max_page_count=1")

        event.listen(api.store.database.engine, "before_cursor_execute", refuse)
        try:
            yield
        finally:
            event.remove(api.store.database.engine, "before_cursor_execute", refuse)
            api.store.database.engine.dispose()

    return full
