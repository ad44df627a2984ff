"""Where is a plugin that somebody else has started?

In: what that one says of it, go-plugin's ReattachConfig as JSON, as Terraform and the plugins of
plugwright spell it or as Mattermost does. Out: a `Running`, and the `Attached` process, of which
only its end is seen; it is ended if the application says so, and nobody else's is, even if that has
got its number. Called by `core`.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import sys
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from ..process.endpoint import Endpoint
from .failures import AttachError, Exit
from .handshake import endpoint_of, shown

ADDRESS_KEYS = (("Network", "String"), ("Net", "Name"))  # of Terraform, of Mattermost
POLL_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Running:
    """A go-plugin that runs. `pid`: 0 if it is not known."""

    endpoint: Endpoint
    version: int = 1
    pid: int = 0

    @staticmethod
    def read(config: str | Mapping[str, Any]) -> Running:
        """A ReattachConfig; of the map that Terraform's variable has, the only one. Raises
        `AttachError`.
        """
        found: Any = config
        if isinstance(config, str):
            try:
                found = json.loads(config)
            except (ValueError, RecursionError) as error:
                raise AttachError(f"the ReattachConfig is no JSON: {error}") from None
        if isinstance(found, Mapping) and "Addr" not in found and len(found) == 1:
            [found] = found.values()
        return _read(found)

    def text(self) -> str:
        """The ReattachConfig, for another host; it leaves the process to us (`Test`)."""
        return json.dumps(
            {
                "Protocol": "grpc",
                "ProtocolVersion": self.version,
                "Pid": self.pid,
                "Test": True,
                "Addr": {"Network": self.endpoint.network, "String": self.endpoint.address},
            }
        )


def _read(found: Any) -> Running:
    if not isinstance(found, Mapping) or not isinstance(found.get("Addr"), Mapping):
        raise AttachError(f"this is no ReattachConfig with an Addr: {shown(json.dumps(found))}")
    protocol = found.get("Protocol") or "netrpc"
    if protocol != "grpc":
        raise AttachError(f"the plugin speaks {shown(str(protocol))}; this host speaks grpc")
    address = found["Addr"]
    for network, name in ADDRESS_KEYS:
        if isinstance(address.get(network), str) and isinstance(address.get(name), str):
            numbers = [found.get("ProtocolVersion") or 1, found.get("Pid") or 0]
            if not all(isinstance(n, int) and 0 <= n < 2**31 for n in numbers):
                raise AttachError("ProtocolVersion and Pid of a ReattachConfig are numbers")
            return Running(endpoint_of(address[network], address[name], False), *numbers)
    raise AttachError("the Addr of a ReattachConfig has Network and String, or Net and Name")


class Attached:
    """The process of a plugin that this one has not started. `exited`: when it has ended."""

    def __init__(self, pid: int) -> None:
        """Raises `AttachError` if there is no such process; 0 is one that nobody knows."""
        self.pid = pid
        self.exited: Future[Exit] = Future()
        self.exited.set_running_or_notify_cancel()
        self._process: int | None = None
        self._over, self._stop = os.pipe()
        if not pid:
            return
        try:
            if sys.platform == "linux":
                self._process = os.pidfd_open(pid)
            else:
                os.kill(pid, 0)
        except OSError as error:
            self.forget()
            os.close(self._over)
            raise AttachError(f"there is no process {pid}: {error.strerror}") from None
        threading.Thread(target=self._watch, name="plugin-attached", daemon=True).start()

    def terminate(self) -> None:
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        self._signal(signal.SIGKILL if sys.platform != "win32" else signal.SIGTERM)

    def forget(self) -> None:
        """Look at it no longer."""
        stop, self._stop = self._stop, -1
        if stop >= 0:
            os.close(stop)
            if not self.pid:
                os.close(self._over)

    def _signal(self, number: int) -> None:
        with contextlib.suppress(OSError):
            if self._process is not None:
                signal.pidfd_send_signal(self._process, number)
            elif self.pid and not self.exited.done():
                os.kill(self.pid, number)

    def _watch(self) -> None:
        poll = select.poll()
        poll.register(self._over, select.POLLIN)
        if self._process is not None:
            poll.register(self._process, select.POLLIN)
        while True:
            seconds = None if self._process is not None else POLL_SECONDS * 1000
            ready = {descriptor for descriptor, _ in poll.poll(seconds)}
            if self._over in ready:
                break
            if self._process in ready or not _exists(self.pid):
                self.exited.set_result(Exit())
                break
        process, self._process = self._process, None
        for descriptor in (self._over, process):
            if descriptor is not None:
                os.close(descriptor)


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True
