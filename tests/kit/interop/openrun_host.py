"""How does a test play the OpenRun server, on the real go-plugin library?

`OpenRunHost` is a `GoHost` that knows the SDK's descriptors and the server's handshake: AutoMTLS
always, and 64 MiB for a message.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from google.protobuf import descriptor_pb2
from kit.interop.gohost import GoHost, Result
from kit.places import TESTS, importing
from openrun_plugin._descriptors import FILES

PROVIDER = TESTS / "interop" / "plugins" / "openrun_provider.py"
COOKIE = {
    "key": "OPENRUN_PLUGIN_PROVIDER",
    "value": "8e41c2d7-openrun-starlark-plugin-provider",
}
IMPORTS = importing("openrun")


class OpenRunHost(GoHost):
    def __init__(self) -> None:
        files = descriptor_pb2.FileDescriptorSet()
        for _, data in FILES.values():
            files.file.append(descriptor_pb2.FileDescriptorProto.FromString(data))
        super().__init__(files.SerializeToString())

    def start(self, program: Path = PROVIDER, name: str = "plugin", **fields: Any) -> Result:
        """Start a provider as the server does: `program` with this Python, or `argv`.

        `env` adds to the environment.
        """
        env = {
            "PYTHONPATH": IMPORTS,
            "OPENRUN_PROVIDER_LOG_LEVEL": "info",
            **fields.pop("env", {}),
        }
        return self.request(
            "start",
            name=name,
            cookie=COOKIE,
            versions=[1],
            env=env,
            **{
                "argv": [sys.executable, str(program)],
                "auto_mtls": True,
                **fields,
            },
        )

    def serve(self, name: str = "plugin", **fields: Any) -> None:
        """Start a provider, and initialise its app and the module `probe`."""
        self.start(name=name, **fields)
        self.answer("InitApp", {"app_id": "a"}, name)
        self.answer("InitModule", {"module": "probe"}, name)

    def rpc(self, method: str, request: Any = None, name: str = "plugin") -> Result:
        return self.request("call", method=method, request=request or {}, target=name)

    def answer(self, method: str, request: Any = None, name: str = "plugin") -> Result:
        """The response of a call that is no gRPC failure, whether or not it has an error."""
        result = self.rpc(method, request, name)
        assert result["code"] == "OK", result
        response: Result = result.get("response", {})
        return response

    def call(self, function: str, *args: Any, session: str = "s", name: str = "plugin") -> Result:
        """The response of a function of `probe`; `args` are StarValues in ProtoJSON."""
        request = {
            "module": "probe",
            "function": function,
            "args": args,
            "session_id": session,
        }
        return self.answer("Call", request, name)

    def stop(self, name: str = "plugin") -> Result:
        """Shutdown; fails unless the provider ends by itself, with exit code 0."""
        stopped = self.request("kill", name=name)
        ended = (stopped["exited"], stopped["code"], stopped["forced"])
        assert ended == (True, 0, False), stopped
        return stopped
