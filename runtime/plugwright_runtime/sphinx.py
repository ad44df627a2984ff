"""How does Sphinx show the docstrings of a generated package? As they stand, line by line.

They are comments of protos, in whatever markup their authors like: read as reStructuredText, an
asterisk or an indented line is a warning. In conf.py:

    extensions = ["sphinx.ext.autodoc", "plugwright_runtime.sphinx"]
"""

from __future__ import annotations

import functools
import importlib.util
import re
from typing import Any

# Before extensions that look for sections in docstrings.
_FIRST = 100
_MARKUP = re.compile(r"([\\*`_|])")


def setup(app: Any) -> dict[str, Any]:
    """What Sphinx calls."""
    app.connect("autodoc-process-docstring", _process, priority=_FIRST)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _process(app: Any, what: str, name: str, obj: object, options: Any, lines: list[str]) -> None:
    """Make a line block of the `lines` of what a generated package has."""
    parts = name.split(".")
    packages = (".".join(parts[:end]) for end in range(1, len(parts) + 1))
    if any(map(_is_generated, packages)):
        lines[:] = [("| " + _MARKUP.sub(r"\\\1", line)).rstrip() for line in lines]
        lines.append("")


@functools.cache
def _is_generated(package: str) -> bool:
    """Whether a package of that name has the module that knows its types."""
    try:
        return importlib.util.find_spec(f"{package}._package") is not None
    except ImportError:  # no package, but a module or what is in one
        return False
