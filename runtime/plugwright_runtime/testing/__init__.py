"""How is a plugin tested without its host? What the generated `testing` of an SDK stands on."""

from .fake_service import Answer, Call, FakeService
from .harness import AsyncHarnessBase, BackgroundServer, HarnessBase

__all__ = [
    "Answer",
    "AsyncHarnessBase",
    "BackgroundServer",
    "Call",
    "FakeService",
    "HarnessBase",
]
