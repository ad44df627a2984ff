"""An organizer whose handlers do what the environment says: `SCRIPT` = JSON of call -> what.

A handler that is not named answers as an organizer without opinion would.
"""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any

from clapshot_organizer import (
    Abort,
    NotFoundError,
    Organizer,
    Unimplemented,
    UserVisible,
    run_plugin,
)
from clapshot_organizer.models import (
    DbGetCommentsRequest,
    Empty,
    OrganizerInfo,
    ServerInfo,
)
from plugwright_runtime.message.package import package_of

SCRIPT: dict[str, str] = json.loads(os.environ.get("SCRIPT", "{}"))


class Scripted(Organizer):
    info = OrganizerInfo(name="org.example.scripted", description="does as it is told")

    def __init__(self) -> None:
        if "init" in SCRIPT:
            self.act(SCRIPT["init"])

    def on_connected(self, server: ServerInfo, /) -> None:
        self.attempts = getattr(self, "attempts", 0) + 1
        what = SCRIPT.get("on_connected", "")
        if what != "first" or self.attempts == 1:
            self.act("bug" if what == "first" else what)

    def act(self, what: str) -> Any:
        match what:
            case "abort":
                raise Abort("handled")
            case "unimplemented":
                raise Unimplemented("not here")
            case "visible":
                raise UserVisible("told to the user", "INVALID_ARGUMENT")
            case "not_found":
                raise NotFoundError("none")
            case "bug":
                raise KeyError("secret of the organizer")
            case "outbound":
                everything = DbGetCommentsRequest.Filter.All(Empty())
                self.srv_sync.db_get_comments(filter=everything)
            case "hang":
                time.sleep(60)
            case "exit":
                sys.exit(3)
            case _:
                return None


def scripted(rpc: Any) -> Any:
    """A handler of one call."""

    def handler(self: Scripted, request: Any, context: Any, /) -> Any:
        print(f"{rpc.name}\nin two lines", flush=True)
        what = SCRIPT[rpc.name]
        self.act(what)
        if what == "nothing":
            return None
        return package_of("clapshot_organizer").codec(rpc.response).model()

    return handler


for rpc in Scripted.__rpcs__:
    if rpc.name in SCRIPT:
        setattr(Scripted, rpc.method, scripted(rpc))

if __name__ == "__main__":
    run_plugin(Scripted)
