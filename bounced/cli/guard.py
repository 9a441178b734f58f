"""Exit codes, and how a command ends that can't go on: one line, never a traceback.

0 done; 1 the answer is no; 2 wrong use; 3 something failed; 130 interrupted.
"""

from __future__ import annotations

import functools
import os
import sys
import traceback
from collections.abc import Callable
from pathlib import PurePath
from typing import ParamSpec, TypeVar

import typer

from bounced.errors import BouncedError

P = ParamSpec("P")
R = TypeVar("R")

NO = 1
FAILED = 3
INTERRUPTED = 130


def guarded(command: Callable[P, R]) -> Callable[P, R]:
    """Let *command* end with an exit code and one line, whatever happens in it."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            result = command(*args, **kwargs)
            sys.stdout.flush()
        except BouncedError as error:
            complain(str(error))
            raise typer.Exit(error.exit_code) from None
        except BrokenPipeError:
            _close_stdout()
            raise typer.Exit(0) from None
        except KeyboardInterrupt:
            raise typer.Exit(INTERRUPTED) from None
        except OSError as error:
            complain(str(error))
            raise typer.Exit(FAILED) from None
        except Exception as error:
            if isinstance(error, typer.Exit | typer.Abort) or hasattr(error, "format_message"):
                raise
            complain(f"this is a defect of bounced, please report it: {_told(error)}")
            raise typer.Exit(FAILED) from None
        return result

    return run


def complain(text: str) -> None:
    """Write to standard error, each line with the program's name in front."""
    for line in text.splitlines():
        print(f"bounced: {line}", file=sys.stderr)  # noqa: T201 - this is the command line


def _close_stdout() -> None:
    """Whoever read us is gone; keep the interpreter from writing the rest to it at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _told(error: Exception) -> str:
    calls = traceback.extract_tb(error.__traceback__)[-3:]
    path = " > ".join(f"{PurePath(call.filename).name}:{call.lineno}" for call in calls)
    return f"{type(error).__name__}: {error} ({path})"
