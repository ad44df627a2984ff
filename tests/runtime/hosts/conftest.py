"""Nothing that a test has started is left behind."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from kit.hosting import children


def _of_plugins() -> set[str]:
    return {t.name for t in threading.enumerate() if t.name in ("plugin-stdout", "plugin-stderr")}


@pytest.fixture(autouse=True)
def nothing_is_left(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No process, no thread, no folder with sockets."""
    before = children()
    with tempfile.TemporaryDirectory(prefix="h-") as folder:
        monkeypatch.setattr(tempfile, "tempdir", folder)
        yield
        ends = time.monotonic() + 10
        while (children() - before or _of_plugins()) and time.monotonic() < ends:
            time.sleep(0.01)
        assert children() - before == set()
        assert _of_plugins() == set()
        assert list(Path(folder).glob("plugin-*")) == []
