"""How does a test play the Mattermost server, on the real go-plugin library?

`MattermostHost` is a `GoHost` that knows the SDK's descriptors and the server's handshake. It
starts the plugins of `plugins/` and of `examples/`, in the server's environment.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from google.protobuf import descriptor_pb2
from kit.interop.gohost import GoHost, Result
from kit.places import TESTS, importing
from mattermost_plugin._descriptors import FILES

PLUGINS = TESTS / "interop" / "plugins"
COOKIE = {"key": "MATTERMOST_PLUGIN", "value": "Securely message teams, anywhere."}
IMPORTS = importing("mattermost", kit=True)


def descriptor_set() -> bytes:
    """Every file of the SDK; the Go side knows the well-known types."""
    files = descriptor_pb2.FileDescriptorSet()
    for name, (_, data) in FILES.items():
        if not name.startswith("google/"):
            files.file.append(descriptor_pb2.FileDescriptorProto.FromString(data))
    return files.SerializeToString()


class MattermostHost(GoHost):
    """`api` is a server for the plugin's calls, without answers at first, which takes what a server
    of Go takes by default: 4 MiB.
    """

    def __init__(self) -> None:
        super().__init__(descriptor_set())
        self.api_address: str = self.request(
            "serve_api", default="empty", max_receive_size=4 << 20
        )["address"]

    def start(self, plugin: Path, name: str = "plugin", **fields: Any) -> Result:
        """Start a plugin as the server does, which sets nothing but the address of the API. `env`
        adds to the environment.
        """
        env = {
            "PYTHONPATH": IMPORTS,
            "MATTERMOST_PLUGIN_API_TARGET": self.api_address,
            **fields.pop("env", {}),
        }
        return self.request(
            "start",
            name=name,
            argv=[sys.executable, str(plugin)],
            cwd=str(plugin.parent),
            cookie=COOKIE,
            versions=[1],
            env=env,
            **fields,
        )

    def activate(self, plugin: Path, name: str = "plugin", **fields: Any) -> Result:
        """`start`, then what the server calls before all else."""
        started = self.start(plugin, name, **fields)
        assert self.request("health", target=name)["status"] == "SERVING"
        implemented = self.hook("Implemented", target=name)["response"].get("hooks", [])
        if "OnActivate" in implemented:
            answer = self.hook("OnActivate", target=name)
            assert (answer["code"], answer.get("response")) == ("OK", {}), answer
        return {**started, "implemented": implemented}

    def hook(self, method: str, request: Any = None, **fields: Any) -> Result:
        return self.request("call", method=method, request=request or {}, **fields)

    def stop(self, name: str = "plugin") -> Result:
        """Shutdown; fails unless the plugin ends by itself, with exit code 0."""
        stopped = self.request("kill", name=name)
        assert (stopped["exited"], stopped["code"], stopped["forced"]) == (
            True,
            0,
            False,
        ), stopped
        return stopped
