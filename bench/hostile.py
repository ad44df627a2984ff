"""What do hostile bytes and wrong values cost, beside what protobuf and a good encode take?"""

from __future__ import annotations

import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import measure
from generation import ROOT
from measure import Result

SDK = ROOT / "generated" / "mattermost"
UNKNOWN = b"\xa0\xe8\x07\x01"  # field 16004, a varint
ROUNDS = 7
# A model keeps the bytes, so that much it needs.
_FLOOR = "protobuf's own parser, and a copy of the bytes"

_MEMORY = f"""
import sys
from mattermost_plugin import models
from plugwright_runtime import codec
message = models.User.__codec__.message
data = {UNKNOWN!r} * 5_000_000
made = {{
    "nothing": lambda: None,
    "protobuf": lambda: (message.FromString(data), bytes(memoryview(data))),
    "decode": lambda: codec.decode(models.User, data),
}}[sys.argv[1]]()
with open("/proc/self/status") as status:
    print(next(line.split()[1] for line in status if line.startswith("VmHWM")))
"""


def results(scratch: Path) -> Iterator[Result]:
    sys.path.insert(0, str(SDK))
    yield from _unknown_fields()
    yield from _failing_encodes()
    yield from _long_list()


def _unknown_fields() -> Iterator[Result]:
    from mattermost_plugin import models
    from plugwright_runtime.codec import decode

    parse = models.User.__codec__.message.FromString
    for count, size in ((5_000_000, "20 MB"), (50_000, "200 kB")):
        data = UNKNOWN * count
        ratio, seconds = measure.functions(
            lambda data=data: decode(models.User, data),
            lambda data=data: (parse(data), bytes(memoryview(data))),
            ROUNDS,
        )
        area, note = f"decode of {size} of unknown varints", f"{seconds * 1e3:.1f} ms"
        yield Result(area, _FLOOR, ratio, 4.0, note)
    response = models.CommandResponse
    parse = response.__codec__.message.FromString
    data = _nested(UNKNOWN * 500_000, 90)
    ratio, seconds = measure.functions(
        lambda: decode(response, data),
        lambda: (parse(data), bytes(memoryview(data))),
        ROUNDS,
    )
    area, note = "the same at the end of 90 levels, 2 MB", f"{seconds * 1e3:.1f} ms"
    yield Result(area, _FLOOR, ratio, 4.0, note)
    at_rest, theirs, ours = (_peak(what) for what in ("nothing", "protobuf", "decode"))
    area = "decode of 20 MB of unknown varints: memory"
    ratio, note = (ours - at_rest) / (theirs - at_rest), f"{ours - at_rest:.0f} MiB"
    yield Result(area, _FLOOR, ratio, 4.0, note)


def _nested(data: bytes, levels: int) -> bytes:
    """A CommandResponse in one in one, the innermost `data`; each has something unknown, too."""
    from mattermost_plugin import models

    message = models.CommandResponse.__codec__.message
    tag = message.DESCRIPTOR.fields_by_name["attachments"].number << 3 | 2
    for _ in range(levels):
        size = bytearray()
        rest = len(data)
        while rest > 127:
            size.append(rest & 127 | 128)
            rest >>= 7
        data = bytes([tag, *size, rest]) + data + UNKNOWN
    return data


def _peak(what: str) -> float:
    """Peak memory in MiB of a process; its own word, for the system counts that of its parent."""
    done = subprocess.run(
        [sys.executable, "-c", _MEMORY, what],
        env=measure.ENVIRON | {"PYTHONPATH": f"{SDK}:{ROOT / 'runtime'}"},
        capture_output=True,
        check=True,
    )
    return int(done.stdout) / 1024


def _failing_encodes() -> Iterator[Result]:
    from mattermost_plugin import models
    from plugwright_runtime.codec import encode
    from plugwright_runtime.errors import FieldError

    def failing(model: Any) -> Callable[[], None]:
        def fails() -> None:
            try:
                encode(model)
            except FieldError:
                return
            raise AssertionError("accepted")

        return fails

    wrong: Any = "today"
    reactions = [models.Reaction(user_id="u", create_at=i) for i in range(5000)]
    texts = [f"file {i}" for i in range(100_000)]
    for what, good, bad, target in (
        (
            "the last of 5,000 models",
            models.PostMetadata(reactions=[*reactions, models.Reaction()]),
            models.PostMetadata(reactions=[*reactions, models.Reaction(create_at=wrong)]),
            4.0,
        ),
        (
            "the last of 100,000 texts",
            models.Post(file_ids=[*texts, ""]),
            models.Post(file_ids=[*texts, wrong.encode()]),
            6.0,
        ),
    ):
        ratio, seconds = measure.functions(failing(bad), lambda good=good: encode(good), ROUNDS)
        area, note = f"encode with {what} wrong", f"{seconds * 1e3:.1f} ms"
        yield Result(area, "with nothing wrong", ratio, target, note)


def _long_list() -> Iterator[Result]:
    """How long no other thread runs while a list of a million messages is read."""
    from mattermost_plugin import models
    from plugwright_runtime.codec import decode

    message = models.PostMetadata.__codec__.message
    number = message.DESCRIPTOR.fields_by_name["reactions"].number
    data = bytes([number << 3 | 2, 0]) * 1_000_000
    ratios, gaps = [], []
    for _ in range(ROUNDS):
        floor = _gap(lambda: message.FromString(data))
        gaps.append(_gap(lambda: decode(models.PostMetadata, data)))
        ratios.append(gaps[-1] / floor)
    note = f"{statistics.median(gaps) * 1e3:.0f} ms"
    area, ratio = "a list of a million: longest stall", statistics.median(ratios)
    yield Result(area, "that of protobuf's own parser", ratio, 4.0, note)
    few = data[: len(data) // 1000]
    ratio, seconds = measure.functions(
        lambda: decode(models.PostMetadata, data),
        lambda: [decode(models.PostMetadata, few) for _ in range(1000)],
        3,
    )
    area, note = "a list of a million: time", f"{seconds:.2f} s"
    yield Result(area, "a thousand lists of a thousand", ratio, 2.0, note)


def _gap(function: Callable[[], object]) -> float:
    """The longest time, in seconds, that another thread did not run during a call."""
    gaps: list[float] = []
    done = threading.Event()

    def watch() -> None:
        last = time.perf_counter()
        while not done.is_set():
            time.sleep(0)
            now = time.perf_counter()
            gaps.append(now - last)
            last = now

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        kept = function()
    finally:
        done.set()
        thread.join()
    del kept
    return max(gaps)
