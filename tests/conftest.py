"""For every test."""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Before anything imports it: what a failed assertion of the kit compared is told as in a test.
pytest.register_assert_rewrite("kit")
pytest_plugins = ["kit.generating.fixtures", "kit.message.fixtures"]

# How fast a machine is says nothing about the code: no test of ours is timed.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

# What is needed to the end of the run (`kept-`), and what other programs keep for their next one.
KEPT = (
    "kept-*",
    "node-compile-cache",
    "hsperfdata_*",
    "pyright-*",
    "pytest-of-*",
    "tmp-*-npm*",
)
ROOT = "PLUGWRIGHT_TEST_ROOT"


def pytest_configure(config: pytest.Config) -> None:
    """Give every test and what it starts a temporary directory of this run: a short one, for a
    socket's path has little room. Workers of xdist share that of the process that started them.
    """
    former = tempfile.gettempdir()
    if ROOT not in os.environ:
        short = former if len(former) < 20 else "/tmp"
        os.environ[ROOT] = tempfile.mkdtemp(prefix="t", dir=short)
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", former)  # of tmp_path
    os.environ["TMPDIR"] = tempfile.tempdir = os.environ[ROOT]
    logging.getLogger("asyncio").addFilter(is_of_this_test)


def is_of_this_test(record: logging.LogRecord) -> bool:
    """Not if gRPC has an event for the loop of an earlier test, which is closed: all loops of a
    process share its one queue, so that fails in the loop of whichever test takes it.
    """
    error = record.exc_info[1] if record.exc_info else None
    closed = isinstance(error, RuntimeError) and str(error) == "Event loop is closed"
    return not (closed and "PollerCompletionQueue" in record.getMessage())


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail if anything is left there."""
    if not hasattr(session.config, "workerinput") and left():
        session.exitstatus = session.exitstatus or pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for path in left():
        terminalreporter.write_line(f"LEFT in the temporary directory: {path.name}", red=True)


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        shutil.rmtree(os.environ.pop(ROOT), ignore_errors=True)


def left() -> list[Path]:
    """What tests have left in the temporary directory."""
    found = Path(os.environ[ROOT]).iterdir()
    return [path for path in found if not any(map(path.match, KEPT))]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport]:
    """A log with lone surrogates, which tests cause on purpose, cannot be sent between workers."""
    report = yield
    report.sections = [
        (title, text.encode("utf-8", "backslashreplace").decode())
        for title, text in report.sections
    ]
    return report
