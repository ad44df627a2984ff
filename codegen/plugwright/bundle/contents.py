"""Which files of a plugin's folder belong into its bundle? The folder in, `Contents` out.

Left out, unless somebody asks for them, are what is of no use on a server and what must not get
there: keys, passwords, databases. A link to a file counts as that file, by both its names.
"""

from __future__ import annotations

import fnmatch
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from ..problems import Location, Problems

USELESS = (
    ".*",
    "__pycache__",
    "*.py[co]",
    "*.egg-info",
    "node_modules",
    "venv",
    "test",
    "tests",
    "test_*.py",
    "*_test.py",
    "conftest.py",
    "*.whl",
    "*.tar.gz",
)
"""Names of files and folders that stay out of a bundle, and so does any virtual environment."""

PRIVATE = (
    "*.env",
    "env.*",
    "*.pem",
    "*.key",
    "*.p12",
    "*.pfx",
    "*.jks",
    "*.keystore",
    "*.kdbx",
    "*.ppk",
    "*.gpg",
    "id_rsa*",
    "id_dsa*",
    "id_ecdsa*",
    "id_ed25519*",
    "*credentials",
    "*credentials.*",
    "*secret",
    "*secret.*",
    "*secrets",
    "*secrets.*",
    "*password",
    "*password.txt",
    "*passwords",
    "*passwords.txt",
    "*htpasswd",
    "*token",
    "*token.txt",
    "*token.json",
    "*tokens",
    "*tokens.txt",
    "*tokens.json",
    "*api[-_]key",
    "*api[-_]key.txt",
    "*private[-_]key",
    "*private[-_]key.*",
    "*service[-_]account*.json",
    "*kubeconfig*",
    "*.tfstate*",
    "*.tfvars",
    "pip.conf",
    "*.db",
    "*.db-*",
    "*.sqlite*",
    "*.dump",
)
"""Names in lower case of what is nobody else's business; Python modules and packages are none."""

_COPY = re.compile(r"(?:~|\.(?:bak|old|orig|save|swp))+$")
"""What editors and people add to the name of a file that they keep a copy of."""

_UNSAID = ("__pycache__", "*.py[co]")


class Choice(NamedTuple):
    """Patterns of names or paths: what stays out as well, and what comes in all the same."""

    exclude: tuple[str, ...] = ()
    include: tuple[str, ...] = ()


class Source(NamedTuple):
    """A file to pack; `name` is its path below the plugin's folder."""

    name: str
    path: Path
    executable: bool


class Contents(NamedTuple):
    """`left_out`: paths of files and folders, less those that Python makes by itself."""

    files: tuple[Source, ...]
    left_out: tuple[str, ...]


def contents(folder: Path, choice: Choice, problems: Problems) -> Contents:
    """What to pack of `folder`; links into it become copies, other links are problems."""
    choosing = _Choosing(folder, choice, problems)
    files = tuple(choosing.files())
    for pattern in choice.include:
        if pattern not in choosing.used:
            text = f"{pattern!r} names nothing that is left out"
            problems.add(Location("--include"), text)
    return Contents(files, tuple(choosing.left_out))


class _Choosing:
    def __init__(self, folder: Path, choice: Choice, problems: Problems) -> None:
        self._folder, self._choice, self._problems = folder, choice, problems
        self._root = os.path.realpath(folder)
        self.left_out: list[str] = []
        self.used: set[str] = set()

    def files(self) -> Iterator[Source]:
        for parent, folders, files in os.walk(self._folder, onerror=self._unreadable):
            here = Path(parent)
            names, folders[:] = sorted((*folders, *files)), []
            for name in names:
                path = here / name
                relative = path.relative_to(self._folder).as_posix()
                if self._is_left_out(path, relative):
                    if not _matches(relative, _UNSAID):
                        self.left_out.append(relative)
                elif os.path.isdir(path) and not path.is_symlink():
                    folders.append(name)
                elif self._is_file(path):
                    yield Source(relative, path, _is_executable(path))

    def _unreadable(self, error: OSError) -> None:
        text = f"cannot be read: {error.strerror}; exclude it, or give yourself the right"
        self._problems.add(Location(str(error.filename)), text)

    def _is_left_out(self, path: Path, relative: str) -> bool:
        if _matches(relative, self._choice.exclude) or _has(path, "pyvenv.cfg"):
            return True
        hits = [p for p in self._choice.include if _matches(relative, (p,))]
        if not self._is_unwanted(path, relative):
            return False
        self.used.update(hits)
        return not hits

    def _is_unwanted(self, path: Path, relative: str) -> bool:
        if _is_unwanted(path, relative):
            return True
        meant = os.path.realpath(path)
        if not path.is_symlink() or not _is_below(meant, self._root):
            return False
        inside = Path(meant).relative_to(self._root)
        ways = [inside, *inside.parents][:-1]
        return any(_is_unwanted(Path(self._root, way), way.as_posix()) for way in ways)

    def _is_file(self, path: Path) -> bool:
        """Whether it is one, or a link to one in the folder; all else is a problem."""
        if path.is_symlink():
            meant = os.path.realpath(path)
            if os.path.isfile(meant) and _is_below(meant, self._root):
                return True
            text = "a link to a folder, or out of the plugin's folder: copy what it means"
        elif os.path.isfile(path):
            return True
        else:
            text = "neither a file nor a folder: remove it"
        self._problems.add(Location(str(path)), f"{text}, or exclude it")
        return False


def _is_unwanted(path: Path, relative: str) -> bool:
    if _matches(relative, USELESS):
        return True
    is_code = path.suffix == ".py" or _has(path, "__init__.py")
    return not is_code and _matches(_COPY.sub("", relative.lower()), PRIVATE)


def _has(folder: Path, name: str) -> bool:
    return os.path.exists(os.path.join(folder, name))


def _is_below(path: str, root: str) -> bool:
    return os.path.commonpath([path, root]) == root


def _matches(relative: str, patterns: tuple[str, ...]) -> bool:
    name = relative.rpartition("/")[2]
    return any(fnmatch.fnmatchcase(name, p) or fnmatch.fnmatchcase(relative, p) for p in patterns)


def _is_executable(path: Path) -> bool:
    return bool(path.stat().st_mode & stat.S_IXUSR)
