"""Do files and services whose modules would meet all get one, and keep it?"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from kit.generating.failing import Outcome, command
from plugwright.python import names

PROTO = 'syntax = "proto3"; package {package}; message M {{ string s = 1; }}'


def generate(folder: Path, files: Iterable[str], *words: str) -> Outcome:
    for number, name in enumerate(files):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(PROTO.format(package=f"p{number}"))
    words = words or ("generate", "--out", "o")
    return command([*words, "--package", "k", "-I", ".", *files], folder)


def _told(outcome: Outcome) -> str:
    """What is said of the message that each file has."""
    first = outcome.stderr.partition("`from ")[2].partition(" ")[0]
    return f"k.models: several modules have M; import from one, as `from {first} import M`\n"


def modules(outcome: Outcome) -> set[str]:
    assert outcome.code == 0
    assert outcome.stderr in ("", _told(outcome))
    found = (Path(name) for name in outcome.after if name.startswith("o/k/models/"))
    return {p.stem for p in found if p.suffix == ".py"} - {"__init__"}


def test_names_that_nobody_can_change_are_told_apart(tmp_path: Path) -> None:
    files = ["foo/bar.proto", "foo_bar.proto", "foo-bar.proto"]
    expected = {"foo_2f_bar", "foo_bar", "foo_2d_bar"}
    for number, order in enumerate(itertools.permutations(files)):
        assert modules(generate(tmp_path / str(number), order)) == expected
    letters = modules(generate(tmp_path / "letters", ["é.proto", "è.proto"]))
    assert letters == {"_", "m_e9_"}


def test_explain_says_which_and_why(tmp_path: Path) -> None:
    files = ["foo/bar.proto", "foo_bar.proto"]
    got = generate(tmp_path, files, "explain", "p0.M")
    assert "module: foo_2f_bar, for foo_bar is that of another file" in got.stdout
    got = generate(tmp_path, files, "explain", "p1.M")
    assert "module:" not in got.stdout


_PATHS = st.text("ab_-/.é1", min_size=1, max_size=5).map(lambda s: f"{s}.proto")


@given(st.sets(_PATHS, min_size=1, max_size=6), _PATHS)
def test_a_new_file_renames_at_most_one(paths: set[str], new: str) -> None:
    before = names.modules({p: names.module(p) for p in paths})
    after = names.modules({p: names.module(p) for p in {*paths, new}})
    assert len(set(after.values())) == len(after)
    renamed = [p for p in paths if before[p] != after[p]]
    assert len(renamed) <= 1
    for path in renamed:  # only the one that is called so comes before another
        assert after[new] == before[path]
    for path, module in before.items():
        if names.module(path) == path.removesuffix(".proto"):
            assert module == after[path]
