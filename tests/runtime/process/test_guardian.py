"""When does a signal to stop end the process by force, and what tells it that its host is gone?"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys

import pytest
from kit.places import RUNTIME
from plugwright_runtime.process import guardian


@pytest.mark.parametrize(
    ("times", "forced"),
    [
        ([0.0], False),
        ([0.0, 0.01], False),
        ([0.0, 0.49], False),
        ([0.0, 0.2, 0.4], False),
        ([0.0, 0.51], True),
        ([0.0, 0.4, 0.6], True),
        ([0.0, 3.0], True),
    ],
)
@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGINT])
def test_two_signals_within_half_a_second_are_one(
    monkeypatch: pytest.MonkeyPatch, times: list[float], forced: bool, second: int
) -> None:
    """Terminals and hosts both tell a plugin to stop."""
    codes: list[int] = []

    class Clock:
        now = 100.0

        @classmethod
        def monotonic(cls) -> float:
            return cls.now

    async def receive() -> None:
        made = guardian.Guardian(60.0, None, lambda: None)
        monkeypatch.setattr(guardian, "time", Clock)
        monkeypatch.setattr(made, "_force_exit", lambda code, reason: codes.append(code))
        for number, seconds in enumerate(times):
            Clock.now = 100.0 + seconds
            made._on_signal(second if number else signal.SIGTERM)
        await asyncio.wait_for(made.stopping.wait(), 20)
        made._inbox.close()
        made._outbox.close()

    asyncio.run(receive())
    assert codes == ([143] if forced else [])


ASKED = """
import asyncio, ctypes, os, signal, sys
from plugwright_runtime.process.guardian import Guardian
def asked():
    number = ctypes.c_int()
    ctypes.CDLL(None).prctl(2, ctypes.byref(number), 0, 0, 0)  # PR_GET_PDEATHSIG
    kills = signal.getsignal(signal.SIGRTMAX - 2) == signal.SIG_DFL
    return number.value, kills
async def live():
    guardian = Guardian(60.0, os.getppid() if sys.argv[1] == "hosted" else None, lambda: None)
    guardian.start()
    serving = asked()
    guardian.close()
    print(serving, asked())
asyncio.run(live())
"""


@pytest.mark.parametrize(
    ("started", "serving"),
    [("hosted", (signal.SIGRTMAX - 2, False)), ("by hand", (0, True))],
)
def test_linux_is_asked_to_tell_of_the_end_of_the_host(
    started: str, serving: tuple[int, bool]
) -> None:
    """By a signal that does not kill by itself."""
    done = subprocess.run(
        [sys.executable, "-c", ASKED, started],
        env={**os.environ, "PYTHONPATH": str(RUNTIME)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == (f"{serving} (0, True)\n", "")
