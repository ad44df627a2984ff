"""Do all launch styles refuse limits that no server can keep to, and what do they start from?"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
from plugwright_runtime.limits import MOST_STATUS_BYTES
from plugwright_runtime.process.server_limits import MAX_INT32, ServerLimits
from plugwright_runtime.styles.goplugin.style import GoPlugin
from plugwright_runtime.styles.port_on_stdout import PortOnStdout
from plugwright_runtime.styles.socket_argument import SocketArgument

Style = Callable[..., ServerLimits]
STYLES: list[Style] = [SocketArgument, PortOnStdout, partial(GoPlugin, "COOKIE", "sesame")]
BOUNDS = [
    ("max_message_bytes", 1, MAX_INT32),
    ("max_streams", 1, MAX_INT32),
    ("max_status_bytes", 256, MOST_STATUS_BYTES),
]


@pytest.mark.parametrize("style", STYLES, ids=["socket", "port", "go-plugin"])
@pytest.mark.parametrize(("name", "least", "most"), BOUNDS)
def test_a_limit_has_bounds(style: Style, name: str, least: int, most: int) -> None:
    for value in (least, most):
        assert getattr(style(**{name: value}), name) == value
    for value in (least - 1, most + 1):
        with pytest.raises(ValueError, match=f"{name} must be {least} to {most}, not {value}"):
            style(**{name: value})


@pytest.mark.parametrize("style", STYLES, ids=["socket", "port", "go-plugin"])
def test_there_is_time_to_stop(style: Style) -> None:
    assert style(grace_seconds=0.1).grace_seconds == 0.1
    for seconds in (0.0, -1.0, float("nan")):
        with pytest.raises(ValueError, match="grace_seconds must be greater than 0"):
            style(grace_seconds=seconds)


def test_styles_have_defaults_of_their_own() -> None:
    found = [(s().grace_seconds, s().max_status_bytes, s().max_streams) for s in STYLES]
    assert found == [(4.0, 4096, 2000), (4.0, 1048576, 2000), (1.5, 1048576, 2000)]
