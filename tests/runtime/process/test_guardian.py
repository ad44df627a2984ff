"""When does a signal to stop end the process by force?"""

from __future__ import annotations

import asyncio
import signal

import pytest
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
