"""Which tests are likely to notice a fault in a line? Those that run it, the fastest first.

In: the copy of the project and the folders of tests. Out: `Traced`, which chooses tests by line.
Programs that a test starts are measured too, unless they are killed.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import coverage

from .isolated import TRACED
from .tracing import EACH_ANOTHER, SECONDS

MOST_SECONDS = 60.0  # of the tests that are run for one fault
MOST_TESTS = 400

_CONFIG = """\
[run]
source =
    {copy}/runtime/plugwright_runtime
    {copy}/codegen/plugwright
data_file = {folder}/data
parallel = true
context = ${{PYTEST_CURRENT_TEST-}}
patch = _exit
disable_warnings = module-not-imported, no-data-collected, module-not-measured
"""


def trace(copy: Path, python: Path, tests: tuple[str, ...], folder: Path) -> None:
    """Run the tests once under coverage, and leave in `folder` what that tells."""
    (folder / "seconds").mkdir(parents=True)
    config = folder / "coverage.ini"
    config.write_text(_CONFIG.format(copy=copy, folder=folder))
    env = os.environ | {TRACED: str(config), SECONDS: str(folder / "seconds")}
    env["PYTHONPATH"] = str(copy / "tests")
    command = [python, "-m", "pytest", "-p", "mutants.tracing", "--timeout", "300", "-n", "2"]
    subprocess.run([*command, *tests], cwd=copy, env=env, check=False)
    combine = [python, "-m", "coverage", "combine", "--quiet", f"--rcfile={config}"]
    subprocess.run(combine, cwd=folder, check=True)


class Traced:
    """What a run of `trace` has left in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._data = coverage.CoverageData(str(folder / "data"))
        self._data.read()
        self.seconds: dict[str, float] = {}
        for file in (folder / "seconds").iterdir():
            for line in file.read_text().splitlines():
                seconds, _, test = line.partition("\t")
                self.seconds[test] = float(seconds)
        if not self.seconds:
            sys.exit("no test passes, so none could notice a fault")

    def tests(self, module: Path, lines: tuple[int, int]) -> list[str]:
        """Tests that run one of the lines and pass without a fault, in the order to be run."""
        contexts = self._data.contexts_by_lineno(str(module))
        of_lines = {c for n in range(lines[0], lines[1] + 1) for c in contexts.get(n, [])}
        found = set(map(_test, of_lines))
        if "" in found:  # run at import
            found |= {_test(c) for several in contexts.values() for c in several}
        return self._fastest(found & self.seconds.keys())

    def _fastest(self, tests: set[str]) -> list[str]:
        """One variant of each test before the second of any."""
        variants: Counter[str] = Counter()
        ranked: list[tuple[int, float, str]] = []
        for seconds, test in sorted((self.seconds[test], test) for test in tests):
            name = test if EACH_ANOTHER in test else test.partition("[")[0]
            ranked.append((variants[name], seconds, test))
            variants[name] += 1
        chosen: list[str] = []
        left = MOST_SECONDS
        for _, seconds, test in sorted(ranked)[:MOST_TESTS]:
            left -= seconds
            if left < 0 and chosen:
                break
            chosen.append(test)
        return chosen


def _test(context: str) -> str:
    """The test of a context of coverage; "" of none."""
    test = context.rpartition("|")[2] or context.strip("|")
    for phase in (" (setup)", " (call)", " (teardown)"):
        test = test.removesuffix(phase)
    return test
