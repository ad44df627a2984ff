"""Where may code be broken? In a copy of the project, with a virtual environment of its own.

In: the project's folder and that of the copy. Out: the copy's Python. It imports the copy's two
packages, in a test and in every program that a test starts, and takes all else from the
environment that runs this.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

TRACED = "COVERAGE_PROCESS_START"
# A line that every Python of the copy's environment runs first.
_STARTUP = f"import os; os.environ.get({TRACED!r}) and __import__('coverage').process_startup()\n"


def copy(root: Path, target: Path) -> Path:
    """Copy what git knows of `root`, as it stands, to `target`."""
    shutil.rmtree(target, ignore_errors=True)
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    for name in subprocess.check_output(command, cwd=root, text=True).split("\0"):
        if name and (root / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, target / name, follow_symlinks=False)
    templates = target / "codegen" / "plugwright" / "templates"
    templates.symlink_to(target / "templates", target_is_directory=True)
    # Some tests ask git what is there.
    for command in ("init -q", "add -A", "-c user.name=x -c user.email=x commit -q -m copy"):
        subprocess.run(["git", *command.split()], cwd=target, check=True, stdout=subprocess.DEVNULL)
    return _environment(target)


def _environment(target: Path) -> Path:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", target / ".venv"], check=True)
    ours = Path(sysconfig.get_path("scripts"))
    scripts = target / ".venv" / "bin"
    for script in ours.iterdir():
        if script.is_file() and not (scripts / script.name).exists():
            data = script.read_bytes().replace(bytes(ours), bytes(scripts))
            (scripts / script.name).write_bytes(data)
            shutil.copymode(script, scripts / script.name)
    python = scripts / "python"
    command = [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    packages = Path(subprocess.check_output(command, text=True).strip())
    paths = [target / "runtime", target / "codegen", sysconfig.get_path("purelib")]
    (packages / "copy.pth").write_text("".join(f"{path}\n" for path in paths) + _STARTUP)
    return python
