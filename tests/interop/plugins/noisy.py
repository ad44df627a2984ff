"""Does what disturbs a host: prints while it is imported, writes from C, forks, logs too much."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys

from mattermost_plugin import HookName, Plugin, hook, models, run_plugin

print("printed while importing\n" + "x" * 2**20)
os.write(1, b"written while importing\n")
sys.stdout.flush()

LIBC = ctypes.CDLL(None)


class Noisy(Plugin):
    @hook(HookName.ExecuteCommand)
    def execute(
        self, plugin_context: models.PluginContext, args: models.CommandArgs
    ) -> models.CommandResponse:
        getattr(self, args.command)()
        return models.CommandResponse(text="done")

    def prints(self) -> None:
        print("printed by a handler")
        LIBC.write(1, b"written by C\n", 13)
        print("complained by a handler", file=sys.stderr, flush=True)

    def logs(self) -> None:
        self.logger.warning("long %s", "y" * 200 * 1024, extra={"@message": 7, "odd": object()})

    def forks(self) -> None:
        child = os.fork()
        if child == 0:
            os._exit(7)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7

    def runs(self) -> None:
        """A program that imports the SDK is no plugin: its stdout is its own."""
        code = "import mattermost_plugin; print('from the child')"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        assert done.stdout == "from the child\n", done
        subprocess.run(["echo", "echoed by a program"], check=True)

    def raises(self) -> None:
        raise ValueError({"not": "a string"}, b"\xff", 7)


if __name__ == "__main__":
    run_plugin(Noisy)
