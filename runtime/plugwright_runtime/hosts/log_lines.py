"""What does a line mean that a plugin has written to its log?

In: one line after the other. Out: an `Entry` each: level, text and fields, as go-plugin hosts read
them (hclog's JSON, `[WARN]` and its like, Go's panics), and what those make nothing of: Python's
tracebacks are errors, levels of other names count, a value of a wrong type is shown as text. The
text is safe to print. Called by `plugin_log`.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ..process import levels

# Of those that plugins may be told, "off" is the level of no line.
LEVELS = {name: level for name, level in levels.LEVELS.items() if name != "off"}
LEVELS["fatal"] = logging.CRITICAL
TAGS = {f"[{name.upper()}]": LEVELS[name] for name in ("trace", "debug", "info", "warn", "error")}
WORDS = {name: LEVELS[name.lower()] for name in ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")}
PANICS = ("panic: ", "fatal error: ")
TRACEBACK = "Traceback (most recent call last):"
MOST_FIELDS = 64

_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}(Z|[+-]\d\d:\d\d)", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class Entry:
    """`created`: seconds since 1970, None if the line does not say."""

    level: int
    text: str
    fields: Mapping[str, Any] = field(default_factory=dict[str, Any])
    created: float | None = None


class LogLines:
    """Reads the lines of one plugin, in order: a panic or a traceback has several. `words`: whether
    the first word of a line may be its level, as plugins of styles without hclog write it.
    """

    def __init__(self, words: bool = False) -> None:
        self._words = words
        self._panic = False
        self._traceback = False

    def read(self, line: bytes) -> Entry:
        text = line.decode("utf-8", "backslashreplace")
        entry = _from_json(text) if text.lstrip().startswith("{") else None
        return entry or self._plain(text)

    def _plain(self, text: str) -> Entry:
        shown = safe(text)
        for tag, level in TAGS.items():
            if text.startswith(tag):
                return Entry(level, shown)
        word, _, rest = shown.partition(" ")
        if self._words and word in WORDS:
            return Entry(WORDS[word], rest)
        if text.startswith(PANICS):
            self._panic = True
        begun, self._traceback = self._traceback, self._traceback or text.startswith(TRACEBACK)
        if begun and text and not text[0].isspace() and not text.startswith(TRACEBACK):
            self._traceback = False  # the line that names the exception
        error = self._panic or begun or self._traceback
        return Entry(logging.ERROR if error else logging.DEBUG, shown)


def safe(text: str) -> str:
    """`text` without what moves a terminal's cursor; its further lines are indented, so that none
    of them looks like a record.
    """
    escaped = _CONTROL.sub(lambda m: m[0].encode("unicode_escape").decode(), text)
    return escaped.replace("\n", "\n    ")


def _from_json(text: str) -> Entry | None:
    """The entry of one of hclog's lines, None if it is none."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict):
        return None
    stamp = found.pop("@timestamp", None)
    if isinstance(stamp, str) and not _TIMESTAMP.fullmatch(stamp):
        return None
    name, message = found.pop("@level", None), found.pop("@message", "")
    level = LEVELS.get(name.lower()) if isinstance(name, str) else None
    if level is None:
        return Entry(logging.DEBUG, safe(text))
    fields = dict(list(found.items())[:MOST_FIELDS])
    shown = message if isinstance(message, str) else json.dumps(message)
    pairs = "".join(f" {key}={_value(value)}" for key, value in fields.items() if key != "@module")
    return Entry(level, safe(f"{shown}:{pairs}" if pairs else shown), fields, _seconds(stamp))


def _value(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _seconds(stamp: Any) -> float | None:
    try:
        return datetime.fromisoformat(stamp).timestamp()
    except (TypeError, ValueError, OverflowError, OSError):
        return None
