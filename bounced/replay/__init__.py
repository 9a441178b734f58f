"""Replay: messages that lie in files, read again and recorded as of when they came.

``files`` finds them, ``mbox`` cuts them apart, ``envelope`` says what their trace fields still tell
of their arrival, ``run`` records them, ``summary`` counts.
"""

from __future__ import annotations
