"""Tell schemathesis how a text is sent as JSON lines: as it stands."""

from __future__ import annotations

from typing import Any

import schemathesis


@schemathesis.serializer("application/jsonl", "application/x-ndjson")
def as_it_stands(_context: Any, value: Any) -> bytes:
    """Return the octets of *value*; what is no text is wrong by the description anyway."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")
