"""Where the commands begin. An SDK brings this package along without what generating needs, so
first of all: is that installed? And then: does this command line need somebody to parse it?
"""

from __future__ import annotations

import re
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .generation import Job

# The name of a config that typer would take as it is; on Windows it expands others.
_PLAIN = re.compile(r"[^-*?[~$%][^*?[~$%]*")

# Options without a value -> the fields of `Manner`.
_FLAGS = {
    "--check": "check",
    "--dry-run": "dry_run",
    "--format=github": "github",
    "--quiet": "quiet",
    "-q": "quiet",
}


def main() -> None:
    """Entry point of the console script `plugwright`, and of `python -m plugwright`."""
    _need("plugwright", "jinja2", "typer")
    command, *words = sys.argv[1:] or [""]
    configs = [word for word in words if word not in _FLAGS]
    if command == "generate" and all(map(_PLAIN.fullmatch, configs)):
        _generate(configs, {_FLAGS[word]: True for word in words if word in _FLAGS})
    else:
        from .commands import cli

        cli.main()


def _generate(configs: list[str], flags: dict[str, bool]) -> None:
    """What `cli` does for nearly all runs there are, without the time that typer takes."""
    from .commands import generating, reporting, running

    def jobs() -> Iterator[Job]:
        from pathlib import Path

        from . import generation

        return generation.named([Path(config) for config in configs])

    manner = reporting.Manner(**flags)
    if manner.check and manner.dry_run:
        from .commands import cli

        cli.main()
    running.run(lambda: generating.generate(jobs, manner, configs))


def protoc_plugin() -> None:
    """Entry point of the console script `protoc-gen-plugwright`."""
    _need("protoc-gen-plugwright", "jinja2")
    from .protoc_plugin import main

    main()


def _need(command: str, *packages: str) -> None:
    missing = [name for name in packages if find_spec(name) is None]
    if missing:
        sys.exit(
            f"{command} needs {', '.join(missing)}, which SDKs do without; "
            "to get it: pip install 'plugwright[codegen]'"
        )


if __name__ == "__main__":
    main()
