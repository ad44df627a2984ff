"""Does a real plugin process start, serve and stop as a go-plugin host expects?"""

from __future__ import annotations

import os
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import grpc
import pytest
from kit.goplugin.host import (
    COOKIE,
    program,
    read_output,
    short_directory,
    spawn,
    start_plugin,
    stdio,
)
from kit.places import RUNTIME

place = pytest.fixture(short_directory, name="place")

ECHO = """
async def rpc_Echo(request, context):
    return request
"""
SERVING, NOT_SERVING, SERVICE_UNKNOWN = b"\x08\x01", b"\x08\x02", b"\x08\x03"
CHECK = "/grpc.health.v1.Health/Check"


def failure(source: str, path: Path, **env: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of a plugin that is expected not to start."""
    with spawn(source, path, **env) as process:
        out, err = process.communicate(timeout=10)
    return process.returncode, out.decode(), err.decode()


def test_start_serve_and_stop(tmp_path: Path) -> None:
    with start_plugin(program(ECHO), tmp_path, PLUGIN_PROTOCOL_VERSIONS="3,1") as host:
        assert host.fields[:3] == ["1", "1", "unix"]
        assert host.fields[4:] == ["grpc", ""]
        assert stat.S_IMODE(os.stat(host.address).st_mode) == 0o600
        assert host.call(CHECK, b"\x0a\x06plugin") == SERVING
        assert host.call(CHECK) == SERVING
        with pytest.raises(grpc.RpcError) as error:
            host.call(CHECK, b"\x0a\x05other")
        assert error.value.code() is grpc.StatusCode.NOT_FOUND
        begin = time.monotonic()
        assert host.shut_down() == 0
        assert time.monotonic() - begin < 1.0
        assert not os.path.exists(host.address)


def test_messages_over_4_mib_pass_both_ways(tmp_path: Path) -> None:
    with start_plugin(program(ECHO, "{'max_message_bytes': 20 << 20}"), tmp_path) as host:
        body = os.urandom(16 << 20)
        assert host.app("Echo", body) == body
        with pytest.raises(grpc.RpcError) as error:
            host.app("Echo", bytes(21 << 20))
        assert error.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert host.app("Echo", b"still there") == b"still there"


def test_health_watch(tmp_path: Path) -> None:
    with start_plugin(program(), tmp_path) as host:
        watch = host.channel.unary_stream("/grpc.health.v1.Health/Watch")
        known = watch(b"\x0a\x06plugin", timeout=5)
        other = watch(b"\x0a\x05other", timeout=5)
        assert next(known) == SERVING
        assert next(other) == SERVICE_UNKNOWN
        host.call("/plugin.GRPCController/Shutdown")
        assert list(known) == [NOT_SERVING]


@pytest.mark.parametrize("env", [{}, {"PLUGIN_COOKIE": "wrong"}])
def test_run_by_hand_explains_itself(tmp_path: Path, env: dict[str, str]) -> None:
    code, out, err = failure(program("print('from user code')"), tmp_path, **env)
    assert code == 1
    assert out == "from user code\n", "nothing of ours on stdout, and the user's stays where it was"
    assert "this program is a plugin" in err
    assert "PLUGIN_COOKIE" in err
    assert "--reattach" in err
    assert "Traceback" not in err


def test_a_module_called_secrets_beside_the_program(tmp_path: Path) -> None:
    """Beginners call it so, and it hides Python's own."""
    (tmp_path / "secrets.py").write_text("TOKEN = 'x'")
    source = program("import sys; sys.path.insert(0, '.')\nimport secrets; secrets.TOKEN")
    with start_plugin(source, tmp_path) as host:
        assert host.shut_down() == 0


def test_tcp_takes_the_first_free_port_of_the_range(tmp_path: Path) -> None:
    first = free_range(3)
    with socket.create_server(("127.0.0.1", first)):
        range_ = {"PLUGIN_MIN_PORT": str(first), "PLUGIN_MAX_PORT": str(first + 2)}
        source = program(ECHO, "{'network': 'tcp'}")
        one = start_plugin(source, tmp_path, **range_)
        (tmp_path / "two").mkdir()
        two = start_plugin(source, tmp_path / "two", **range_)
        with one as host, two as second:
            assert host.fields[2:4] == ["tcp", f"127.0.0.1:{first + 1}"]
            assert second.fields[2:4] == ["tcp", f"127.0.0.1:{first + 2}"]
            assert host.app("Echo", b"x") == b"x"
            assert second.app("Echo", b"y") == b"y"
            code, out, err = failure(source, tmp_path, **(COOKIE | range_))
    assert (code, out) == (1, "")
    assert f"no free TCP port from {first} to {first + 2}" in err
    assert '"@level": "error"' in err


def free_range(count: int) -> int:
    """The first of some consecutive ports that are free now."""
    for first in range(31000, 60000, count):
        sockets = []
        try:
            sockets = [socket.create_server(("127.0.0.1", first + i)) for i in range(count)]
        except OSError:
            continue
        finally:
            for each in sockets:
                each.close()
        return first
    raise AssertionError("no free ports")


def test_any_tcp_port_without_a_range(tmp_path: Path) -> None:
    with start_plugin(program(ECHO, "{'network': 'tcp'}"), tmp_path) as host:
        assert host.address.startswith("127.0.0.1:")
        assert host.app("Echo", b"x") == b"x"


@pytest.mark.parametrize("name", ["plain", "with space %41 ü"])
def test_unix_socket_directory_and_group(place: Path, name: str) -> None:
    directory = place / name
    directory.mkdir()
    group = os.getgroups()[-1] if os.getuid() else 12345
    env = {
        "PLUGIN_UNIX_SOCKET_DIR": str(directory),
        "PLUGIN_UNIX_SOCKET_GROUP": str(group),
    }
    with start_plugin(program(ECHO), place, **env) as host:
        assert [str(each) for each in directory.iterdir()] == [host.address]
        status = os.stat(host.address)
        assert stat.S_ISSOCK(status.st_mode)
        assert stat.S_IMODE(status.st_mode) == 0o660
        assert status.st_gid == group
        assert host.app("Echo", b"x") == b"x"
        assert host.shut_down() == 0
    assert list(directory.iterdir()) == []


def test_a_temporary_directory_that_is_too_long_for_sockets(tmp_path: Path) -> None:
    long = tmp_path / ("x" * 120)
    long.mkdir()
    with start_plugin(program(ECHO), tmp_path, TMPDIR=str(long)) as host:
        assert host.app("Echo", b"x") == b"x"


@pytest.mark.parametrize(
    ("env", "says"),
    [
        ({"PLUGIN_UNIX_SOCKET_DIR": "/nonexistent/dir"}, "is no directory"),
        ({"PLUGIN_UNIX_SOCKET_DIR": "LONG"}, "longer than"),
        ({"PLUGIN_UNIX_SOCKET_GROUP": "no-such-group"}, "no such group"),
    ],
)
def test_sockets_that_cannot_be_made(tmp_path: Path, env: dict[str, str], says: str) -> None:
    long = tmp_path / ("x" * 120)
    long.mkdir()
    env = {key: value.replace("LONG", str(long)) for key, value in env.items()}
    code, out, err = failure(program(), tmp_path, **(COOKIE | env))
    assert (code, out) == (1, "")
    assert says in err
    assert "Traceback" not in err


def test_prints_travel_over_stdio(tmp_path: Path) -> None:
    """1 MiB while importing, Python, C and child processes: in order, none on the real stdout."""
    source = program("""
        sys.stdout.write("x" * (1 << 20) + "\\nimported\\n")
        async def rpc_Print(request, context):
            print("from Python")
            ctypes.CDLL(None).write(1, b"from C\\n", 7)
            subprocess.run([sys.executable, "-c", "print('from a child')"], check=True)
            os.write(1, b"\\xff\\xfe raw\\n")
            print("\\ud800 odd", "last")
            return b""
    """)
    with start_plugin(source, tmp_path, PYTHONIOENCODING="ascii") as host:
        call = stdio(host.channel)
        start = read_output(call, b"imported\n")
        assert start == b"x" * (1 << 20) + b"\nimported\n"
        host.app("Print")
        rest = read_output(call, b"last\n")
        assert rest == b"from Python\nfrom C\nfrom a child\n\xff\xfe raw\n\\ud800 odd last\n"
        assert host.shut_down() == 0
        assert host.process.stdout
        assert host.process.stdout.read() == b"", "only the handshake may reach the real stdout"


def test_prints_before_prepare_are_rescued(tmp_path: Path) -> None:
    """As long as Python holds them back, which it does on a pipe."""
    source = "print('too early')\n" + program("print('ready')")
    with start_plugin(source, tmp_path) as host:
        assert read_output(stdio(host.channel), b"ready\n") == b"too early\nready\n"


def test_output_that_nobody_reads_is_bounded_and_says_so(tmp_path: Path) -> None:
    source = program("""
        async def rpc_Flood(request, context):
            for _ in range(9):
                os.write(1, b"y" * (1 << 20))
            print("flood ends")
            return b""
    """)
    with start_plugin(source, tmp_path) as host:
        host.app("Flood")
        output = read_output(stdio(host.channel), b"flood ends\n")
        assert output.startswith(b"[")
        assert b"bytes of output dropped: the host did not read them]\n" in output[:100]
        in_the_pipe = 2 << 16  # came after the reader
        assert 4 << 20 <= len(output) < (4 << 20) + in_the_pipe + 200


def test_a_new_stdio_consumer_takes_over(tmp_path: Path) -> None:
    source = program("""
        async def rpc_Print(request, context):
            print(request.decode())
            return b""
    """)
    with start_plugin(source, tmp_path) as host:
        first = stdio(host.channel)
        host.app("Print", b"one")
        assert read_output(first, b"one\n") == b"one\n"
        second = stdio(host.channel)
        second.initial_metadata()
        assert list(first) == [], "the former stream ends"
        host.app("Print", b"two")
        assert read_output(second, b"two\n") == b"two\n"


def test_output_at_the_end_is_delivered(tmp_path: Path) -> None:
    source = program("""
        async def rpc_Print(request, context):
            sys.stdout.write("without a line break")
            return b""
    """)
    with start_plugin(source, tmp_path) as host:
        call = stdio(host.channel)
        call.initial_metadata()
        host.app("Print")
        host.call("/plugin.GRPCController/Shutdown")
        assert read_output(call, b"break") == b"without a line break"
        assert list(call) == [], "and the stream ends well"


def test_register_may_fail(tmp_path: Path) -> None:
    source = program("""
        async def extra_register():
            raise ValueError("secret of the plugin", 7)
    """)
    code, out, err = failure(source, tmp_path, **COOKIE)
    assert (code, out) == (1, "")
    assert err.count("\n") == 1, "one record with the traceback inside"
    assert '"@level": "error"' in err
    assert "ValueError: ('secret of the plugin', 7)" in err


def test_importing_user_code_may_fail(tmp_path: Path) -> None:
    code, out, err = failure(program("raise KeyError(3)"), tmp_path, **COOKIE)
    assert (code, out) == (1, "")
    assert err.count("\n") == 1
    assert "uncaught exception" in err
    assert "KeyError: 3" in err


def test_on_stop_runs_after_the_last_call(tmp_path: Path) -> None:
    source = program("""
        async def rpc_Slow(request, context):
            logging.getLogger("t").info("call begins")
            await asyncio.sleep(0.3)
            return b"done"
        async def on_stop():
            logging.getLogger("t").info("application stopped")
    """)
    with start_plugin(source, tmp_path) as host:
        slow = host.channel.unary_unary("/test.App/Slow").future(b"", timeout=5)
        host.wait_for_log("call begins")
        host.call("/plugin.GRPCController/Shutdown")
        assert slow.result() == b"done"
        assert host.process.wait(3) == 0
        host.wait_for_log("application stopped")


def test_a_failing_on_stop_is_logged_and_shows_in_the_exit_code(tmp_path: Path) -> None:
    source = program("""
        async def on_stop():
            raise OSError("broken")
    """)
    with start_plugin(source, tmp_path) as host:
        assert host.shut_down() == 1
        assert (
            "OSError: broken" in host.wait_for_log("stopping the application failed")["exception"]
        )


def test_the_application_can_stop_itself(tmp_path: Path) -> None:
    source = program("""
        async def rpc_Stop(request, context):
            plugin.stop("enough")
            return b"bye"
    """)
    with start_plugin(source, tmp_path) as host:
        assert host.app("Stop") == b"bye"
        assert host.process.wait(3) == 0


def test_health_answers_while_many_handlers_wait(tmp_path: Path) -> None:
    source = program("""
        waiting = 0
        async def rpc_Wait(request, context):
            global waiting
            waiting += 1
            await asyncio.sleep(30)
        async def rpc_Count(request, context):
            return b"%d" % waiting
    """)
    with start_plugin(source, tmp_path) as host:
        calls = [host.channel.unary_unary("/test.App/Wait").future(b"") for _ in range(300)]
        while host.app("Count") != b"300":
            pass
        assert host.call(CHECK) == SERVING
        begin = time.monotonic()
        assert host.shut_down() == 0
        assert time.monotonic() - begin < 1.8
        assert all(call.done() for call in calls)


def test_preparing_imports_neither_grpc_nor_protobuf() -> None:
    code = (
        "import sys; from plugwright_runtime.styles.goplugin import PluginSpec, prepare\n"
        "assert prepare(PluginSpec('K', 'V'), {'K': 'V'})\n"
        "assert not [m for m in sys.modules if m.split('.')[0] in ('grpc', 'google')]"
    )
    runtime = RUNTIME
    subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        env=os.environ | {"PYTHONPATH": str(runtime)},
    )


def test_the_default_descriptor_pool_stays_untouched(tmp_path: Path) -> None:
    source = program("""
        async def rpc_Pool(request, context):
            from google.protobuf import descriptor_pool
            found = []
            for name in ("plugin.ConnInfo", "grpc.health.v1.HealthCheckRequest"):
                try:
                    descriptor_pool.Default().FindMessageTypeByName(name)
                    found.append(name)
                except KeyError:
                    pass
            return ",".join(found).encode()
    """)
    with start_plugin(source, tmp_path) as host:
        assert host.app("Pool") == b""
