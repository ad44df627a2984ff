"""Which test runs which line? A plugin of pytest, for a run under coverage.

Every test is a context of its own; how long it took, and whether it passed, is written beside. Of a
test with many parameters a few are enough.
"""

from __future__ import annotations

import os
import time
from collections import defaultdict
from collections.abc import Generator
from pathlib import Path

import coverage
import pytest

SECONDS = "MUTANTS_SECONDS"  # the folder for the files with the tests' seconds
_VARIANTS = 12
EACH_ANOTHER = "/test_cases.py"  # a case has a proto of its own


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    variants: defaultdict[str, list[pytest.Item]] = defaultdict(list)
    for item in items:
        variants[item.nodeid.partition("[")[0]].append(item)
    kept = {
        same[round(number * (len(same) - 1) / (_VARIANTS - 1))].nodeid
        for same in variants.values()
        for number in range(_VARIANTS)
    }
    items[:] = [item for item in items if item.nodeid in kept or EACH_ANOTHER in item.nodeid]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object]:
    measured = coverage.Coverage.current()
    failed = item.session.testsfailed
    if measured is not None:
        measured.switch_context(item.nodeid)
    began = time.perf_counter()
    try:
        return (yield)
    finally:
        if measured is not None:
            measured.switch_context("")
        if item.session.testsfailed == failed:
            path = Path(os.environ[SECONDS], f"{os.getpid()}.tsv")
            with path.open("a", encoding="utf-8") as file:
                file.write(f"{time.perf_counter() - began:.3f}\t{item.nodeid}\n")
