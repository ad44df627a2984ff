"""How are two things compared fairly? In turn, round by round, by the median of the ratios.

Absolute times drift with the machine; a ratio taken within one round does not.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Result:
    """A measured ratio. `floor`: what it is a ratio to; `target`, `stretch`: at most."""

    area: str
    floor: str
    ratio: float
    target: float | None
    note: str = ""

    def row(self) -> str:
        verdict = ""
        if self.target is not None:
            verdict = "met" if self.ratio <= self.target else "MISSED"
        target = "-" if self.target is None else f"{self.target:g}"
        cells = (self.area, self.floor, f"{self.ratio:.2f}", target, verdict, self.note)
        return f"| {' | '.join(cells)} |"


HEADER = "| area | ratio to | ratio | target | | |\n|---|---|---|---|---|---|"


def functions(
    subject: Callable[[], object], floor: Callable[[], object], rounds: int = 15
) -> tuple[float, float]:
    """(ratio, seconds of `subject`) of two functions, each about 20 ms a round."""
    counts = [_calls(subject), _calls(floor)]
    ratios, times = [], []
    for i in range(rounds):
        pair = [(subject, counts[0]), (floor, counts[1])]
        measured = {f: _time(f, n) for f, n in (pair if i % 2 else reversed(pair))}
        ratios.append(measured[subject] / measured[floor])
        times.append(measured[subject])
    return statistics.median(ratios), statistics.median(times)


def _calls(function: Callable[[], object]) -> int:
    function()
    count = 1
    while (spent := _time(function, count) * count) < 0.01:
        count *= 2
    return max(1, int(count * 0.02 / spent))


def _time(function: Callable[[], object], count: int) -> float:
    calls = range(count)
    start = time.perf_counter()
    for _ in calls:
        function()
    return (time.perf_counter() - start) / count


# What is installed has its bytecode beside it, whatever the shell that measures asks for.
ENVIRON = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}


@dataclass(frozen=True, slots=True)
class Run:
    """One finished process: wall seconds, CPU seconds with children, peak memory in MiB."""

    wall: float
    cpu: float
    peak: float


def run(command: Sequence[str | Path], env: dict[str, str] | None = None) -> Run:
    """Run a command to its end; raises if it fails."""
    start = time.perf_counter()
    process = subprocess.Popen(
        [str(c) for c in command],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env={**ENVIRON, **(env or {})},
    )
    assert process.stderr is not None
    errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{command[0]} failed: {errors.decode(errors='replace')[-800:]}")
    return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def commands(
    subjects: dict[str, Sequence[str | Path]],
    floor: Sequence[str | Path],
    rounds: int = 7,
    env: dict[str, str] | None = None,
) -> dict[str, tuple[float, Run]]:
    """name -> (median ratio of wall time to `floor`, median run); all in turn, after a warm-up."""
    for command in (floor, *subjects.values()):
        run(command, env)
    ratios: dict[str, list[float]] = {name: [] for name in subjects}
    runs: dict[str, list[Run]] = {name: [] for name in subjects}
    for _ in range(rounds):
        base = run(floor, env)
        for name, command in subjects.items():
            measured = run(command, env)
            ratios[name].append(measured.wall / base.wall)
            runs[name].append(measured)
    return {
        name: (
            statistics.median(ratios[name]),
            sorted(runs[name], key=lambda r: r.wall)[rounds // 2],
        )
        for name in subjects
    }
