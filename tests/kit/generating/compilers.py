"""How do the compilers of protos that people use run protoc-gen-plugwright?

Three: protoc, the one in grpcio-tools, and buf. Each gets the well-known types of grpcio-tools, as
the CLI does, so all compile the same protos.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kit.generating.cases import WELL_KNOWN

_BIN = Path(sys.executable).parent
_SCRIPT = """#!{python}
import sys
from plugwright.protoc_plugin import main
sys.exit(main())
"""


@dataclass(frozen=True)
class Run:
    """Compile protos below `protos` with the plugin option `option`; `folder` is scratch.

    `only`: the one to compile; all if there is none.
    """

    protos: Path
    option: str
    folder: Path
    only: str = ""

    @property
    def files(self) -> list[str]:
        found = sorted(self.protos.rglob("*.proto"))
        return [self.only] if self.only else [_name(p, self.protos) for p in found]

    @property
    def out(self) -> Path:
        return self.folder / "out"

    @property
    def plugin(self) -> Path:
        """The console script as pip makes it, of this interpreter."""
        path = self.folder / "protoc-gen-plugwright"
        path.write_text(_SCRIPT.format(python=sys.executable))
        path.chmod(0o755)
        return path

    def tree(self) -> dict[str, str]:
        """What was written: text by path."""
        files = (p for p in self.out.rglob("*") if p.is_file())
        return {_name(p, self.out): p.read_bytes().decode() for p in files}


def _name(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix()


def _protoc(run: Run, *compiler: str) -> subprocess.CompletedProcess[str]:
    run.out.mkdir(parents=True)
    command = [*compiler, f"-I{run.protos}", f"-I{WELL_KNOWN}"]
    command += [f"--plugin={run.plugin}", f"--plugwright_out={run.out}"]
    command += [f"--plugwright_opt={run.option}"]
    return _done(command + run.files, run)


def _buf(run: Run) -> subprocess.CompletedProcess[str]:
    run.out.mkdir(parents=True)
    plugin = {"local": str(run.plugin), "out": "out", "strategy": "all"}
    _workspace(run, {"version": "v2", "plugins": [plugin | {"opt": run.option}]})
    paths = ["--path", f"protos/{run.only}"] if run.only else []
    return _done([str(_BIN / "buf"), "generate", "protos", *paths], run)


def buf_build(run: Run) -> Path:
    """The descriptor set that buf makes of the protos."""
    _workspace(run, {})
    done = _done([str(_BIN / "buf"), "build", "protos", "-o", "set.binpb"], run)
    assert done.returncode == 0, done.stderr
    return run.folder / "set.binpb"


def _workspace(run: Run, template: dict[str, Any]) -> None:
    """buf compiles workspaces: one is made of the protos and the well-known types."""
    shutil.copytree(run.protos, run.folder / "protos")
    shutil.copytree(WELL_KNOWN, run.folder / "known")
    modules = {"version": "v2", "modules": [{"path": "protos"}, {"path": "known"}]}
    for name, content in (("buf.yaml", modules), ("buf.gen.yaml", template)):
        (run.folder / name).write_text(json.dumps(content))  # JSON is YAML


def _done(command: list[str], run: Run) -> subprocess.CompletedProcess[str]:
    """buf keeps a cache even of nothing: below the scratch folder."""
    return subprocess.run(
        command,
        cwd=run.folder,
        env=os.environ | {"BUF_CACHE_DIR": str(run.folder / "cache")},
        capture_output=True,
        text=True,
        check=False,
    )


COMPILERS: dict[str, Callable[[Run], subprocess.CompletedProcess[str]]] = {
    "grpc_tools": lambda run: _protoc(run, sys.executable, "-m", "grpc_tools.protoc"),
    "protoc": lambda run: _protoc(run, str(_BIN / "protoc")),
    "buf": _buf,
}
