"""How is `plugin.py` run? As a process of its own, on an address of its test."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from kit.places import TESTS

PROGRAM = TESTS / "peers" / "plugin.py"
SECONDS = 30.0  # for a plugin to be there


@contextlib.contextmanager
def plugin(folder: Path, flavour: str, address: str) -> Iterator[None]:
    """The plugin as a process that listens on `address`."""
    path = address.removeprefix("unix:")
    arguments = [path] if path != address else [address, "--tcp"]
    scratch = tempfile.mkdtemp(prefix="p")  # it may have to be killed
    env = {
        **os.environ,
        "PYTHONPATH": str(folder),
        "PEER_FLAVOUR": flavour,
        "TMPDIR": scratch,
    }
    command = [sys.executable, str(PROGRAM), *arguments]
    process = subprocess.Popen(
        command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait_for(address, process)
        yield
    finally:
        process.terminate()
        try:
            process.wait(10)
        finally:
            process.kill()
            process.wait()
            shutil.rmtree(scratch)


def _wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    path = address.removeprefix("unix:")
    end = time.monotonic() + SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            if path != address:
                with socket.socket(socket.AF_UNIX) as probe:
                    probe.connect(path)
            else:
                host, _, port = address.rpartition(":")
                socket.create_connection((host, int(port))).close()
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"no plugin at {address}; its exit code: {process.poll()}")
