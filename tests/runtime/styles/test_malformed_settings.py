"""Is what a host or a person sets wrongly one line in the log, exit code 1 and nothing on stdout?

All that the runtime reads: the variables of go-plugin, those that an SDK names, TMPDIR, and the
arguments of the styles that have some.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from kit.echo_styles import SECONDS, Start, folder, sdk, start, until, wait_for_line
from kit.goplugin.host import COOKIE, program, spawn
from kit.mattermost.program import start as start_mattermost

USED = sdk, folder, start

TCP = "{'network': 'tcp'}"
MALFORMED = [
    ("{}", {"PLUGIN_UNIX_SOCKET_GROUP": "²"}, "no such group"),
    ("{}", {"PLUGIN_UNIX_SOCKET_GROUP": "1" * 20}, "is no group"),
    ("{}", {"PLUGIN_UNIX_SOCKET_GROUP": str(2**32 - 1)}, "is no group"),
    ("{}", {"PLUGIN_UNIX_SOCKET_GROUP": "-1"}, "no such group"),
    ("{}", {"PLUGIN_UNIX_SOCKET_GROUP": "\udcff"}, "no such group"),
    ("{}", {"PLUGIN_UNIX_SOCKET_DIR": "a|b"}, "'|'"),
    ("{}", {"PLUGIN_UNIX_SOCKET_DIR": "/no/such"}, "is no directory"),
    ("{}", {"PLUGIN_CLIENT_CERT": "garbage"}, "no PEM certificate"),
    ("{}", {"PLUGIN_CLIENT_CERT": "\udcff"}, "no PEM certificate"),
    ("{}", {"PLUGIN_CLIENT_CERT": "²"}, "no PEM certificate"),
    (
        "{}",
        {"PLUGIN_CLIENT_CERT": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"},
        "no PEM certificate",
    ),
    (TCP, {"PLUGIN_MIN_PORT": "²", "PLUGIN_MAX_PORT": "4"}, "no port number"),
    (TCP, {"PLUGIN_MIN_PORT": "1" * 20, "PLUGIN_MAX_PORT": "4"}, "no port number"),
    (TCP, {"PLUGIN_MIN_PORT": "-1", "PLUGIN_MAX_PORT": "4"}, "no port number"),
    (TCP, {"PLUGIN_MIN_PORT": "5", "PLUGIN_MAX_PORT": "4"}, "greater than"),
    (TCP, {"PLUGIN_MIN_PORT": "5"}, "must set both or none"),
]


@pytest.mark.parametrize(("options", "env", "text"), MALFORMED)
def test_a_variable_of_go_plugin(
    tmp_path: Path, options: str, env: dict[str, str], text: str
) -> None:
    with spawn(program("", options), tmp_path, **(COOKIE | env)) as process:
        out, err = process.communicate(timeout=SECONDS)
    assert (process.returncode, out) == (1, b"")
    (line,) = err.decode().splitlines()
    record = json.loads(line)
    assert record["@level"] == "error"
    assert record["@message"].startswith("the plugin cannot start: ")
    assert text in record["@message"]
    assert "exception" not in record


@pytest.mark.parametrize("value", ["soon", "nan", "inf", "0", "-3", "²", "\udcff", "1" * 400])
def test_the_timeout_of_hooks(folder: Path, value: str) -> None:
    process = start_mattermost(folder, MATTERMOST_PLUGIN_HOOK_TIMEOUT=value)
    stdout, stderr = process.communicate(timeout=SECONDS)
    assert (process.returncode, stdout) == (1, "")
    (line,) = stderr.splitlines()
    record = json.loads(line)
    assert record["@message"].startswith(
        "the plugin cannot start: MATTERMOST_PLUGIN_HOOK_TIMEOUT must be a number of seconds"
    )


@pytest.mark.parametrize("name", ["with a | bar", "with\na break", os.fsdecode(b"no utf-8 \xff")])
def test_a_temporary_directory_with_an_odd_name(folder: Path, name: str) -> None:
    odd = folder / name
    odd.mkdir()
    with spawn(program(), folder, TMPDIR=str(odd), **COOKIE) as process:
        assert process.stdout is not None
        fields = process.stdout.readline().split(b"|")
        assert len(fields) == 6
        address = os.fsdecode(fields[3])
        assert os.path.exists(address)
        assert address.startswith(str(odd)) == (not {"|", "\n"} & set(name))
        process.terminate()
        process.communicate(timeout=SECONDS)
        assert process.returncode == 0
    assert list(odd.iterdir()) == []


ARGUMENTS = [
    ([], "the address is missing: give the path of a socket"),
    (["a", "b"], "unrecognized arguments: b"),
    (["--what", "a"], "unrecognized arguments: --what"),
    (["a..b:1", "--tcp"], "cannot listen on"),
    (["127.0.0.1:²", "--tcp"], "no TCP address"),
    (["127.0.0.1:" + "1" * 20, "--tcp"], "no TCP address"),
    (["127.0.0.1:99999", "--tcp"], "no TCP address"),
    (["", "--tcp"], "the address is missing"),
    ([""], "the address is missing"),
]


@pytest.mark.parametrize(("arguments", "text"), ARGUMENTS)
def test_arguments_of_the_socket_style(start: Start, arguments: list[str], text: str) -> None:
    process = start("socket-argument", *arguments)
    stdout, stderr = process.communicate(timeout=SECONDS)
    assert process.returncode == 1
    assert stderr in ("", "STOPPED\n")
    lines = [line for line in stdout.splitlines() if "[stdout] printed" not in line]
    (line,) = (line for line in lines if not line.startswith("INFO"))
    assert line.startswith("ERROR [plugwright.process] the plugin cannot start: ")
    assert text in line


def test_a_path_that_is_no_text(start: Start, folder: Path) -> None:
    path = os.path.join(os.fsencode(folder), b"\xff.sock")
    process = start("socket-argument", os.fsdecode(path))
    until(lambda: os.path.exists(path) or process.poll() is not None)
    assert process.poll() is None
    process.terminate()
    assert process.wait(SECONDS) == 0


@pytest.mark.parametrize("style", ["go-plugin", "socket-argument", "port-on-stdout"])
@pytest.mark.parametrize("closed", ["0<&-", "1>&-", "2>&-", "0<&- 2>&-"])
def test_descriptors_that_are_closed(start: Start, folder: Path, style: str, closed: str) -> None:
    """Only stdout is needed, and without it there is one line."""
    argument = [str(folder / "s.sock")] if style == "socket-argument" else []
    process = start(style, *argument, shell=f"exec {{}} {closed}", ECHO="hello")
    assert process.stdout is not None
    if "1>" in closed:
        stdout, stderr = process.communicate(timeout=SECONDS)
        assert (process.returncode, stdout) == (1, "")
        assert stderr.count("\n") == 1
        assert "stdout is closed" in stderr
        return
    if style == "socket-argument":
        wait_for_line(process, "INFO made")
    else:
        assert process.stdout.readline() != ""
    process.terminate()
    process.communicate(timeout=SECONDS)
    assert process.returncode == 0
