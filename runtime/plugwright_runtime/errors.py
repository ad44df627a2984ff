"""What can go wrong, as exceptions: what SDKs and programs import, one tree for every SDK.

`PlugwrightError` is the root. `PluginAPIError` and its subclasses are failures of calls, whether
the peer embedded an error in its answer or ended the call with a gRPC status; clients raise them,
and handlers raise them to fail a call that way. `FieldError` and `DecodeError` are values that do
not fit a message. `HookRegistrationError` is a plugin class that cannot work, `LaunchError` a
process that cannot start.

Programs that make no call must not pay for grpc, which the failures of calls know: those are handed
on when they are asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .exceptions import (
    HIDDEN,
    DecodeError,
    FieldError,
    Hidden,
    HookRegistrationError,
    LaunchError,
    PlugwrightError,
    UnknownTypeError,
)
from .lazy import lazy_names

if TYPE_CHECKING:
    from .rpc.failures import (
        Abort,
        AlreadyExistsError,
        NotFoundError,
        PermissionDeniedError,
        PluginAPIError,
        StatusError,
        UnavailableError,
        Unimplemented,
        ValidationError,
        code_named,
        code_of,
        text_of,
    )

__all__ = [
    "HIDDEN",
    "Abort",
    "AlreadyExistsError",
    "DecodeError",
    "FieldError",
    "Hidden",
    "HookRegistrationError",
    "LaunchError",
    "NotFoundError",
    "PermissionDeniedError",
    "PluginAPIError",
    "PlugwrightError",
    "StatusError",
    "UnavailableError",
    "Unimplemented",
    "UnknownTypeError",
    "ValidationError",
    "code_named",
    "code_of",
    "text_of",
]

_LATE = {name: "..rpc.failures" for name in __all__ if name not in globals()}
_PICKLED = {"_field_error": "..exceptions:field_error"}  # by 0.1
__getattr__, __dir__ = lazy_names(globals(), _LATE | _PICKLED)
