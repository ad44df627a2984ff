"""Starts organizers."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kit.clapshot.play import EXAMPLE, Play, server_for
from kit.clapshot.server import ClapshotServer


@pytest.fixture
def folder() -> Iterator[Path]:
    """Not pytest's: a socket's path has little room."""
    with tempfile.TemporaryDirectory(prefix="clapshot") as path:
        yield Path(path)


@pytest.fixture
def play(folder: Path) -> Iterator[Play]:
    """`play(program, **options)`: a server for an organizer; what it started ends with the test."""
    made: list[ClapshotServer] = []

    def play(program: Path | str = EXAMPLE, **options: Any) -> ClapshotServer:
        made.append(server_for(folder, program, **options))
        return made[-1]

    yield play
    for server in made:
        if server.is_running:
            server.stop()
