"""The HTTP API: ask, list, block, unblock and report, with bearer tokens, in the daemon's loop.

FastAPI says what a request may be and describes it (OpenAPI 3.1); uvicorn speaks HTTP.  Both are
known in this package and nowhere else, and are imported when a listener for HTTP is opened.
"""

from __future__ import annotations

from bounced.web.service import Service

__all__ = ["Service"]
