"""Folders for sockets."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def short_path() -> Iterator[Path]:
    """A socket's path is limited, and pytest's `tmp_path` is long."""
    with tempfile.TemporaryDirectory(prefix="pw-") as name:
        yield Path(name)
