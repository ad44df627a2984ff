"""Does what a plugin starts keep anything of the host's, or disturb the plugin?"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from kit.goplugin.host import gone, program, read_output, start_plugin, stdio
from kit.places import RUNTIME

SECONDS = 30.0

FORKS = """
import multiprocessing
def work(x):
    return x * 2
def pool():
    with multiprocessing.get_context("fork").Pool(2) as workers:
        return workers.map(work, [1, 2, 3])     # leaving the block sends SIGTERM to the workers
def terminated():
    child = multiprocessing.get_context("fork").Process(target=time.sleep, args=(20,))
    child.start()
    child.terminate()
    child.join(10)
    return child.exitcode
def unseen():
    "A fork that Python does not see, as a C library makes it, which is told to stop."
    libc = ctypes.CDLL(None)
    pid = libc.fork()
    if pid == 0:
        libc.pause()
        libc._exit(0)
    time.sleep(0.1)
    os.kill(pid, signal.SIGTERM)
    time.sleep(0.1)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
async def rpc_Pool(request, context):
    return repr(await asyncio.to_thread(pool)).encode()
async def rpc_Terminate(request, context):
    return repr([await asyncio.to_thread(terminated) for _ in range(20)]).encode()
async def rpc_Unseen(request, context):
    await asyncio.to_thread(unseen)
    return b""
async def rpc_Echo(request, context):
    return request
"""


def test_stopping_a_forked_worker_does_not_stop_the_plugin(tmp_path: Path) -> None:
    with start_plugin(program(FORKS), tmp_path) as host:
        for _ in range(5):
            assert host.app("Pool", timeout=SECONDS) == b"[2, 4, 6]"
        assert host.app("Terminate", timeout=SECONDS) == repr([-15] * 20).encode()
        host.app("Unseen", timeout=SECONDS)
        assert host.app("Echo", b"still there") == b"still there"
        assert host.shut_down() == 0


OUTLIVING = """
def forked():
    pid = os.fork()
    if pid == 0:
        time.sleep(100)
        os._exit(0)
    return pid
def daemon():
    reading, writing = os.pipe()
    if os.fork() == 0:
        os.setsid()
        pid = os.fork()
        if pid:
            os.write(writing, str(pid).encode())
            os._exit(0)
        time.sleep(100)
        os._exit(0)
    os.wait()
    return int(os.read(reading, 20))
sleep = [sys.executable, "-c", "import time; time.sleep(100)"]
ways = {
    "subprocess": lambda: subprocess.Popen(sleep).pid,
    "close_fds": lambda: subprocess.Popen(sleep, close_fds=False).pid,
    "session": lambda: subprocess.Popen(sleep, start_new_session=True).pid,
    "posix_spawn": lambda: os.posix_spawn(sleep[0], sleep, os.environ),
    "system": lambda: int(subprocess.check_output("sleep 100 >/dev/null & echo $!", shell=True)),
    "fork": forked,
    "daemon": daemon,
}
async def rpc_Start(request, context):
    return str(await asyncio.to_thread(ways[request.decode()])).encode()
"""
WAYS = ["subprocess", "close_fds", "session", "posix_spawn", "system", "fork", "daemon"]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("options", ["{}", "{'network': 'tcp'}"], ids=["unix", "tcp"])
def test_a_child_that_outlives_the_plugin_keeps_nothing_of_it(
    tmp_path: Path, way: str, options: str
) -> None:
    with start_plugin(program(OUTLIVING, options), tmp_path) as host:
        pid = int(host.app("Start", way.encode(), timeout=SECONDS))
        try:
            kept = set(Path(f"/proc/{pid}/fd").iterdir())
            assert host.shut_down() == 0
            assert gone(pid, 0) is None, "the child goes on"
            assert host.process.stdout is not None
            assert host.process.stdout.read() == b"", "the host's pipe ends"
            host.ended.wait(SECONDS)
            assert host.ended.is_set(), f"stderr is held open; {len(kept)} descriptors"
            with pytest.raises(OSError, match=r"refused|No such file"):
                connect(host.fields)
        finally:
            os.kill(pid, signal.SIGKILL)


def connect(fields: list[str]) -> None:
    """As a host would that does not know that the plugin has gone."""
    if fields[2] == "unix":
        with socket.socket(socket.AF_UNIX) as made:
            made.connect(fields[3])
    else:
        name, _, port = fields[3].rpartition(":")
        socket.create_connection((name, int(port)), 5).close()


def test_the_connection_of_a_killed_plugin_ends_though_a_fork_of_it_lives(
    tmp_path: Path,
) -> None:
    with start_plugin(program(OUTLIVING, "{'network': 'tcp'}"), tmp_path) as host:
        name, _, port = host.fields[3].rpartition(":")
        with socket.create_connection((name, int(port)), SECONDS) as connection:
            assert connection.recv(1), "the server has accepted it"
            pid = int(host.app("Start", b"fork", timeout=SECONDS))
            try:
                host.process.kill()
                while connection.recv(4096):
                    pass
            except ConnectionResetError:
                pass
            finally:
                os.kill(pid, signal.SIGKILL)


def test_what_children_write_reaches_the_log_and_the_output(tmp_path: Path) -> None:
    source = program("""
        def forked():
            if os.fork() == 0:
                logging.getLogger("child").warning("a record of a fork")
                os.write(2, b"raw of a fork\\n")
                os._exit(0)
            os.wait()
        async def rpc_Write(request, context):
            await asyncio.to_thread(forked)
            code = "import sys; print('out'); sys.stderr.write('err of a program')"
            subprocess.run([sys.executable, "-c", code], check=True)
            return b""
    """)
    with start_plugin(source, tmp_path) as host:
        output = stdio(host.channel)
        host.app("Write", timeout=SECONDS)
        assert read_output(output, b"out\n") == b"out\n"
        record = host.wait_for_log("a record of a fork", SECONDS)
        assert (record["@level"], record["@module"]) == ("warn", "child")
        host.wait_for_raw("raw of a fork")
        assert host.shut_down() == 0
        host.wait_for_raw("err of a program")


CRASH = """
async def rpc_Crash(request, context):
    ctypes.string_at(0)
"""


def test_a_crash_leaves_its_traceback_in_the_log(tmp_path: Path) -> None:
    with start_plugin(program(CRASH), tmp_path) as host:
        call = host.channel.unary_unary("/test.App/Crash").future(b"")
        host.wait_for_raw("Segmentation fault")
        host.wait_for_raw("rpc_Crash")
        assert host.process.wait(SECONDS) == -signal.SIGSEGV
        assert call.exception() is not None


def test_children_read_nothing_from_the_pipe_of_the_host(tmp_path: Path) -> None:
    source = program("""
        async def rpc_Read(request, context):
            return subprocess.run(["cat"], stdout=subprocess.PIPE, timeout=20).stdout
    """)
    reading, writing = os.pipe()
    os.write(writing, b"for the plugin")
    with start_plugin(source, tmp_path, stdin=reading) as host:
        assert host.app("Read", timeout=SECONDS) == b""
        assert host.shut_down() == 0
    os.close(reading)
    os.close(writing)


SOCKETS = """
import os, socket, stat, sys
from plugwright_runtime.process import children
kind, address = eval(sys.argv[1])
listening = socket.socket(kind)
listening.bind(address)
listening.listen()
near = socket.create_connection(listening.getsockname()) if kind == socket.AF_INET else None
far = listening.accept()[0] if near else listening
def kept():
    "Of the server's two sockets, how many a child has."
    pid = os.fork()
    if pid == 0:
        numbers = listening.fileno(), far.fileno()
        os._exit(sum(stat.S_ISSOCK(os.fstat(number).st_mode) for number in numbers))
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
place = listening.getsockname()
place = place if kind == socket.AF_UNIX else place[1]
children.keep_sockets_from(place)
served = kept()
children.leave_sockets_of(place)
print(served, kept())
"""


@pytest.mark.parametrize("family", ["unix", "tcp"])
def test_a_fork_has_no_socket_of_the_server_while_it_serves(family: str, short_path: Path) -> None:
    place = str(short_path / "s") if family == "unix" else ("127.0.0.1", 0)
    kind = socket.AF_UNIX if family == "unix" else socket.AF_INET
    done = subprocess.run(
        [sys.executable, "-c", SOCKETS, repr((int(kind), place))],
        env={**os.environ, "PYTHONPATH": str(RUNTIME)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("0 2\n", "")
