"""How does the host learn where the plugin listens?

In: the host's `Wishes`, the `Endpoint` and the plugin's own certificate. Out: the one line a
go-plugin host reads from stdout, or, in reattach mode, the text a person gives to the host or
debugger that attaches. Called by `process`.
"""

from __future__ import annotations

import base64
import json

from ...process.endpoint import Endpoint
from .environment import Wishes

CORE_VERSION = 1  # of the go-plugin protocol itself


def handshake_line(wishes: Wishes, endpoint: Endpoint, certificate: bytes = b"") -> bytes:
    """The handshake line with its line break; `certificate` is DER, empty without TLS.

    core | app version | network | address | grpc | certificate, and whether connections can be
    multiplexed (never) if the host knows that field: an old host would take it for part of the
    certificate.
    """
    unpadded = base64.b64encode(certificate).decode("ascii").rstrip("=")
    fields = [
        str(CORE_VERSION),
        str(wishes.version),
        endpoint.network,
        endpoint.address,
        "grpc",
        unpadded,
    ]
    if wishes.multiplex_field:
        fields.append("false")
    return ("|".join(fields) + "\n").encode("utf-8", "surrogateescape")


def reattach_text(wishes: Wishes, endpoint: Endpoint, pid: int) -> str:
    """Two lines for a person: what to do, and go-plugin's ReattachConfig as JSON.

    `Test` is true, so that a host which detaches leaves the process to the debugger.
    """
    config = {
        "Protocol": "grpc",
        "ProtocolVersion": wishes.version,
        "Pid": pid,
        "Test": True,
        "Addr": {"Network": endpoint.network, "String": endpoint.address},
    }
    return (
        f"plugin listens on {endpoint.network} {endpoint.address} (pid {pid}); "
        "attach a host with this ReattachConfig:\n"
        f"{json.dumps(config)}\n"
    )
