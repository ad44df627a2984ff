"""How is generated code written, imported and type-checked by the tests?"""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kit.places import RUNTIME
from plugwright.output.source import SourceFile
from plugwright_runtime.message.package import Package


@dataclass(frozen=True)
class Generated:
    """`root`: the folder of all packages; `packages`: case -> import name."""

    root: Path
    packages: dict[str, str]

    def registry(self, case: str) -> Package:
        return registry(self.packages[case])


def registry(package: str) -> Package:
    """The `registry` of a generated package."""
    found: Package = importlib.import_module(package).registry
    return found


def write_package(files: Iterable[SourceFile], package: str, root: Path, name: str = "") -> Path:
    """Write the modules of `package` below `root`, as package `name`; returns its folder."""
    target = root / (name or package)
    for file in files:
        inside = file.path.removeprefix(f"{package}/")
        if inside != file.path:
            (target / inside).parent.mkdir(parents=True, exist_ok=True)
            (target / inside).write_text(file.text, encoding="utf-8", newline="\n")
    return target


def modules(folder: Path) -> list[str]:
    """The import names of all modules of the package in `folder`."""
    names = [p.relative_to(folder.parent).with_suffix("") for p in folder.rglob("*.py")]
    return sorted(".".join(n.parts).removesuffix(".__init__") for n in names)


_IMPORT = """
import importlib, sys
sys.path[:0] = sys.argv[1:2]
failed = []
for name in sys.stdin.read().split():
    try:
        importlib.import_module(name)
    except BaseException as error:
        failed.append(f"{name}: {type(error).__name__}: {error}")
print("\\n".join(failed))
"""


def import_failures(root: Path, names: Iterable[str]) -> str:
    """Import modules in a fresh process where each warning is an error; a line per failure."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-B", "-c", _IMPORT, str(root)],
        input="\n".join(names),
        capture_output=True,
        text=True,
        check=False,
    )
    return (done.stdout + done.stderr).strip()


def mypy(root: Path, cache: Path, modules: Iterable[str] = ()) -> str:
    """What `mypy --strict` says about all packages below `root`, or about some modules there; "" if
    nothing.
    """
    config = cache / "mypy.ini"
    config.write_text("[mypy]\nstrict = true\n[mypy-grpc.*]\nignore_missing_imports = true\n")
    found = [p.name for p in root.iterdir() if (p / "__init__.py").exists()]
    arguments = [f"--config-file={config}", f"--cache-dir={cache / 'mypy'}"]
    asked = [("-m", name) for name in modules] or [("-p", name) for name in sorted(found)]
    arguments += [word for words in asked for word in words]
    path = {"MYPYPATH": f"{RUNTIME}:{root}"}
    done = _tool("mypy", arguments, root, path)
    return "" if done.stdout.startswith("Success") else done.stdout + done.stderr


def pyright(root: Path) -> str:
    """What pyright says about them in its strict mode; "" if nothing."""
    settings: dict[str, Any] = {
        "extraPaths": [str(RUNTIME)],
        "typeCheckingMode": "strict",
        "pythonVersion": "3.11",
        "reportMissingTypeStubs": False,
        "reportUnknownMemberType": False,
        "reportUnknownVariableType": False,
        "reportUnknownArgumentType": False,
        "reportUnknownParameterType": False,
    }
    (root / "pyrightconfig.json").write_text(json.dumps(settings))
    arguments = ["-p", ".", "--pythonpath", sys.executable, "--outputjson"]
    report = json.loads(_tool("pyright", arguments, root, {}).stdout)
    assert report["summary"]["filesAnalyzed"] >= len(list(root.rglob("*.py")))
    return "\n".join(
        f"{d['file']}:{d['range']['start']['line'] + 1}: {d['message']} ({d.get('rule')})"
        for d in report["generalDiagnostics"]
    )


def _tool(
    name: str, arguments: list[str], folder: Path, environment: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    import os

    return subprocess.run(
        [sys.executable, "-m", name, *arguments],
        cwd=folder,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
