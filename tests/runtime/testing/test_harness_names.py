"""Does the test harness call a plugin's first and last hooks, whatever they are called?"""

from __future__ import annotations

import importlib
import secrets
from pathlib import Path

import pytest
from kit.generating.failing import command

PROTO = """syntax = "proto3";
package acme.v1;
service Host { rpc Ping(Empty) returns (Empty); }
message Empty {}
message ImplementedResponse { repeated string hooks = 1; }
message Answer { string text = 1; }
service Hooks {
  rpc Implemented(Empty) returns (ImplementedResponse);
  rpc OnHTTPReady(Empty) returns (Empty);
  rpc OnHttpReady(Empty) returns (Answer);
  rpc Import(Empty) returns (Empty);
  rpc Close(Empty) returns (Empty);
}
"""
CONFIG = """
[sdk]
package = "{package}"
out = "."
[api]
service = "Host"
[hooks]
service = "Hooks"
implemented = "Implemented"
startup = ["OnHTTPReady", "OnHttpReady", "Import"]
shutdown = ["Close"]
"""


@pytest.mark.timeout(60)
def test_first_and_last_hooks_are_called_by_the_names_of_the_protos(
    on_path: Path,
) -> None:
    package = f"acme_{secrets.token_hex(4)}"
    (on_path / "a.proto").write_text(PROTO)
    (on_path / "plugwright.toml").write_text(CONFIG.format(package=package))
    assert command(["generate", "plugwright.toml"], on_path).code == 0
    sdk = importlib.import_module(package)
    harness = importlib.import_module(f"{package}.testing").PluginHarness
    seen: list[str] = []

    class Plugin(sdk.Plugin):  # type: ignore[misc, name-defined]
        @sdk.hook("OnHTTPReady")  # type: ignore[untyped-decorator]
        def ready(self) -> None:
            seen.append("OnHTTPReady")

        @sdk.hook("OnHttpReady")  # type: ignore[untyped-decorator]
        def also(self) -> str:
            seen.append("OnHttpReady")
            return "yes"

        @sdk.hook("Import")  # type: ignore[untyped-decorator]
        def load(self) -> None:
            seen.append("Import")

        @sdk.hook("Close")  # type: ignore[untyped-decorator]
        def end(self) -> None:
            seen.append("Close")

    with harness(Plugin):
        assert seen == ["OnHTTPReady", "OnHttpReady", "Import"]
    assert seen[3:] == ["Close"]
