"""A service with all four kinds of calls, served by functions and by coroutines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from kit.stream_service import Served, generate


@pytest.fixture(scope="module")
def sdk() -> Any:
    return generate()


@pytest.fixture(params=["sync", "async"])
def served(sdk: Any, request: pytest.FixtureRequest) -> Iterator[Served]:
    served = Served(sdk, request.param)
    yield served
    served.stop()
