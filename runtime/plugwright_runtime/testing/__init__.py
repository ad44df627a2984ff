"""How is a plugin tested without its host? What the generated `testing` of an SDK stands on.

`BackgroundServer` serves in the test's process, `FakeService` is a service that answers as it is
told, the harnesses put a plugin between a fake API and clients of its hooks and services.
"""

from .background_server import BackgroundServer
from .fake_service import Answer, Call, FakeService
from .harness import AsyncHarnessBase, HarnessBase, ServiceHarnessBase

__all__ = [
    "Answer",
    "AsyncHarnessBase",
    "BackgroundServer",
    "Call",
    "FakeService",
    "HarnessBase",
    "ServiceHarnessBase",
]
