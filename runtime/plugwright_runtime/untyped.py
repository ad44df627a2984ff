"""Which libraries come without types?

grpcio has no stubs: its modules are `Any` here, once, so that no other module needs an ignore.
Everything that goes in or out of them is annotated where it is used.
"""

from __future__ import annotations

import importlib
from typing import Any

grpc: Any = importlib.import_module("grpc")
aio: Any = importlib.import_module("grpc.aio")
