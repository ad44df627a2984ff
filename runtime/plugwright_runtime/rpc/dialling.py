"""What must a channel to a target be told, whoever makes it?

In: a target as gRPC spells it, and options of the caller's. Out: the options of the channel. Every
channel of this runtime is made with them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

SOCKET_SCHEMES = frozenset({"unix", "unix-abstract"})


def channel_options(
    target: str, given: Mapping[str, Any] | Sequence[tuple[str, Any]] = ()
) -> list[tuple[str, Any]]:
    """`given`, which wins, and what a channel to `target` needs besides."""
    # The host is on this machine, and hands its proxy settings to its plugins.
    options: dict[str, Any] = {"grpc.enable_http_proxy": 0}
    if target.partition(":")[0].lower() in SOCKET_SCHEMES:
        # grpc would send the path, percent-encoded: no authority to HTTP/2, and servers written in
        # Rust reset such a stream. Other gRPC libraries send this.
        options["grpc.default_authority"] = "localhost"
    # Of an option given twice gRPC takes the first.
    return [*(options | dict(given)).items()]


def retries(service: str, rpcs: Iterable[str]) -> str:
    """A gRPC service config that repeats calls of `rpcs` that the host was not there to answer."""
    names = [{"service": service, "method": rpc} for rpc in rpcs]
    policy = {
        "maxAttempts": 4,
        "initialBackoff": "0.1s",
        "maxBackoff": "2s",
        "backoffMultiplier": 2,
        "retryableStatusCodes": ["UNAVAILABLE"],
    }
    return json.dumps({"methodConfig": [{"name": names, "retryPolicy": policy}]})
