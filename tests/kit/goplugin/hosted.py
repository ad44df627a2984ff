"""How does a test start a program on a generated SDK under go-plugin?

`generate` writes the SDK of a config, `hosted` starts a program and stops it as a host does.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import grpc
from kit.goplugin.host import target_of
from kit.places import ROOT


def generate(folder: Path) -> Path:
    """Write the SDK of the `plugwright.toml` in `folder`."""
    env = {**os.environ, "PYTHONPATH": f"{ROOT}/codegen:{ROOT}/runtime"}
    command = [sys.executable, "-m", "plugwright", "generate", "."]
    subprocess.run(command, cwd=folder, env=env, check=True, capture_output=True)
    return folder


class Hosted(NamedTuple):
    """`version`: the one of the handshake."""

    channel: grpc.Channel
    version: str

    def call(self, path: str, request: bytes = b"") -> bytes:
        answer: bytes = self.channel.unary_unary(path)(request, timeout=20)
        return answer


def spawned(sdk: Path, folder: Path, source: str, **env: str) -> subprocess.Popen[str]:
    """The process of a program."""
    (folder / "plugin.py").write_text(source)
    return subprocess.Popen(
        [sys.executable, str(folder / "plugin.py")],
        env={**os.environ, "PYTHONPATH": f"{sdk}:{ROOT}/runtime", **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@contextmanager
def hosted(sdk: Path, folder: Path, source: str, **env: str) -> Iterator[Hosted]:
    """A plugin that its host has started; `env` has the cookie."""
    process = spawned(sdk, folder, source, **env)
    try:
        assert process.stdout is not None
        fields = process.stdout.readline().rstrip("\n").split("|")
        assert len(fields) > 4, process.communicate()
        with grpc.insecure_channel(target_of(*fields[2:4])) as channel:
            yield Hosted(channel, fields[1])
            channel.unary_unary("/plugin.GRPCController/Shutdown")(b"", timeout=20)
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.communicate()
