"""What does a program need to be a HashiCorp go-plugin process?

`PluginSpec` (the host's constants), `prepare` (before user code is imported), `serve` or `run` (be
the process), and what they hand out. Names load on first use, so that `prepare` is ready long
before grpc is imported. SDKs come in by `style`, for `launch.run`.

| what                              | modules                                           |
|-----------------------------------|---------------------------------------------------|
| the agreement with a host         | spec environment handshake protos                 |
| connections, whoever opens them   | listener transport certificate tls offers broker  |
| before the program is imported    | preparation output unserved hclog logs            |
| the process of a plugin           | services bridged_broker process style             |
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...lazy import lazy_names

if TYPE_CHECKING:
    from ...exceptions import BrokerError, LaunchError
    from .broker import Accepted, Broker, Dialled
    from .logs import HclogHandler, configure_logging
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

__getattr__, __dir__ = lazy_names(
    globals(),
    {
        ".broker": "Accepted Broker Dialled",
        ".logs": "HclogHandler configure_logging",
        ".preparation": "prepare",
        ".process": "PluginContext run serve",
        ".spec": "PluginSpec",
        "...exceptions": "BrokerError LaunchError",
    },
)
