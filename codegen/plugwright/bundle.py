"""How does a plugin's folder become the `.tar.gz` that a server installs, and that runs offline?

In: a folder with `plugin.json`, the program it names and `requirements.txt`. Out: one archive with
the sources and everything they need, installed already: the server has Python, and no index.

    <id>/plugin.json, plugin.py, …    the sources, without what `IGNORED` names
    <id>/venv/bin/python              the start script
    <id>/venv/site-packages/…         the requirements, as pip has installed them
    …/__pycache__/…                   their bytecode, if the server's Python is of our version

A server looks for `venv/bin/python` first. A virtual environment cannot take this place: it is full
of links to the Python of the machine that made it. The start script can; it looks for a Python of
the right version, gives it `site-packages`, and starts the program by `plugwright_runtime.script`.
The same input gives the same bytes.
"""

from __future__ import annotations

import fnmatch
import gzip
import io
import os
import stat
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from . import bytecode, manifest
from .problems import Location, Problems, fail

REQUIREMENTS = "requirements.txt"
IGNORED = (
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

MTIME = 315_532_800  # 1980-01-01, as in wheels: tar warns of times before


class Target(NamedTuple):
    """The servers a bundle is for: `version` of Python, such as "3.11"; `platforms` as pip names
    them, such as "manylinux_2_28_x86_64", none: machines like this one.
    """

    version: str = bytecode.VERSION
    platforms: tuple[str, ...] = ()


class Item(NamedTuple):
    """A file of the archive; `name` is its path below the plugin's folder."""

    name: str
    content: Path | bytes
    executable: bool


Progress = Callable[[str], None]


def make(
    folder: Path,
    out: Path | None,
    exclude: Sequence[str],
    target: Target,
    progress: Progress,
) -> Path:
    """Write the bundle of the plugin in `folder` to `out`, by default `<id>-<version>.tar.gz`.

    `exclude`: patterns of further names or paths to leave out. Raises `GenerationError`.
    """
    described = manifest.read(folder / manifest.NAME)
    problems = Problems()
    items = list(sources(folder, (*IGNORED, *exclude), problems))
    check(folder, described, {item.name for item in items}, problems)
    problems.raise_if_any()
    out = out or Path(f"{described.id}-{described.version}.tar.gz")
    with tempfile.TemporaryDirectory(prefix="plugwright-bundle-") as scratch:
        progress("installing the requirements")
        site = Path(scratch, "site")
        install(folder / REQUIREMENTS, site, target)
        script = start_script(sdk_in(site, folder / REQUIREMENTS), target.version)
        items.append(Item("venv/bin/python", script.encode(), True))
        items += installed(site)
        if target.version == bytecode.VERSION:
            progress("compiling")
            items += bytecode_of(items, Path(scratch, "compiled"))
        progress(f"packing {len(items)} files")
        write(out, described.id, items)
    return out


def sources(folder: Path, ignored: Sequence[str], problems: Problems) -> Iterator[Item]:
    """The files of `folder`; links into it become copies, other links are problems."""
    root = folder.resolve()
    for parent, folders, files in os.walk(folder):
        here = Path(parent)
        kept = []
        for name in sorted((*folders, *files)):
            path = here / name
            relative = path.relative_to(folder).as_posix()
            if _matches(relative, ignored) or (path / "pyvenv.cfg").exists():
                continue
            if path.is_symlink() and not _is_file_in(path, root):
                text = "a link to a folder, or out of the plugin's folder: "
                problems.add(
                    Location(str(path)), f"{text}copy what it means, or exclude it"
                )
            elif path.is_dir():
                kept.append(name)
            elif path.is_file():
                yield Item(relative, path, _is_executable(path))
            else:
                problems.add(Location(str(path)), "neither a file nor a folder")
        folders[:] = kept


def _is_file_in(link: Path, root: Path) -> bool:
    """Whether a link leads to a file below `root`."""
    meant = link.resolve()
    return meant.is_file() and meant.is_relative_to(root)


def _matches(relative: str, patterns: Sequence[str]) -> bool:
    name = relative.rpartition("/")[2]
    return any(
        fnmatch.fnmatchcase(name, p) or fnmatch.fnmatchcase(relative, p)
        for p in patterns
    )


def _is_executable(path: Path) -> bool:
    return bool(path.stat().st_mode & stat.S_IXUSR)


def check(
    folder: Path, described: manifest.Manifest, names: set[str], problems: Problems
) -> None:
    """Are the files there that the manifest names, and the requirements?"""
    for named in (*described.programs, *described.files):
        if named.path not in names:
            found = (folder / named.path).exists()
            state = (
                "is no file, or is left out of the bundle" if found else "is missing"
            )
            problems.add(named.where, f"{named.path} {state}")
    if REQUIREMENTS not in names:
        text = "missing: name the SDK there, and whatever else the plugin imports"
        problems.add(Location(str(folder / REQUIREMENTS)), text)


def install(requirements: Path, site: Path, target: Target) -> None:
    """Install the requirements into the folder `site`. pip takes more options, such as where to
    find packages, from its environment variables (PIP_FIND_LINKS, PIP_NO_INDEX, …).
    """
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-compile"]
    command += ["--disable-pip-version-check", "--no-warn-conflicts"]
    command += ["--target", str(site), "--requirement", str(requirements)]
    if target != Target():
        command += ["--only-binary=:all:", f"--python-version={target.version}"]
        command += [f"--platform={platform}" for platform in target.platforms]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.strip()]
        reason = "; ".join(line.removeprefix("ERROR: ") for line in said[-3:])
        raise fail(Location(str(requirements)), f"pip cannot install it: {reason}")


def sdk_in(site: Path, requirements: Path) -> str:
    """The package of the SDK among the requirements: the one that can launch plugins."""
    found = sorted(path.parent.name for path in site.glob("*/_launch.py"))
    if len(found) != 1:
        what = " and ".join(found) or "no SDK"
        text = f"it must bring one SDK to start the plugin with, and brings {what}"
        raise fail(Location(str(requirements)), text)
    return found[0]


def installed(site: Path) -> Iterator[Item]:
    """What pip has installed, but not what only this machine can use."""
    for path in sorted(site.rglob("*")):
        relative = path.relative_to(site)
        of_this_machine = (
            relative.parts[0] == "bin"
            or "__pycache__" in relative.parts
            or path.name == "direct_url.json"
        )
        if path.is_file() and not of_this_machine:
            name = PurePosixPath("venv", "site-packages", relative.as_posix())
            yield Item(str(name), path, _is_executable(path))


def bytecode_of(items: Sequence[Item], scratch: Path) -> Iterator[Item]:
    """The bytecode of the modules among `items`, for a Python of this version."""
    modules = {
        item.name: item.content
        for item in items
        if isinstance(item.content, Path) and item.name.endswith(".py")
    }
    for name, file in bytecode.compiled(modules, scratch):
        yield Item(name, file, False)


def start_script(sdk: str, version: str) -> str:
    """The program at `venv/bin/python`. With an option as its first argument it is just a Python
    that has the requirements, for `-m` and `-c`.
    """
    major, minor = version.split(".")
    return f"""\
#!/bin/sh
# Written by `plugwright bundle`: starts the plugin with the packages that lie beside it.
venv=$(cd "$(dirname "$0")/.." && pwd) || exit 1
PYTHONPATH=$venv/site-packages${{PYTHONPATH:+:$PYTHONPATH}}
export PYTHONPATH
right='import sys; sys.exit(sys.version_info[:2] != ({major}, {minor}))'
for python in python{version} python3 python; do
    "$python" -ISc "$right" 2>/dev/null || continue
    case ${{1:--}} in
        -*) exec "$python" "$@" ;;
    esac
    exec "$python" -m plugwright_runtime.script {sdk} "$@"
done
message='this plugin is bundled for Python {version}: the server must have it on its PATH'
echo "{{\\"@level\\": \\"error\\", \\"@message\\": \\"$message\\"}}" >&2
exit 1
"""


def write(out: Path, top: str, items: Sequence[Item]) -> None:
    """The archive, in one piece or not at all: sorted, without times, owners and other modes than
    0644 and 0755.
    """
    folders = {str(p) for item in items for p in PurePosixPath(item.name).parents}
    partial = out.with_name(f"{out.name}.partial")
    try:
        with (
            partial.open("wb") as file,
            gzip.GzipFile("", "wb", 6, file, mtime=0) as packed,
            tarfile.open(fileobj=packed, mode="w") as archive,
        ):
            members: list[tuple[str, Item | None]] = [(name, None) for name in folders]
            members += [(item.name, item) for item in items]
            for name, item in sorted(members, key=lambda member: member[0]):
                _add(archive, top if name == "." else f"{top}/{name}", item)
        os.replace(partial, out)
    except OSError as error:
        raise fail(Location(str(out)), f"cannot be written: {error.strerror}") from None
    finally:
        partial.unlink(missing_ok=True)


def _add(archive: tarfile.TarFile, name: str, item: Item | None) -> None:
    """One member; without an item a folder."""
    member = tarfile.TarInfo(name)
    member.mtime = MTIME
    if item is None:
        member.type, member.mode = tarfile.DIRTYPE, 0o755
        archive.addfile(member)
        return
    member.mode = 0o755 if item.executable else 0o644
    if isinstance(item.content, bytes):
        member.size = len(item.content)
        archive.addfile(member, io.BytesIO(item.content))
        return
    with item.content.open("rb") as file:
        member.size = os.fstat(file.fileno()).st_size
        archive.addfile(member, file)
