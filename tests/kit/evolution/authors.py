"""A system as it is before an edit and after it, each with the SDK that an author has installed.

Every edit has a package of its own, so that one run of a type checker reads all of them.
"""

from __future__ import annotations

import importlib
import shutil
from pathlib import Path
from typing import NamedTuple

from kit.evolution.edits import NOTES, Edit
from kit.generating.packages import write_package
from plugwright import generation
from plugwright.generation import Job

SDK = "notes_sdk"


class Author(NamedTuple):
    """`protos`: the folder of the system; `root`: where its SDK and the author's program are."""

    protos: Path
    root: Path
    package: str

    @property
    def program(self) -> str:
        """The module of the author's program."""
        return f"program_{self.package}"

    def job(self) -> Job:
        return generation.configured(self.protos, (), None)

    def generate(self) -> None:
        """Have the SDK that the protos give."""
        files = generation.render(self.job(), lambda stage: None)
        shutil.rmtree(self.root / self.package, ignore_errors=True)
        write_package(files, self.package, self.root)

    def run(self) -> object:
        """What the author's program does with the SDK."""
        return importlib.import_module(self.program).transcript()

    def stored(self, by: Author) -> object:
        """What the program reads of the pickle that the one of `by` has stored."""
        data: bytes = importlib.import_module(by.program).pickled()
        # Both packages are the same one, before and after; their names have the same length.
        data = data.replace(by.package.encode(), self.package.encode())
        return importlib.import_module(self.program).stored(data)


def settle(folder: Path, package: str) -> Author:
    """An author whose SDK is `package`, below `folder`."""
    protos, root = folder / "protos" / package, folder / "sdks"
    protos.mkdir(parents=True)
    root.mkdir(exist_ok=True)
    for file in sorted(NOTES.iterdir()):
        text = file.read_text().replace(SDK, package)
        if file.suffix == ".py":
            (root / f"program_{package}.py").write_text(text)
        elif file.suffix in (".proto", ".toml"):
            (protos / file.name).write_text(text.replace('out = "sdk"', f'out = "{root}"'))
    author = Author(protos, root, package)
    author.generate()
    return author


def edited(folder: Path, edit: Edit, package: str) -> Author:
    """The same after an edit: the SDK is generated where the one from before is."""
    author = settle(folder, package)
    edit.apply(author.protos)
    author.generate()
    return author
