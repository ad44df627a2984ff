"""How does a command run, and how does it end? The same for all, whoever read the command line.

Exit codes: 0 = done, or nothing to do; 1 = problems in the input; 2 = the command line itself is
wrong; 130 = interrupted. Of a check: 1 = something differs, 2 = it could not be made.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any, NoReturn

from ..problems import GenerationError
from . import streams
from .reporting import Manner

_PLAIN = Manner()


def run(command: Callable[[], object]) -> NoReturn:
    """Call `command`, and end the process."""
    streams.prepare()
    # A run is short and leaves few cycles; looking for them takes a tenth of it.
    gc.disable()
    code: Any = 0
    try:
        command()
    except SystemExit as end:
        code = end.code
    except Exception as error:
        code = _failed(error)
    finally:
        gc.freeze()
    if (unwritten := streams.flush()) is not None:
        code = _failed(unwritten)
    sys.exit(code)


def _failed(error: Exception) -> int:
    from . import bugs

    print(bugs.told(error), file=sys.stderr)
    return 1


@contextmanager
def reported(failed: int = 1, manner: Manner = _PLAIN) -> Generator[Progress]:
    """Around what a command does: shows how far it is, and how it ended if not well.

    Problems are told in this `manner`, one a line, and end the command with exit code `failed`.
    """
    try:
        with Progress() as progress:
            yield progress
    except GenerationError as error:
        manner.problems(error)
        sys.exit(failed)
    except BrokenPipeError:  # nobody reads it any more, as with `| head`
        streams.abandon()
        sys.exit(failed)
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        if failed == 1:
            raise
        _failed(error)
        sys.exit(failed)


class Progress:
    """One line on a terminal that says what is going on; nothing anywhere else."""

    def __init__(self) -> None:
        self._shown = False

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        self.clear()

    def show(self, text: str) -> None:
        if sys.stderr.isatty():
            print(f"\r\x1b[K{text} …", end="", file=sys.stderr, flush=True)
            self._shown = True

    def clear(self) -> None:
        if self._shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
            self._shown = False
