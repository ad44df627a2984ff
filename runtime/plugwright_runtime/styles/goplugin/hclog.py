"""How does a log record look to a go-plugin host?

In: a `logging.LogRecord` of any shape. Out: one line of hclog's JSON. A host crashes on a
non-string `@message`, `@level` or `@timestamp`, logs a line of 64 KiB or more in pieces at debug,
and what is no JSON to Go (NaN, a huge integer) at debug too; so none of these leave here. Called by
`logs`.
"""

from __future__ import annotations

import itertools
import json
import logging
import math
import sys
import traceback
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ...failure_log import exception_text
from ...process.records import MAX_TEXT, cut, message_of, safe_text

MAX_LINE = 60_000  # bytes with the line break; hosts read lines of less than 65,536
MAX_EXACT_INT = 2**53  # Go reads JSON numbers as float64
MAX_DEPTH = 8  # of containers in one extra field
MAX_ITEMS = 500  # values in one extra field, all depths together
MAX_NAME = 200  # characters of a key or logger name

CONTAINERS = (Mapping, Sequence, Set)
TEXTS = (str, bytes, bytearray, memoryview)
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {
    "message",
    "asctime",
    "taskName",
}


def encode(record: logging.LogRecord) -> bytes:
    """One record as a JSON line of at most `MAX_LINE` bytes; long texts lose their middle."""
    entry: dict[str, object] = {
        "@level": level_name(record.levelno),
        "@message": message_of(record),
        "@module": cut(str(record.name), MAX_NAME),
        "@timestamp": timestamp(record.created),
    }
    for key, value in vars(record).items():
        if key not in _STANDARD:
            entry[cut(str(key).lstrip("@"), MAX_NAME)] = plain(value, Budget())
    if record.exc_info and (text := exception_text(record.exc_info)):
        entry["exception"] = text
    if record.stack_info:
        entry["stack"] = str(record.stack_info)
    line = to_json(entry)
    return line if len(line) <= MAX_LINE else to_json(shrink(entry))


def encode_plainly(record: logging.LogRecord) -> bytes:
    """What is certain to work for a record that could not be encoded; called in the `except`."""
    return to_json(
        {
            "@level": "error",
            "@message": f"a log record of {safe_text(record.name)[:MAX_NAME]} could not be written",
            "@module": "plugwright.styles",
            "@timestamp": datetime.now().astimezone().isoformat(timespec="microseconds"),
            "error": cut("".join(traceback.format_exception_only(*sys.exc_info()[:2])), MAX_TEXT),
        }
    )


def level_name(number: int) -> str:
    """hclog's five levels for any number of Python's."""
    if number < logging.DEBUG:
        return "trace"
    for name, least in (
        ("error", logging.ERROR),
        ("warn", logging.WARNING),
        ("info", logging.INFO),
    ):
        if number >= least:
            return name
    return "debug"


def timestamp(created: float) -> str:
    """Local time with offset and always six digits, as hclog parses it:
    2006-01-02T15:04:05.000000+07:00.
    """
    return datetime.fromtimestamp(created).astimezone().isoformat(timespec="microseconds")


@dataclass(slots=True)
class Budget:
    """How many values one extra field may still have: shared references make small objects into
    huge trees.
    """

    values: int = MAX_ITEMS


def plain(value: object, budget: Budget, depth: int = 0) -> object:
    """`value` as JSON that Go reads without loss: no NaN, no integer beyond float64, text for what
    JSON has not.
    """
    budget.values -= 1
    if value is None or isinstance(value, bool):
        return value
    try:
        if isinstance(value, int):
            return plain_int(int(value))
        if isinstance(value, float):
            return float(value) if math.isfinite(value) else str(float(value))
        if isinstance(value, CONTAINERS) and not isinstance(value, TEXTS):
            return plain_container(value, budget, depth)
    except Exception:  # an object of the user's that raises when it is read
        return f"<{type(value).__name__} object that cannot be read>"
    return cut(safe_text(value), MAX_TEXT)


def plain_int(value: int) -> int | str:
    """A number that float64 holds exactly, else its digits as text (hexadecimal where Python
    refuses decimals).
    """
    if abs(value) <= MAX_EXACT_INT:
        return value
    return cut(str(value) if value.bit_length() < 8192 else hex(value), MAX_TEXT)


def plain_container(value: Any, budget: Budget, depth: int) -> object:
    """A mapping as an object, any other container as a list; what exceeds depth or budget is left
    out.
    """
    if depth >= MAX_DEPTH:
        return f"<{type(value).__name__} of {len(value)}>"
    if isinstance(value, Mapping):
        made: dict[str, object] = {}
        for key, item in value.items():
            if budget.values <= 0:
                break
            made[cut(safe_text(key), MAX_NAME)] = plain(item, budget, depth + 1)
        return made
    return [
        plain(item, budget, depth + 1)
        for item in itertools.takewhile(lambda _: budget.values > 0, value)
    ]


def to_json(entry: Mapping[str, object]) -> bytes:
    """The line with its break; lone surrogates, which UTF-8 cannot carry, become '?'."""
    return json.dumps(entry, ensure_ascii=False, allow_nan=False).encode("utf-8", "replace") + b"\n"


def shrink(entry: dict[str, object]) -> dict[str, object]:
    """The same entry within `MAX_LINE`: the texts share five sixths of it, extra fields get what is
    left, in order.
    """
    texts = [key for key in ("@message", "exception", "stack") if key in entry]
    share = MAX_LINE * 5 // 6 // len(texts)
    small: dict[str, object] = {key: cut_encoded(str(entry[key]), share) for key in texts}
    small |= {key: entry[key] for key in ("@level", "@module", "@timestamp")}
    room = MAX_LINE - len(to_json(small))
    for key in [name for name in entry if name not in small]:
        value = entry[key]
        if len(to_json({key: value})) > room:
            value = cut_encoded(safe_text(value), room - len(to_json({key: ""})))
        size = len(to_json({key: value}))
        if size <= room:
            small[key] = value
            room -= size
    return small


def cut_encoded(text: str, room: int) -> str:
    """`text`, with as much of its middle removed as its JSON must lose to take `room` bytes."""
    limit = min(len(text), max(room, 0))
    while True:
        shorter = cut(text, limit)
        size = len(to_json({"": shorter}))
        if size <= room or limit == 0:
            return shorter
        limit = limit * max(room, 0) * 9 // (size * 10)  # aim a little low: few rounds
