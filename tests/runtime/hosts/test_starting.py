"""What does a person read whose plugin does not start? And is it gone?"""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
import time
from dataclasses import replace
from pathlib import Path

import pytest
from kit.hosting import OPTIONS, SPEC, alive, good, says, script
from plugwright_runtime.hosts import AsyncHost, Host, Options
from plugwright_runtime.hosts.failures import (
    ChecksumError,
    ExitedAtStart,
    HandshakeError,
    ProgramError,
    StartError,
    StartTimeout,
)

QUICK = replace(OPTIONS, start_timeout=1.0)


def refused(command: list[str], options: Options = OPTIONS) -> StartError:
    """Why a plugin does not start; nothing is left of it."""
    plugin = Host(SPEC, command, options)
    with pytest.raises(StartError) as caught:
        plugin.start()
    assert not plugin.pid or not alive(plugin.pid)
    return caught.value


def test_a_program_that_is_not_there(tmp_path: Path) -> None:
    error = refused([str(tmp_path / "plugin")])
    assert type(error) is ProgramError
    assert f"there is no program {tmp_path}/plugin" in str(error)
    assert "no program no-such-plugin in PATH" in str(refused(["no-such-plugin"]))


def test_a_program_that_cannot_be_run_says_why(tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.write_text("x = 1\n")
    assert "chmod +x" in str(refused([str(plain)]))
    plain.chmod(0o755)
    assert "needs a first line such as #!" in str(refused([str(plain)]))
    plain.write_text("#!/no/such/python -u\n")
    assert "names /no/such/python as its interpreter" in str(refused([str(plain)]))
    assert "is a directory" in str(refused([str(tmp_path)]))
    program = shutil.which("true") or ""
    head = bytearray(Path(program).resolve().read_bytes()[:4096])
    head[18:20] = b"\x15\x00"
    plain.write_bytes(bytes(head))
    assert f"is built for ppc64, and this is {os.uname().machine}" in str(refused([str(plain)]))


def test_a_working_directory_that_is_not_there(tmp_path: Path) -> None:
    missing = replace(OPTIONS, cwd=str(tmp_path / "gone"))
    assert "gone of the plugin is not there" in str(refused(["true"], missing))


def test_a_program_that_ends_says_its_last_words(tmp_path: Path) -> None:
    error = refused(script(tmp_path, "sys.exit('this is a plugin\\nstart its host')"))
    assert type(error) is ExitedAtStart
    assert error.exit is not None
    assert error.exit.code == 1
    assert error.stderr == ("this is a plugin", "start its host")
    assert "exited with code 1 before its handshake" in str(error)
    assert str(error).endswith("\n  this is a plugin\n  start its host")


def test_a_plugin_of_another_host_says_so(tmp_path: Path) -> None:
    """Its cookie is another one."""
    command = good(tmp_path)
    Path(command[1]).write_text(Path(command[1]).read_text().replace("sesame", "other"))
    assert "this program is a plugin" in str(refused(command))


def test_a_signal_that_ends_it_is_named(tmp_path: Path) -> None:
    error = refused(script(tmp_path, "os.kill(os.getpid(), signal.SIGKILL)"))
    assert "killed by SIGKILL" in str(error)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("print('hello'); time.sleep(60)", "no handshake: 'hello'"),
        ("print(); time.sleep(60)", "no handshake: ''"),
        ("os.write(1, b'x' * 200_000); time.sleep(60)", "no handshake: 'xxx"),
        ("os.close(1); time.sleep(60)", "closed its stdout"),
        ("print('1|1|unix|/no/such|grpc', flush=True); time.sleep(60)", "and does not"),
        ("print('1|1|tcp|127.0.0.1:1|grpc', flush=True); time.sleep(60)", "and does not"),
        ("print('1|9|tcp|127.0.0.1:1|grpc', flush=True); time.sleep(60)", "version 9"),
        ("sys.stdout.write('garbage')", "no handshake: 'garbage'"),
    ],
)
def test_what_is_no_handshake(tmp_path: Path, source: str, text: str) -> None:
    header = "import functools; print = functools.partial(print, flush=True)\n"
    error = refused(script(tmp_path, header + source))
    assert isinstance(error, HandshakeError) or "version" in text
    assert text in str(error)


def test_a_plugin_that_says_nothing_is_given_up(tmp_path: Path) -> None:
    """Even if it ignores SIGTERM."""
    source = "signal.signal(signal.SIGTERM, signal.SIG_IGN); print('x', end='', flush=True)"
    error = refused(script(tmp_path, f"{source}; time.sleep(60)"), QUICK)
    assert type(error) is StartTimeout
    assert "did not come to its handshake within 1 s" in str(error)
    assert error.exit is not None
    assert error.exit.signal == "SIGKILL"


def test_a_listener_that_does_not_speak_is_given_up(tmp_path: Path) -> None:
    source = """
    import socket
    s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen()
    print(f"1|1|tcp|127.0.0.1:{s.getsockname()[1]}|grpc", flush=True); time.sleep(60)
    """
    error = refused(script(tmp_path, source), QUICK)
    assert type(error) is StartTimeout
    assert "taking a connection" in str(error)


def test_a_plugin_that_ends_after_its_handshake(tmp_path: Path) -> None:
    source = """
    import socket
    s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen()
    print(f"1|1|tcp|127.0.0.1:{s.getsockname()[1]}|grpc", flush=True); time.sleep(0.3); sys.exit(7)
    """
    assert "exited with code 7" in str(refused(script(tmp_path, source)))


def test_a_start_that_is_cancelled_leaves_nothing(tmp_path: Path) -> None:
    async def cancelled() -> int:
        plugin = AsyncHost(SPEC, says(tmp_path, ""), OPTIONS)
        starting = asyncio.create_task(plugin.start())
        while not plugin.pid:
            await asyncio.sleep(0.01)
        starting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await starting
        return plugin.pid

    pid = asyncio.run(cancelled())
    ends = time.monotonic() + 10
    while alive(pid) and time.monotonic() < ends:
        time.sleep(0.01)
    assert not alive(pid)


def test_a_program_is_started_only_if_it_is_the_expected_one(tmp_path: Path) -> None:
    command = good(tmp_path)
    digest = hashlib.sha256(Path(command[1]).read_bytes()).hexdigest()
    with Host(SPEC, command, replace(OPTIONS, sha256={command[1]: digest.upper()})) as plugin:
        plugin.ping()
    wrong = refused(command, replace(OPTIONS, sha256={command[1]: "00" * 32}))
    assert type(wrong) is ChecksumError
    assert f"{command[1]} is not the file that was expected" in str(wrong)
    assert type(refused(command, replace(OPTIONS, sha256=""))) is ChecksumError
    assert type(refused(command, replace(OPTIONS, sha256={"/gone": digest}))) is ChecksumError


def test_options_that_cannot_be_are_refused_at_once() -> None:
    with pytest.raises(ValueError, match="grace must be a number of seconds above 0"):
        Options(grace=0)
    with pytest.raises(ValueError, match="start_timeout"):
        Options(start_timeout=float("inf"))
    with pytest.raises(TypeError, match="needs a PluginSpec"):
        Host("spec", ["x"])  # type: ignore[arg-type]
    assert "must be a list of words" in str(refused([]))
