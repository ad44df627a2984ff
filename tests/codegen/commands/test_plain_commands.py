"""Is `plugwright generate`, which does without a parser, the same as through one?"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
from kit.generating.failing import Outcome, command, snapshot
from plugwright import __main__ as entry
from plugwright import generation

PROTO = 'syntax = "proto3"; package a; message M { string s = 1; }'
CONFIG = '[sdk]\npackage = "k"\nout = "../../out"\n'
# Runs a command; then prints which of the parsers are loaded, as the last line of stderr.
_PROGRAM = """
import sys
from plugwright.{module} import main
sys.argv[0] = "plugwright"
try:
    main()
finally:
    print("loaded:", *({{"typer", "click", "pydantic"}} & sys.modules.keys()), file=sys.stderr)
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return _project(tmp_path / "one")


def _project(folder: Path) -> Path:
    for name, text in (("a.proto", PROTO), ("plugwright.toml", CONFIG)):
        path = folder / "proto" / "a" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (folder / "broken.toml").write_text("[sdk\n")
    (folder / "empty").mkdir()
    return folder


def _run(module: str, words: list[str], folder: Path) -> tuple[Outcome, str]:
    """What `words` do, begun in `module`, and the parsers that were loaded."""
    before = snapshot(folder)
    done = subprocess.run(
        [sys.executable, "-B", "-c", _PROGRAM.format(module=module), *words],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    stderr, _, loaded = done.stderr.rpartition("loaded:")
    after = snapshot(folder)
    return Outcome(done.returncode, done.stdout, stderr, before, after), loaded.strip()


PLAIN = [
    ["generate"],
    ["generate", "--check"],
    ["generate", "--check", "--check"],
    ["generate", "--check", "-q"],
    ["generate", "--quiet"],
    ["generate", "--check", "--format=github", "proto/a"],
    ["generate", "--dry-run"],
    ["generate", "--format=github", "broken.toml"],
    ["generate", "--check", "broken.toml"],
    ["generate", "proto/a"],
    ["generate", "proto/a/plugwright.toml", "--check"],
    ["generate", "--check", "./proto/../proto/a/"],
    ["generate", "proto/a", "proto/a"],
    ["generate", "empty"],
    ["generate", "no such"],
    ["generate", "broken.toml", "proto/a"],
]
PARSED = [
    [],
    [""],
    ["gen"],
    ["--version"],
    ["--check", "generate"],
    ["generate", "--help"],
    ["generate", ""],
    ["generate", "-"],
    ["generate", "--", "proto/a"],
    ["generate", "--chec"],
    ["generate", "--check=1"],
    ["generate", "--check", "--format", "github"],
    ["generate", "-qh"],
    ["generate", "--nonsense"],
    ["generate", "proto/*"],
    ["generate", "~/nowhere", "--check"],
    ["generate", "-I", "proto", "proto/a"],
    ["generate", "--out", "o"],
    ["inspect", "schema", "proto/a"],
]


def _shown(words: list[str]) -> str:
    return " ".join(words)


@pytest.mark.parametrize("words", [*PLAIN, *PARSED], ids=_shown)
def test_both_ways_do_the_same(tmp_path: Path, words: list[str]) -> None:
    plain, loaded = _run("__main__", words, _project(tmp_path / "one"))
    parsed, _ = _run("commands.cli", words, _project(tmp_path / "two"))
    assert plain == parsed
    assert ("typer" in loaded) == (words in PARSED)
    assert words in PARSED or loaded == ""


def test_both_ways_tell_the_same_differences(tmp_path: Path) -> None:
    told: list[Outcome] = []
    for module in ("__main__", "commands.cli"):
        folder = _project(tmp_path / module)
        assert _run(module, ["generate"], folder)[0].code == 0
        with (folder / "out/k/models/a.py").open("a") as file:
            file.write("x = 1\n")
        (folder / "out/k/__init__.py").unlink()
        lines = (["generate", "--check"], ["generate"], ["generate", "--check"])
        told += [_run(module, words, folder)[0] for words in lines]
    assert told[:3] == told[3:]
    assert [outcome.code for outcome in told[:3]] == [1, 0, 0]
    assert "-x = 1" in told[0].stdout
    assert "edited since it was generated; it is replaced" in told[1].stderr


def _plainly(words: list[str], folder: Path) -> int:
    """The exit code of the entry point, in this process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(sys, "argv", ["plugwright", *words])
        with pytest.raises(SystemExit) as end:
            entry.main()
    assert isinstance(end.value.code, int)
    return end.value.code


@pytest.mark.parametrize(
    ("error", "code"),
    [(KeyboardInterrupt(), 130), (BrokenPipeError(), 1), (KeyError("bug"), 1)],
    ids=repr,
)
def test_both_ways_end_the_same(
    project: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: BaseException,
    code: int,
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(generation, "make", fail)
    parsed = command(["generate"], project)
    capsys.readouterr()
    assert _plainly(["generate"], project) == parsed.code == code
    assert capsys.readouterr().err == parsed.stderr
    assert ("bug of plugwright" in parsed.stderr) == isinstance(error, KeyError)


def test_a_reader_that_goes_away_is_no_error(project: Path) -> None:
    """As with `| head`: far more is printed than a pipe holds."""
    fields = " ".join(f"string a_long_name_{i} = {i};" for i in range(2, 3000))
    proto = f'syntax = "proto3"; package a; message M {{ string s = 1; {fields} }}'
    assert _run("__main__", ["generate"], project)[0].code == 0
    (project / "proto/a/a.proto").write_text(proto)
    for module in ("__main__", "commands.cli"):
        reading, writing = os.pipe()
        os.close(reading)
        program = f"from plugwright.{module} import main; main()"
        with contextlib.closing(os.fdopen(writing, "w")) as pipe:
            done = subprocess.run(
                [sys.executable, "-c", program, "generate", "--check"],
                cwd=project,
                stdout=pipe,
                stderr=subprocess.PIPE,
                check=False,
            )
        assert (done.returncode, done.stderr) == (1, b""), module
