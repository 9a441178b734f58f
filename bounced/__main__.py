"""``python -m bounced`` is ``bounced``."""

from __future__ import annotations

from bounced.cli import main

if __name__ == "__main__":
    main()
