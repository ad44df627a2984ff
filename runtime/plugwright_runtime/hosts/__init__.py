"""How is a plugin started, called and ended? What a host does, in every launch style.

| what                   | modules                                                      |
|------------------------|--------------------------------------------------------------|
| what went wrong        | failures                                                     |
| before the process     | options program environment                                  |
| the process            | child attach plugin_log log_lines lines                      |
| the launch styles      | way go_plugin handshake stdio socket_argument port_on_stdout |
| connections            | channels mutual_tls served                                   |
| one plugin             | core loop ways host hook_calls                               |

`Host` and `AsyncHost` are for programs. Nothing here is loaded by a plugin in production.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..lazy import lazy_names

if TYPE_CHECKING:
    from .failures import Exit
    from .host import AsyncHost, Host
    from .options import Options
    from .served import Api

__all__ = ["Api", "AsyncHost", "Exit", "Host", "Options"]

__getattr__, __dir__ = lazy_names(
    globals(),
    {
        ".failures": "Exit",
        ".host": "AsyncHost Host",
        ".options": "Options",
        ".served": "Api",
    },
)
