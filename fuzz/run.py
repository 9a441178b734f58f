"""Coverage-guided fuzzing of one target: ``python fuzz/run.py TARGET [libFuzzer's options]``."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import atheris

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

with atheris.instrument_imports(include=["bounced"]):
    import targets


def main() -> None:
    """Hand over to libFuzzer: new inputs go to ``fuzz/new/TARGET``, seeds and findings are read."""
    name, options = sys.argv[1], sys.argv[2:]
    logging.disable()  # flufl.bounce logs what it raises
    new = HERE / "new" / name
    new.mkdir(parents=True, exist_ok=True)
    folders = [new, *(folder / name for folder in (HERE / "corpus", HERE / "found"))]
    known = [str(folder) for folder in folders if folder.is_dir()]
    prefix = f"-artifact_prefix={new}-"
    arguments = [sys.argv[0], "-timeout=2", "-max_len=8192", "-rss_limit_mb=1024", prefix]
    atheris.Setup([*arguments, *options, *known], targets.TARGETS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
