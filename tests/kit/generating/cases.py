"""Where are the cases, and what does generating one give?

A case is a folder of `tests/cases` with one or more protos:

- `plugwright.toml`: generated with it; without one, in the zero-config form, as package `sdk`;
- `needed.toml`: the config of another package that the case's own one imports;
- `expected/`: the modules, and the surface, that are compared with what comes out, as paths below
  the package;
- `stderr.txt`: the case must fail, and print exactly this;
- `arguments.txt`: the command line of a case that needs another one, an argument a line;
- `setup.toml`: files to make first; see `Case.copy`.
"""

from __future__ import annotations

import difflib
import shutil
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from grpc_tools import protoc
from kit.places import CASES
from plugwright import generation
from plugwright.output.source import SourceFile
from plugwright.surface.text import NAME as SURFACE

PACKAGE = "sdk"
WELL_KNOWN = Path(protoc.__file__).parent / "_proto"


@dataclass(frozen=True)
class Case:
    """One folder of `tests/cases`."""

    folder: Path

    @property
    def name(self) -> str:
        return self.folder.relative_to(CASES).as_posix()

    @property
    def stderr(self) -> Path:
        return self.folder / "stderr.txt"

    @property
    def expected(self) -> Path:
        return self.folder / "expected"

    def wanted(self) -> list[Path]:
        """The files that are compared with what comes out."""
        return sorted([*self.expected.rglob("*.py"), *self.expected.rglob(SURFACE)])

    @property
    def protos(self) -> list[Path]:
        return sorted(self.folder.rglob("*.proto"))

    def generate(self) -> tuple[SourceFile, ...]:
        """Every file of the case's package, in memory."""
        return generation.render(self.job(), lambda text: None)

    def needed(self) -> generation.Job | None:
        """The package that the case's own one imports."""
        config = self.folder / "needed.toml"
        return generation.configured(config, (), None) if config.exists() else None

    def job(self) -> generation.Job:
        config = self.folder / "plugwright.toml"
        if config.exists():
            return generation.configured(config, (), None)
        sources = generation.Sources(tuple(self.protos), (self.folder,))
        return generation.zero_config(PACKAGE, Path("unused"), sources)

    def arguments(self) -> list[str]:
        """The command line of the case, run in a copy of its folder."""
        own = self.folder / "arguments.txt"
        if own.exists():
            return own.read_text(encoding="utf-8").splitlines()
        if (self.folder / "plugwright.toml").exists():
            return ["generate", "plugwright.toml"]
        protos = [p.relative_to(self.folder).as_posix() for p in self.protos]
        return ["generate", "--package", PACKAGE, "--out", "out", "-I", ".", *protos]

    def copy(self, target: Path) -> None:
        """Copy the case to the folder `target` and set it up.

        [descriptor-set] of setup.toml makes `set.binpb` of `protos`, with `imports` or without;
        [nested] writes a proto with messages nested `levels` deep; [files] are files by name.
        """
        shutil.copytree(self.folder, target, dirs_exist_ok=True)
        setup = self.folder / "setup.toml"
        if not setup.exists():
            return
        settings = tomllib.loads(setup.read_text(encoding="utf-8"))
        for name, text in settings.get("files", {}).items():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            (target / name).write_text(text, encoding="utf-8")
        if nested := settings.get("nested"):
            levels = range(nested["levels"])
            text = "".join(f"message M{i} {{" for i in levels) + "}" * len(levels)
            (target / "nested.proto").write_text(f'syntax = "proto3";\n{text}\n')
        if wanted := settings.get("descriptor-set"):
            descriptor_set(target, wanted["protos"], target / "set.binpb", wanted["imports"])


def descriptor_set(root: Path, protos: Iterable[str], out: Path, imports: bool = True) -> None:
    """Compile `protos` below `root` to the descriptor set `out`, as plain protoc does."""
    arguments = ["protoc", f"-I{root}", f"-I{WELL_KNOWN}", "--include_source_info"]
    arguments += ["--include_imports"] if imports else []
    arguments += [f"--descriptor_set_out={out}", *(str(root / p) for p in protos)]
    assert protoc.main(arguments) == 0


def _found() -> Iterator[Case]:
    for folder in sorted(p for p in CASES.rglob("*") if p.is_dir()):
        inside = (folder, *folder.parents)
        if any((p / "expected").exists() or (p / "stderr.txt").exists() for p in inside[1:-1]):
            continue
        if (folder / "expected").exists() or (folder / "stderr.txt").exists():
            yield Case(folder)


ALL = list(_found())
GOOD = [case for case in ALL if not case.stderr.exists()]
BAD = [case for case in ALL if case.stderr.exists()]


def by_name(cases: Iterable[Case]) -> dict[str, object]:
    """Arguments of `pytest.mark.parametrize`: a case an id."""
    listed = list(cases)
    return {"argnames": "case", "argvalues": listed, "ids": [c.name for c in listed]}


def difference(wanted: str, got: str, name: str) -> str:
    """A unified diff, "" if there is nothing to say."""
    lines = difflib.unified_diff(
        wanted.splitlines(keepends=True),
        got.splitlines(keepends=True),
        f"{name} (expected)",
        f"{name} (generated)",
    )
    return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)
