"""Where the commands begin. An SDK brings this package along without what generating needs, so
first of all: is that installed?"""

from __future__ import annotations

import sys
from importlib.util import find_spec


def main() -> None:
    """Entry point of the console script `plugwright`, and of `python -m plugwright`."""
    _need("plugwright", "jinja2", "typer")
    from .cli import main

    main()


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
