"""Import over HTTP: a list of any size, kept on the disk while it comes and while it is read."""

from __future__ import annotations

import asyncio
import io
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from fastapi import Request

from bounced import listreader, lists, taking
from bounced.classify import RuleBook
from bounced.errors import InputError, StoreFullError, StoreUnavailableError
from bounced.lists import Bad, Format
from bounced.shapes import Shape
from bounced.store import Import, Store
from bounced.web.requests import ImportQuery

TYPES: Final = {
    "text/csv": Format.CSV,
    "application/jsonl": Format.JSONL,
    "application/x-ndjson": Format.JSONL,
}
_MOST_SHOWN: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Imports:
    """Takes in lists, one at a time; ``stopping`` ends the one that is under way."""

    store: Store
    rules: Callable[[], RuleBook]
    pool: Executor
    stopping: threading.Event = field(default_factory=threading.Event)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def take_in(self, request: Request, query: ImportQuery, who: str) -> Shape:
        """Read the body to its end, then let it take effect; raises InputError, StoreError."""
        with tempfile.TemporaryFile(buffering=0) as file:
            with _on_disk():
                async for some in request.stream():
                    file.write(some)
            if not file.tell():
                msg = "is empty; send the list"
                raise InputError(msg)
            kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
            async with self._turn:
                return await asyncio.get_running_loop().run_in_executor(
                    self.pool, lambda: self._taken(file, TYPES.get(kind, Format.CSV), query, who)
                )

    def _taken(self, file: io.FileIO, form: Format, query: ImportQuery, who: str) -> Shape:
        self.store.require_stream(query.stream)
        file.seek(0)
        now = datetime.now(UTC)
        how = Import(source=query.source, who=who, now=now, stream=query.stream)
        reading = lists.Reading(rules=self.rules(), now=now, cause=query.cause)
        summary = taking.Summary()
        faults: list[dict[str, str]] = []

        def bad(entry: Bad) -> None:
            if len(faults) < _MOST_SHOWN:
                faults.append({"at": f"{entry.unit} {entry.line}", "detail": entry.why})

        dry_run = query.dry_run == "true"
        with io.BufferedReader(file) as buffered:
            entries = summary.wanted(lists.read(listreader.lines(buffered), reading, form), bad)
            batches = lists.batches(entries)
            for _ in taking.take_in(batches, self.store, how, summary, dry_run=dry_run):
                if self.stopping.is_set():
                    msg = "the daemon is being stopped; what was imported stays"
                    raise StoreUnavailableError(msg)
        return {**summary.as_json(), "dry_run": dry_run, "errors": faults}


@contextmanager
def _on_disk() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        msg = f"the folder for temporary files (TMPDIR) can't take the list: {error.strerror}"
        raise StoreFullError(msg) from error
