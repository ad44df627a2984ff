"""Do the tests notice faults? `python -m mutants MODULE…` puts them into modules, one at a time.

MODULE is a file, or the folder of a room. A sample of the faults that `faults` finds is tried, the
same at every run with the same seed: in a copy of the project (`isolated`), on the tests that run
the line (`traced`). Each fault that no test notices is printed as file:line and the change; in the
end the score.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from .faults import Fault, faults
from .isolated import copy
from .traced import Traced, trace

ROOT = Path(__file__).parents[2]
WORK = ROOT / ".mutants"
# Of the generator, the tests of what comes out see more than those of one room.
_GENERATOR = ("tests/codegen",)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, prog="mutants")
    parser.add_argument("module", nargs="+", type=Path)
    parser.add_argument("--sample", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tests", nargs="+", help="by default those of the room")
    parser.add_argument("--keep", action="store_true", help="use copy and trace of the last run")
    parser.add_argument("--work", type=Path, default=WORK)
    parser.add_argument("--minutes", type=float, default=60.0, help="the end, whatever is left")
    arguments = parser.parse_args()
    modules = [path.resolve().relative_to(ROOT) for path in arguments.module]
    tests = tuple(arguments.tests or sorted({t for m in modules for t in tests_of(m)}))
    project, traces = arguments.work / "copy", arguments.work / "trace"
    python = project / ".venv" / "bin" / "python"
    if not arguments.keep:
        python = copy(ROOT, project)
        shutil.rmtree(traces, ignore_errors=True)
    if not traces.exists():
        trace(project, python, tests, traces)
    sample = drawn(project, modules, arguments.sample, arguments.seed)
    seeding = Seeding(project, python, Traced(traces))
    until = time.monotonic() + 60 * arguments.minutes
    caught = tried = 0
    for module, fault in sample:
        if time.monotonic() > until:
            break
        tried += 1
        said = seeding.survives(module, fault)
        caught += not said
        if said:
            print(f"{module}:{fault.line}: {fault.change}  ({said})", flush=True)
        elif sys.stderr.isatty():
            print(f"{tried} of {len(sample)}", end="\r", file=sys.stderr)
    share = 100 * caught / tried if tried else 0
    print(f"{caught} of {tried} faults caught: {share:.0f} % (seed {arguments.seed})")


def tests_of(module: Path) -> tuple[str, ...]:
    """The tests of a module's room."""
    if module.parts[0] == "codegen":
        return _GENERATOR
    room = Path("tests", "runtime", *module.parts[2:3])
    return (str(room),) if (ROOT / room).is_dir() else ("tests/runtime",)


def drawn(project: Path, modules: list[Path], size: int, seed: int) -> list[tuple[Path, Fault]]:
    """The sample of all faults of the modules, in their order."""
    found = [
        (path.relative_to(project), fault)
        for module in modules
        for path in sorted([project / module, *(project / module).rglob("*.py")])
        if path.suffix == ".py"
        for fault in faults(path.read_text())
    ]
    chosen = random.Random(seed).sample(range(len(found)), min(size, len(found)))
    return [found[number] for number in sorted(chosen)]


class Seeding:
    """Puts faults into the copy, and takes them out again."""

    def __init__(self, project: Path, python: Path, traced: Traced) -> None:
        self._project, self._python, self._traced = project, python, traced
        self._times = self._later()

    @staticmethod
    def _later() -> Iterator[int]:
        """Each change of a file has a time of its own, or Python would take old bytecode."""
        now = int(time.time())
        while True:
            now += 2
            yield now

    def survives(self, module: Path, fault: Fault) -> str:
        """Which tests did not notice; "" if one did."""
        path = self._project / module
        tests = self._traced.tests(path, fault.lines)
        if not tests:
            return "no test runs it"
        before, status = path.read_bytes(), path.stat()
        path.write_text(fault.text)
        now = next(self._times)
        os.utime(path, (now, now))
        try:
            return "" if self._fail(tests) else f"{len(tests)} tests run it"
        finally:
            path.write_bytes(before)
            os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))

    def _fail(self, tests: list[str]) -> bool:
        seconds = 120 + 10 * sum(self._traced.seconds[test] for test in tests)
        command = [self._python, "-m", "pytest", "-x", "--timeout", "60", *tests]
        env = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
        with subprocess.Popen(
            command,
            cwd=self._project,
            env=env,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        ) as running:
            try:
                return running.wait(seconds) != 0
            except subprocess.TimeoutExpired:
                os.killpg(running.pid, 9)
                return True


if __name__ == "__main__":
    main()
