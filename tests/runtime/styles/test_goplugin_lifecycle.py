"""Does the process end when it should, in time, and leave nothing behind?"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import grpc
import pytest
from kit.goplugin.host import (
    COOKIE,
    RUNTIME,
    gone,
    program,
    read_handshake,
    read_output,
    spawn,
    start_plugin,
    stdio,
    target_of,
)

BUSY = """
log = logging.getLogger("t")
async def rpc_Sleep(request, context):
    log.info("call begins")
    try:
        await asyncio.sleep(60)
    finally:
        log.info("call ends")
async def rpc_BlockLoop(request, context):
    log.info("call begins")
    time.sleep(60)
async def rpc_BlockThread(request, context):
    log.info("call begins")
    threading.Thread(target=time.sleep, args=(60,)).start()
    await asyncio.to_thread(time.sleep, 60)
"""


def begin(host: Any, name: str) -> Any:
    """Call a handler that does not come back; it is running when this returns."""
    call = host.channel.unary_unary(f"/test.App/{name}").future(b"", timeout=20)
    host.wait_for_log("call begins")
    return call


def test_sigterm_stops_gracefully(tmp_path: Path) -> None:
    with start_plugin(program(BUSY), tmp_path) as host:
        begin(host, "Sleep")
        host.process.terminate()
        assert host.process.wait(3) == 0
        host.wait_for_log("call ends")
        assert not os.path.exists(host.address)


def test_an_idle_plugin_stops_at_once(tmp_path: Path) -> None:
    with start_plugin(program(), tmp_path) as host:
        started = time.monotonic()
        host.process.terminate()
        assert host.process.wait(3) == 0
        assert time.monotonic() - started < 0.6


@pytest.mark.parametrize("name", ["BlockLoop", "BlockThread"])
def test_blocked_code_does_not_outlive_the_grace(tmp_path: Path, name: str) -> None:
    with start_plugin(program(BUSY, "{'grace_seconds': 0.5}"), tmp_path) as host:
        begin(host, name)
        started = time.monotonic()
        host.process.terminate()
        code = host.process.wait(3)
        took = time.monotonic() - started
        assert 0.2 < took < 1.5
        assert code == (1 if name == "BlockLoop" else 0), "a loop that never stopped is a failure"
        assert "forced exit" in host.wait_for_log("forced exit")["@message"]
        assert not os.path.exists(host.address)


def test_a_second_sigterm_ends_at_once(tmp_path: Path) -> None:
    with start_plugin(program(BUSY, "{'grace_seconds': 30.0}"), tmp_path) as host:
        begin(host, "BlockLoop")
        host.process.terminate()
        with pytest.raises(subprocess.TimeoutExpired):
            host.process.wait(1.0)
        host.process.terminate()
        assert host.process.wait(10) == 128 + signal.SIGTERM
        assert not os.path.exists(host.address)


def test_sigint_is_ignored_from_the_start(tmp_path: Path) -> None:
    source = program("""
        os.kill(os.getpid(), signal.SIGINT)
        def child():
            code = "import signal as s; print(s.getsignal(s.SIGINT) is s.default_int_handler)"
            return subprocess.check_output([sys.executable, "-c", code])
        early = child()
        async def rpc_Children(request, context):
            return early + child()
    """)
    with start_plugin(source, tmp_path) as host:
        for _ in range(3):
            host.process.send_signal(signal.SIGINT)
        assert host.app("Children") == b"True\nTrue\n", "and children are not made deaf"
        assert host.shut_down() == 0


HOST = """
import subprocess, sys, time
plugin = subprocess.Popen([sys.executable, sys.argv[1]], stdout=subprocess.PIPE)
print(plugin.pid, plugin.stdout.readline().decode(), end="", flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("name", [None, "Sleep", "BlockLoop"])
def test_a_host_killed_with_sigkill_takes_its_plugin_along(
    tmp_path: Path, name: str | None
) -> None:
    script = tmp_path / "main.py"
    script.write_text(program(BUSY))
    host = subprocess.Popen(
        [sys.executable, "-c", HOST, str(script)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=os.environ | COOKIE | {"PYTHONPATH": str(RUNTIME)},
    )
    try:
        assert host.stdout
        pid, line = host.stdout.readline().decode().split()
        address = line.split("|")[3]
        with grpc.insecure_channel(target_of("unix", address)) as channel:
            if name is not None:
                channel.unary_unary(f"/test.App/{name}").future(b"")
                time.sleep(0.1)  # nothing tells from outside when a blocked loop is blocked
            host.kill()
            took = gone(int(pid), 5)
    finally:
        host.kill()
        host.wait()
        if host.stdout:
            host.stdout.close()
    assert took is not None
    assert took < 2.0
    assert not os.path.exists(address)


THREAD_HOST = """
import subprocess, sys, threading
def start():
    global plugin, line
    plugin = subprocess.Popen([sys.executable, sys.argv[1]], stdout=subprocess.PIPE)
    line = plugin.stdout.readline().decode()
thread = threading.Thread(target=start)
thread.start()
thread.join()
print(plugin.pid, line, end="", flush=True)
sys.stdin.read()
"""


def test_the_end_of_the_hosts_thread_is_not_the_end_of_the_host(tmp_path: Path) -> None:
    """Linux reports the end of the thread that started us, which Go's threads meet at any time."""
    script = tmp_path / "main.py"
    script.write_text(program("async def rpc_Echo(request, context): return request"))
    with subprocess.Popen(
        [sys.executable, "-c", THREAD_HOST, str(script)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=os.environ | COOKIE | {"PYTHONPATH": str(RUNTIME)},
    ) as host:
        assert host.stdout
        pid, line = host.stdout.readline().decode().split()
        with grpc.insecure_channel(target_of("unix", line.split("|")[3])) as channel:
            echo = channel.unary_unary("/test.App/Echo")
            end = time.monotonic() + 0.6  # more than one look at the host
            while time.monotonic() < end:
                assert echo(b"x", timeout=5) == b"x"
        host.kill()
        assert gone(int(pid), 5) is not None


def test_a_forked_child_neither_stops_the_plugin_nor_resists(tmp_path: Path) -> None:
    source = program("""
        import multiprocessing
        def fork():
            pid = os.fork()
            if pid == 0:
                time.sleep(60)
                os._exit(3)
            time.sleep(0.1)
            os.kill(pid, signal.SIGTERM)
            return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        async def rpc_ForkInThread(request, context):
            return str(await asyncio.to_thread(fork)).encode()
        async def rpc_ForkInMain(request, context):
            return str(fork()).encode()
        async def rpc_ForkAndExit(request, context):
            pid = os.fork()
            if pid == 0:
                print("from the child", flush=True)
                os._exit(0)
            return str(os.waitpid(pid, 0)[1]).encode()
        async def rpc_Pool(request, context):
            with multiprocessing.get_context("fork").Pool(2) as pool:
                return str(pool.map(abs, [-1, -2])).encode()
    """)
    with start_plugin(source, tmp_path) as host:
        output = stdio(host.channel)
        assert host.app("ForkInThread") == b"-15"
        assert host.app("ForkInMain") == b"-15"
        assert host.app("ForkAndExit") == b"0"
        assert read_output(output, b"child\n") == b"from the child\n"
        assert host.app("Pool") == b"[1, 2]"
        assert os.path.exists(host.address)
        assert host.shut_down() == 0


def test_user_code_may_claim_the_wakeup_descriptor(tmp_path: Path) -> None:
    source = program("""
        async def rpc_Claim(request, context):
            asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, print, "hup")
            return b""
    """)
    with start_plugin(source, tmp_path) as host:
        host.app("Claim")
        host.process.terminate()
        assert host.process.wait(3) == 0


def test_shutdown_is_answered_before_the_stop(tmp_path: Path) -> None:
    with start_plugin(program(BUSY), tmp_path) as host:
        begin(host, "Sleep")
        started = time.monotonic()
        assert host.call("/plugin.GRPCController/Shutdown") == b""
        assert time.monotonic() - started < 0.5
        host.channel.close()
        assert host.process.wait(3) == 0


def test_reattach_mode(tmp_path: Path) -> None:
    """No cookie, no capture; the address is printed; Ctrl-C stops."""
    source = program("""
        print("user print")
        async def rpc_Echo(request, context):
            print("while serving", flush=True)
            return request
    """)
    with spawn(source, tmp_path, "--reattach") as process:
        assert process.stdout
        assert process.stderr
        assert process.stdout.readline() == b"user print\n"
        assert b"plugin listens on unix" in process.stdout.readline()
        config = json.loads(process.stdout.readline())
        assert config["Pid"] == process.pid
        assert (config["Protocol"], config["ProtocolVersion"], config["Test"]) == (
            "grpc",
            1,
            True,
        )
        address = config["Addr"]["String"]
        with grpc.insecure_channel(target_of(config["Addr"]["Network"], address)) as channel:
            assert channel.unary_unary("/test.App/Echo")(b"x", timeout=5) == b"x"
            assert process.stdout.readline() == b"while serving\n"
        process.send_signal(signal.SIGINT)
        assert process.wait(3) == 0
        assert b"Traceback" not in process.stderr.read()
        assert not os.path.exists(address)


def test_a_stop_during_register(tmp_path: Path) -> None:
    source = program("""
        async def extra_register():
            os.write(2, b"registering\\n")
            await asyncio.sleep(60)
    """)
    with spawn(source, tmp_path, **COOKIE) as process:
        assert process.stderr
        assert process.stderr.readline() == b"registering\n"
        process.terminate()
        assert process.wait(3) == 0
        assert process.stdout
        assert process.stdout.read() == b""


def test_a_host_that_is_gone_before_the_handshake(tmp_path: Path) -> None:
    with spawn(program("time.sleep(0.2)"), tmp_path, **COOKIE) as process:
        assert process.stdout
        process.stdout.close()
        assert process.wait(5) == 1
        assert process.stderr
        assert b"does not read the handshake" in process.stderr.read()


def test_serve_gives_the_process_back(tmp_path: Path) -> None:
    """`serve` inside another program: signals are as before, no thread ends the process."""
    source = program("spec").partition("goplugin.run")[0] + """
async def main():
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    code = await goplugin.serve(spec, register)
    assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == before
    assert signal.set_wakeup_fd(-1) == -1
    await asyncio.sleep(0.6)
    assert [t.name for t in threading.enumerate() if t.name == "plugin-guardian"] == []
    logging.info("still here %d", code)
asyncio.run(main())
"""
    with spawn(
        source.replace("OPTIONS = {}", "OPTIONS = {'grace_seconds': 0.3}"),
        tmp_path,
        **COOKIE,
    ) as process:
        assert process.stderr
        read_handshake(process)
        process.terminate()
        assert process.wait(5) == 0
        assert b"still here 0" in process.stderr.read()
