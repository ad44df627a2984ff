"""An organizer that writes down the requests it got, and answers with every field filled."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from clapshot_organizer import Organizer, run_plugin
from clapshot_organizer.models import OrganizerInfo, ServerInfo
from plugwright_runtime import codec
from plugwright_runtime.message.package import package_of

FOLDER = Path(os.environ["FILLED"])


class Filled(Organizer):
    info = OrganizerInfo(name="org.example.filled")

    def on_connected(self, server: ServerInfo, /) -> None:
        (FOLDER / "handshake.request").write_bytes(codec.encode(server))


def filled(rpc: Any) -> Any:
    def handler(self: Filled, request: Any, context: Any, /) -> Any:
        (FOLDER / f"{rpc.name}.request").write_bytes(codec.encode(request))
        model = package_of("clapshot_organizer").codec(rpc.response).model
        return codec.decode(model, (FOLDER / f"{rpc.name}.response").read_bytes())

    return handler


for rpc in Filled.__rpcs__:
    if rpc.name != "handshake":
        setattr(Filled, rpc.method, filled(rpc))

if __name__ == "__main__":
    run_plugin(Filled)
