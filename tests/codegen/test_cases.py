"""Does each case of `tests/cases` give the modules, or the errors, that are written down there?"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from kit.generating.cases import BAD, GOOD, PACKAGE, Case, by_name, difference
from kit.generating.failing import run

# `file:line:col: what, and what to do`, or a place without a line: a setting, an option.
_PROBLEM = re.compile(r"^[^\s:][^:\n]*(:\d+:\d+)?: [a-z\"'`\[A-Z0-9][^\n]*$")


@pytest.mark.parametrize(**by_name(GOOD))
def test_generates_what_is_expected(case: Case) -> None:
    files = {f.path.removeprefix(f"{PACKAGE}/"): f.text for f in case.generate()}
    differences = ""
    for path in case.wanted():
        name = path.relative_to(case.expected).as_posix()
        wanted = path.read_text(encoding="utf-8")
        differences += difference(wanted, files.get(name, ""), f"{case.name}/{name}")
    if differences:
        pytest.fail(f"{differences}\n{_command(case)}", pytrace=False)


@pytest.mark.parametrize(**by_name(BAD))
def test_fails_as_expected(case: Case, tmp_path: Path) -> None:
    outcome = run(case, tmp_path)
    wanted = case.stderr.read_text(encoding="utf-8")
    if changes := difference(wanted, outcome.stderr, f"{case.name}/stderr.txt"):
        pytest.fail(f"{changes}\n{_command(case)}", pytrace=False)
    assert outcome.code == 1
    assert outcome.stdout == ""
    assert outcome.after == outcome.before, "something was written"
    assert wanted
    assert "Traceback" not in wanted
    assert str(tmp_path) not in wanted, "an error names a path that only this run has"
    assert all(map(_PROBLEM.match, wanted.splitlines())), wanted


def test_there_are_cases() -> None:
    assert len(GOOD) > 20
    assert len(BAD) > 15
    for case in GOOD:
        expected = [path.read_text("utf-8") for path in case.wanted()]
        assert expected, f"{case.name} expects nothing"
        lines = sum(text.count("\n") for text in expected)
        assert lines <= 300, f"{case.name} expects {lines} lines: more than anyone reads"


def _command(case: Case) -> str:
    return f"to accept: python tests/accept.py {case.name}"
