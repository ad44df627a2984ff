"""What can go wrong, as exceptions: what SDKs and programs import, one tree for every SDK.

`PlugwrightError` is the root. `PluginAPIError` and its subclasses are failures of calls, whether
the peer embedded an error in its answer or ended the call with a gRPC status; clients raise them,
and handlers raise them to fail a call that way. `FieldError` and `DecodeError` are values that do
not fit a message. `HookRegistrationError` is a plugin class that cannot work, `LaunchError` a
process that cannot start, `StartError` and its subclasses what its host sees of that; a call that
its plugin did not live to answer is `PluginExited`.

Programs that make no call must not pay for grpc, which the failures of calls know: those are handed
on when they are asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .exceptions import (
    HIDDEN,
    BrokerError,
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
    from .hosts.failures import (
        AttachError,
        ChecksumError,
        ExitedAtStart,
        HandshakeError,
        PluginExited,
        ProgramError,
        ProtocolRefused,
        StartError,
        StartTimeout,
        TlsRefused,
        VersionMismatch,
    )
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
    "AttachError",
    "BrokerError",
    "ChecksumError",
    "DecodeError",
    "ExitedAtStart",
    "FieldError",
    "HandshakeError",
    "Hidden",
    "HookRegistrationError",
    "LaunchError",
    "NotFoundError",
    "PermissionDeniedError",
    "PluginAPIError",
    "PluginExited",
    "PlugwrightError",
    "ProgramError",
    "ProtocolRefused",
    "StartError",
    "StartTimeout",
    "StatusError",
    "TlsRefused",
    "UnavailableError",
    "Unimplemented",
    "UnknownTypeError",
    "ValidationError",
    "VersionMismatch",
    "code_named",
    "code_of",
    "text_of",
]

__getattr__, __dir__ = lazy_names(
    globals(),
    {
        "..hosts.failures": """
            AttachError ChecksumError ExitedAtStart HandshakeError PluginExited ProgramError
            ProtocolRefused StartError StartTimeout TlsRefused VersionMismatch""",
        "..rpc.failures": """
            Abort AlreadyExistsError NotFoundError PermissionDeniedError PluginAPIError
            StatusError UnavailableError Unimplemented ValidationError code_named code_of
            text_of""",
        "..exceptions": "_field_error=field_error",  # in pickles of 0.1
    },
)
