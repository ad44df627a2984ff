"""How does a plugin's folder become the `.tar.gz` that a server installs, and that runs offline?

In: a folder with `plugin.json`, the program it names and `requirements.txt`. Out: one archive with
the sources and everything they need, installed already: the server has Python, and no index.

    <id>/plugin.json, plugin.py, …    the sources, without what `contents` leaves out
    <id>/venv/bin/python              the start script
    <id>/venv/site-packages/…         the requirements, as pip has installed them
    …/__pycache__/…                   their bytecode, if the server's Python is of our version

A server looks for `venv/bin/python` first. A virtual environment cannot take this place: it is full
of links to the Python of the machine that made it. The start script can; it looks for a Python of
the right version, gives it `site-packages`, and starts the program by the runtime's `script`.
The same input gives the same bytes.
"""

from __future__ import annotations

import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from ..problems import Location, Problems, fail
from ..python.runtime import SCRIPT
from . import archive, bytecode, manifest
from .archive import Item
from .contents import Choice, Source, contents

REQUIREMENTS = "requirements.txt"


class Target(NamedTuple):
    """The servers a bundle is for: `version` of Python, such as "3.11"; `platforms` as pip names
    them, such as "manylinux_2_28_x86_64", none: machines like this one.
    """

    version: str = bytecode.VERSION
    platforms: tuple[str, ...] = ()


class Bundle(NamedTuple):
    """An archive that was made, what of the plugin's folder is not in it, and which modules there
    hide those of Python.
    """

    path: Path
    left_out: tuple[str, ...]
    hiding: tuple[str, ...]


Progress = Callable[[str], None]


def make(
    folder: Path,
    out: Path | None,
    choice: Choice,
    target: Target,
    progress: Progress,
) -> Bundle:
    """Write the bundle of the plugin in `folder` to `out`, by default `<id>-<version>.tar.gz`.

    Raises `GenerationError`.
    """
    described = manifest.read(folder / manifest.NAME)
    problems = Problems()
    found = contents(folder, choice, problems)
    check(folder, described, {file.name for file in found.files}, problems)
    problems.raise_if_any()
    out = out or Path(f"{described.id}-{described.version}.tar.gz")
    archive.check(out, [file.path for file in found.files])
    items = [Item(*file) for file in found.files]
    with _scratch() as scratch:
        progress("installing the requirements")
        site = scratch / "site"
        install(folder / REQUIREMENTS, site, target)
        script = start_script(sdk_in(site, folder / REQUIREMENTS), target.version)
        items.append(Item("venv/bin/python", script.encode(), True))
        items += installed(site)
        if target.version == bytecode.VERSION:
            progress("compiling")
            items += bytecode_of(items, scratch / "compiled")
        progress(f"packing {len(items)} files")
        archive.write(out, described.id, items)
    return Bundle(out, found.left_out, hiding(described, found.files))


@contextmanager
def _scratch() -> Generator[Path]:
    """A folder for what is installed; a problem with it is told as one."""
    try:
        with tempfile.TemporaryDirectory(prefix="plugwright-bundle-") as scratch:
            yield Path(scratch)
    except OSError as error:
        text = f"cannot be used: {error.strerror}; make room there, or set TMPDIR"
        raise fail(Location(str(error.filename or "TMPDIR")), text) from None


def check(folder: Path, described: manifest.Manifest, names: set[str], problems: Problems) -> None:
    """Are the files there that the manifest names, and the requirements?"""
    for named in (*described.programs, *described.files):
        if named.path not in names:
            found = (folder / named.path).exists()
            state = "is no file, or is left out: --include takes it in" if found else "is missing"
            problems.add(named.where, f"{named.path} {state}")
    if REQUIREMENTS not in names:
        text = "missing: name the SDK there, and whatever else the plugin imports"
        problems.add(Location(str(folder / REQUIREMENTS)), text)


def hiding(described: manifest.Manifest, files: Sequence[Source]) -> tuple[str, ...]:
    """The modules beside a program that everything it imports gets in place of Python's own."""
    beside = {PurePosixPath(program.path).parent for program in described.programs}
    found: list[str] = []
    for file in files:
        path = PurePosixPath(file.name)
        module = path.parent if path.name == "__init__.py" else path
        if (
            path.suffix == ".py"
            and module.parent in beside
            and module.stem in sys.stdlib_module_names
        ):
            found.append(str(module))
    return tuple(sorted(found))


def install(requirements: Path, site: Path, target: Target) -> None:
    """Install the requirements into the folder `site`. pip takes more options, such as where to
    find packages, from its environment variables (PIP_FIND_LINKS, PIP_NO_INDEX, …).
    """
    # Isolated: the plugin's folder may be the current one, or on PYTHONPATH, and have a pip.py.
    command = [sys.executable, "-I", "-m", "pip", "install", "--quiet", "--no-compile"]
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
            yield Item(str(name), path, bool(path.stat().st_mode & stat.S_IXUSR))


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
    exec "$python" -m {SCRIPT} {sdk} "$@"
done
message='this plugin is bundled for Python {version}: the server must have it on its PATH'
echo "{{\\"@level\\": \\"error\\", \\"@message\\": \\"$message\\"}}" >&2
exit 1
"""
