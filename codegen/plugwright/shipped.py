"""Where are the files that come with plugwright and are no Python: templates of all kinds?"""

from __future__ import annotations

from pathlib import Path


def templates() -> Path:
    """Their folder: beside the package when installed, at the top of a checkout otherwise."""
    installed = Path(__file__).parent / "templates"
    return installed if installed.is_dir() else Path(__file__).parents[2] / "templates"
