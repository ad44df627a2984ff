"""The messages of `torture`, generated once per session."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest
import torture as messages


@pytest.fixture(scope="session")
def torture(tmp_path_factory: pytest.TempPathFactory) -> Iterator[messages.Torture]:
    folder = tmp_path_factory.mktemp("torture")
    yield messages.made(folder)
    sys.path.remove(str(folder))
