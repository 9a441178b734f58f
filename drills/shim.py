"""The library that lets calls fail, compiled when it is needed, and the switch for it."""

from __future__ import annotations

import enum
import mmap
import shutil
import struct
import subprocess
from pathlib import Path

import common


class Fault(enum.IntEnum):
    """What fails, as faults.c has it."""

    NONE = 0
    SYNC_FAILS = 1
    WRITE_FAILS = 2
    WRITE_IS_SHORT = 3
    READ_FAILS = 4
    WRITE_IS_DROPPED = 5


class Shim:
    """Calls that fail when they are told to, in processes that run with ``environ``."""

    def __init__(self, folder: Path) -> None:
        compiler = shutil.which("cc") or shutil.which("gcc")
        if not compiler:
            common.give_up("it needs a C compiler: apt-get install gcc libc6-dev")
        library, switch = folder / "faults.so", folder / "faults"
        source = common.HERE / "faults.c"
        command = [compiler, "-shared", "-fPIC", "-O2", "-o", library, source, "-ldl"]
        subprocess.run(command, check=True)
        switch.write_bytes(bytes(16))
        with switch.open("r+b") as opened:
            self._told = mmap.mmap(opened.fileno(), 16)
        self.environ = {"FAULTS": str(switch), "LD_PRELOAD": str(library)}

    def set(self, fault: Fault = Fault.NONE, *, clock: int = 0) -> None:
        """Let *fault* happen from now on, with the clock off by so many seconds."""
        self._told[:] = struct.pack("=qq", fault, clock)
