"""How are requirements installed without an index? From wheels made of what is here already.

`fill` makes wheels of this checkout's runtime and SDK, and packs what they need again from the
environment that runs the tests.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from importlib.metadata import distribution
from pathlib import Path

from kit.places import ROOT

NEEDED = ("grpcio", "protobuf", "typing_extensions")


def fill(folder: Path) -> None:
    """Put every wheel that `mattermost-plugin-sdk` needs into `folder`."""
    folder.mkdir()
    sources = folder.parent / "sources"
    kept = shutil.ignore_patterns("__pycache__", "*.egg-info", "build")
    for name in ("codegen", "runtime", "templates", "generated/mattermost"):
        shutil.copytree(ROOT / name, sources / name, ignore=kept)
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, sources)
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-index",
        "--no-deps",
    ]
    command += ["--no-build-isolation", "--wheel-dir", str(folder)]
    subprocess.run([*command, sources, sources / "generated" / "mattermost"], check=True)
    for name in NEEDED:
        pack(name, folder)


def pack(name: str, folder: Path) -> None:
    """The wheel that an installed distribution came from, as far as pip needs it."""
    found = distribution(name)
    tags = [t[5:] for t in (found.read_text("WHEEL") or "").splitlines() if t[:4] == "Tag:"]
    python, abi = tags[0].split("-")[:2]
    platforms = ".".join(tag.split("-")[2] for tag in tags)
    stem = f"{found.metadata['Name'].replace('-', '_')}-{found.version}"
    with zipfile.ZipFile(folder / f"{stem}-{python}-{abi}-{platforms}.whl", "w") as wheel:
        for path in found.files or ():
            if ".." not in path.parts and "__pycache__" not in path.parts:
                wheel.write(str(found.locate_file(path)), str(path))
