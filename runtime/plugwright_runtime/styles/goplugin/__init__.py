"""What does a program need to be a HashiCorp go-plugin process?

`PluginSpec` (the host's constants), `prepare` (before user code is imported), `serve` or `run` (be
the process), and what they hand out. Names load on first use, so that `prepare` is ready long
before grpc is imported.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ...errors import LaunchError
    from .broker import Accepted, Broker, Dialled
    from .logs import HclogHandler, configure_logging
    from .offers import BrokerError
    from .preparation import prepare
    from .process import PluginContext, run, serve
    from .spec import PluginSpec

__all__ = [
    "Accepted",
    "Broker",
    "BrokerError",
    "Dialled",
    "HclogHandler",
    "LaunchError",
    "PluginContext",
    "PluginSpec",
    "configure_logging",
    "prepare",
    "run",
    "serve",
]

_HOMES = {
    "Accepted": "broker",
    "Broker": "broker",
    "BrokerError": "offers",
    "Dialled": "broker",
    "HclogHandler": "logs",
    "LaunchError": "..errors",
    "PluginContext": "process",
    "PluginSpec": "spec",
    "configure_logging": "logs",
    "prepare": "preparation",
    "run": "process",
    "serve": "process",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f".{_HOMES[name]}", __name__), name)
