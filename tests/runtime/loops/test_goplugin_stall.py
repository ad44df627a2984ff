"""Does the log say who blocks the event loop, and nothing when nobody does?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from kit.goplugin.host import Host, program, start_plugin

PLUGIN = """
def culprit(path):
    while not os.path.exists(path):
        time.sleep(0.01)

async def rpc_Block(request, context):
    culprit(request.decode())
    return b"done"

async def rpc_Wait(request, context):
    await asyncio.sleep(float(request))
    return b"waited"

async def rpc_Thread(request, context):
    await asyncio.to_thread(time.sleep, float(request))
    return b"waited"
"""


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    with start_plugin(program(PLUGIN), tmp_path) as host:
        yield host


def test_a_coroutine_that_blocks_is_named(host: Host, tmp_path: Path) -> None:
    release = tmp_path / "release"
    call = host.channel.unary_unary("/test.App/Block").future(bytes(release), timeout=30)
    record = host.wait_for_log("blocks the event loop", 20)
    assert record["@level"] == "warn"
    lines = [line.strip() for line in record["@message"].splitlines()]
    assert "culprit(request.decode())" in lines
    assert "asyncio.to_thread" in lines[0]
    release.touch()
    assert call.result() == b"done"
    assert host.wait_for_log("the event loop goes on")["@level"] == "warn"
    assert host.app("Wait", b"0") == b"waited"
    assert len([line for line in host.log if "blocks the event loop" in line]) == 1


def test_one_that_waits_is_not(host: Host) -> None:
    waits = [
        host.channel.unary_unary(f"/test.App/{name}").future(b"2", timeout=30)
        for name in ("Wait", "Thread")
    ]
    assert [call.result() for call in waits] == [b"waited"] * 2
    host.shut_down()
    assert not any("event loop" in line for line in host.log)
