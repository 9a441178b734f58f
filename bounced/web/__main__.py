"""``python -m bounced.web``: print the description of the API, for ``docs/openapi.json``."""

from __future__ import annotations

import sys

from bounced.web.app import describe
from bounced.web.examples import dumps

sys.stdout.write(dumps(describe()))
