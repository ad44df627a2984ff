"""How does a host connect to what its plugins serve? Every channel of the room is made here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import grpc
import grpc.aio

from ..limits import message_limits, metadata_limits
from ..process.server_limits import ServerLimits
from ..rpc.dialling import channel_options


def limits(style: ServerLimits) -> list[tuple[str, Any]]:
    """The options by which large messages pass."""
    return [*message_limits(style.max_message_bytes), *metadata_limits()]


def dialled(target: str, style: ServerLimits) -> Any:
    """A channel for functions."""
    options = channel_options(target, _of_hosts(limits(style)))
    return grpc.insecure_channel(target, options=options)


def dialled_here(target: str, style: ServerLimits) -> Any:
    """A channel for the coroutines of the running loop."""
    options = channel_options(target, _of_hosts(limits(style)))
    return grpc.aio.insecure_channel(target, options=options)


def _of_hosts(given: Sequence[tuple[str, Any]]) -> Mapping[str, Any]:
    # An address that is used again inherits no back-off from a plugin that is gone.
    return dict(given) | {
        "grpc.default_authority": "localhost",
        "grpc.use_local_subchannel_pool": 1,
    }
