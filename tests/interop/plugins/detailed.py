"""Fails with as many bytes of details, and of text, as INTEROP_DETAILS and INTEROP_TEXT say."""

from __future__ import annotations

import os

import grpc
from mattermost_plugin import (
    HookName,
    Plugin,
    StatusError,
    hook,
    run_plugin,
)
from plugwright_runtime.message.wkt import AnyMessage


class Detailed(Plugin):
    @hook(HookName.OnActivate)
    def fail(self) -> None:
        value = b"\xff" * int(os.environ["INTEROP_DETAILS"])
        raise StatusError(
            "é" * int(os.environ["INTEROP_TEXT"]),
            code=grpc.StatusCode.ABORTED,
            details=[AnyMessage("type.googleapis.com/a.B", value)],
        )


if __name__ == "__main__":
    run_plugin(Detailed)
