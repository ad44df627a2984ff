"""How are the foreign peers built and run? One program each, on tonic, grpc-js and grpc-go.

`programs(descriptors)` gives the command of each; `serving(command, address)` runs one as a server.
Built once per state of the sources, in the user's cache directory.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from kit.places import TESTS

PEERS = TESTS / "peers"
LIMIT = 900.0  # seconds for a first build
NAMES = ("rust", "node", "go")

Command = tuple[str, ...]


def programs(descriptors: Path) -> dict[str, Command]:
    """The command of each peer, by the name of its folder; built if need be.

    Raises RuntimeError, with what the compiler says, for one that cannot be built.
    """
    return {
        "rust": (str(_rust()),),
        "node": ("node", str(_node())),
        "go": (str(_go()), str(descriptors)),
    }


def _rust() -> Path:
    target = _cache() / "peer-rust"
    build = ["cargo", "build", "--locked", "--quiet", "--target-dir", str(target)]
    _run(build, PEERS / "rust")
    return target / "debug" / "strict-peer"


def _node() -> Path:
    """npm installs beside the sources only, so they are copied."""
    folder = _cache() / f"peer-node-{_digest('node')}"
    if not (folder / "node").exists():
        with _fresh(folder) as made:
            ignored = shutil.ignore_patterns("node_modules")
            shutil.copytree(PEERS / "node", made / "node", ignore=ignored)
            shutil.copy(PEERS / "peer.proto", made)
            _run(["npm", "ci", "--silent", "--ignore-scripts"], made / "node")
    return folder / "node" / "main.js"


def _go() -> Path:
    folder = _cache() / f"peer-go-{_digest('go')}"
    if not folder.exists():
        with _fresh(folder) as made:
            _run(["go", "build", "-buildvcs=false", "-o", str(made)], PEERS / "go")
    return folder / "peer"


@contextlib.contextmanager
def _fresh(folder: Path) -> Iterator[Path]:
    """A folder that gets its name when it is complete."""
    made = folder.with_name(f"{folder.name}.{os.getpid()}")
    shutil.rmtree(made, ignore_errors=True)
    made.mkdir(parents=True)
    yield made
    with contextlib.suppress(OSError):  # somebody else was faster
        made.rename(folder)
    shutil.rmtree(made, ignore_errors=True)


def _run(command: list[str], folder: Path) -> None:
    if shutil.which(command[0]) is None:
        raise RuntimeError(f"the strict peers need {command[0]}: put it on the PATH")
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=LIMIT, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")


def _cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "plugwright-tests"


def _digest(name: str) -> str:
    """Sixteen hex digits over the sources of a peer, and the proto that all share."""
    digest = hashlib.sha256()
    for path in sorted([*(PEERS / name).iterdir(), PEERS / "peer.proto"]):
        if path.is_file():
            digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


@contextlib.contextmanager
def serving(command: Command, address: str) -> Iterator[str]:
    """A peer that serves until it is killed, and the address it can be called at."""
    process = subprocess.Popen(
        [*command, "serve", address],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.kill()  # an open stream may hold up an orderly end
        process.wait()
        process.stdin.close()
        process.stdout.close()
