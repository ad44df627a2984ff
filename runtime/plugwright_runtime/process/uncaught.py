"""What becomes of an exception that nobody catches? One record of the log, with its traceback.

Called by launch styles whose hosts would take Python's own traceback, line by line, for something
else.
"""

from __future__ import annotations

import logging
import sys
import threading

from .records import safe_text

_log = logging.getLogger("plugwright.process")


def log_uncaught() -> None:
    """From now on, in every thread; also where Python can only ignore it."""
    sys.excepthook = _uncaught
    threading.excepthook = _in_thread
    sys.unraisablehook = _unraisable


def _uncaught(_: object, error: BaseException, __: object) -> None:
    _log.critical("uncaught exception", exc_info=error)


def _in_thread(args: threading.ExceptHookArgs) -> None:
    if args.exc_type is not SystemExit:
        name = args.thread.name if args.thread else "unknown"
        _log.error("uncaught exception in thread %s", name, exc_info=args.exc_value)


def _unraisable(args: sys.UnraisableHookArgs) -> None:
    what = f"{args.err_msg or 'exception ignored in'}: {safe_text(args.object)}"
    _log.error("%s", what, exc_info=args.exc_value)
