"""Take what is generated now as what is expected: `python tests/accept.py CASE…`.

Rewrites the files that are in `expected/` already, or `stderr.txt`; `--add PATH` takes a further
module in. Nothing else ever changes an expectation.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from kit.generating.cases import ALL, PACKAGE, Case
from kit.generating.failing import run


def accept(case: Case, added: list[str]) -> None:
    """Make the expectations of `case` what it gives now."""
    if case.stderr.exists():
        with tempfile.TemporaryDirectory() as scratch:
            case.stderr.write_text(run(case, Path(scratch)).stderr, encoding="utf-8")
        return
    files = {f.path.removeprefix(f"{PACKAGE}/"): f.text for f in case.generate()}
    known = {p.relative_to(case.expected).as_posix() for p in case.wanted()}
    for path in sorted({*known, *added}):
        target = case.expected / path
        if path in files:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(files[path], encoding="utf-8", newline="\n")
        else:
            target.unlink()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("case", nargs="+", help="name of a case, or `all`")
    parser.add_argument("--add", action="append", default=[], metavar="PATH")
    options = parser.parse_args()
    cases = {case.name: case for case in ALL}
    chosen = list(cases) if options.case == ["all"] else options.case
    for name in chosen:
        if name not in cases:
            parser.error(f"there is no case {name!r}; there is: {', '.join(cases)}")
        accept(cases[name], options.add)


if __name__ == "__main__":
    main()
