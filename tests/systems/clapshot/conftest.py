"""Puts the generated Clapshot SDK on the path of the tests here, and starts organizers."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "generated" / "clapshot"))

from clapshot_play import EXAMPLE, Play, server_for
from clapshot_server import ClapshotServer


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
