"""What do mypy and pyright say of some files? Their complaints, as (file, line) and text.

Both run as a plugin author would run them in strict mode, from a folder with a configuration: the
root of the repository, or one that a test sets up.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from kit.places import ROOT

_MYPY_LINE = re.compile(
    r"(?P<file>[^:]+):(?P<line>\d+): error: (?P<text>.*?)(  \[(?P<rule>[\w-]+)\])?"
)


@dataclass(frozen=True)
class Complaint:
    """An error that a checker reports. `file` is relative to the folder it ran in."""

    file: str
    line: int
    rule: str
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.text} [{self.rule}]"


def mypy(paths: Iterable[str], cache: Path, folder: Path = ROOT) -> list[Complaint]:
    """The errors of `mypy --strict`; `cache` is where it keeps what it knows of the SDK."""
    flags = ["--strict", "--no-error-summary", "--no-pretty", f"--cache-dir={cache}"]
    done = _run(["mypy", *flags, *paths], folder)
    found = [_MYPY_LINE.fullmatch(line) for line in done.stdout.splitlines()]
    complaints = [
        Complaint(Path(m["file"]).as_posix(), int(m["line"]), m["rule"] or "", m["text"])
        for m in found
        if m is not None
    ]
    assert done.returncode == (1 if complaints else 0), done.stdout + done.stderr
    return complaints


def pyright(paths: Iterable[str], folder: Path = ROOT) -> list[Complaint]:
    """The errors and warnings of pyright."""
    flags = ["--outputjson", f"--pythonpath={sys.executable}"]
    done = _run(["pyright", *flags, *paths], folder)
    try:
        report = json.loads(done.stdout)
    except ValueError:
        raise AssertionError(done.stdout + done.stderr) from None
    assert report["summary"]["filesAnalyzed"] > 0
    return [
        Complaint(
            Path(found["file"]).relative_to(folder).as_posix(),
            found["range"]["start"]["line"] + 1,
            found.get("rule", "error"),
            found["message"].splitlines()[0],
        )
        for found in report["generalDiagnostics"]
        if found["severity"] in ("error", "warning")
    ]


def _run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    module, *arguments = command
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=900,
    )
