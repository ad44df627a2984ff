"""Does a program start, log and stop whatever it did to its streams, and say why it does not?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from kit.goplugin.host import COOKIE, PROLOGUE, program, spawn, start_plugin

SECONDS = 30.0

STREAMS = {
    "None": "sys.stdout = sys.stderr = None",
    "neither flush nor write": "sys.stdout = sys.stderr = object()",
    "closed": "sys.stdout.close(); sys.stderr.close()",
    "raising": """
class Raising:
    def __getattr__(self, name):
        raise RuntimeError(name)
sys.stdout = sys.stderr = Raising()
""",
    "exiting": """
class Exiting:
    def flush(self):
        sys.exit(7)
sys.stdout = sys.stderr = Exiting()
""",
    "deleted": "del sys.stdout, sys.__stdout__",
    "all gone": "sys.stdout = sys.stderr = sys.__stdout__ = sys.__stderr__ = None",
}


@pytest.mark.parametrize("streams", STREAMS)
def test_streams_of_the_programs_own(tmp_path: Path, streams: str) -> None:
    source = program(STREAMS[streams] + """
async def rpc_Log(request, context):
    logging.getLogger("t").info("logged")
    return b""
async def on_stop():
    logging.getLogger("t").info("stopped")
""")
    with start_plugin(source, tmp_path) as host:
        host.app("Log", timeout=SECONDS)
        host.wait_for_log("logged", SECONDS)
        assert host.shut_down() == 0
        host.wait_for_log("stopped", SECONDS)


@pytest.mark.parametrize("streams", STREAMS)
def test_streams_of_the_programs_own_in_reattach_mode(tmp_path: Path, streams: str) -> None:
    source = program(STREAMS[streams])
    with spawn(source, tmp_path, "--reattach") as process:
        assert process.stdout is not None
        assert b"plugin listens on unix" in process.stdout.readline()
        process.terminate()
        assert process.wait(SECONDS) == 0


ENDS = {
    "pass": ("ended without calling run_plugin", "", ""),
    "sys.exit(3)": ("ended without calling run_plugin", "", ""),
    "sys.exit('no configuration')": (
        "ended without calling run_plugin",
        "no configuration",
        "",
    ),
    "import no_such_module": ("failed before it served", "", "ModuleNotFoundError"),
    "1 / 0": ("failed before it served", "", "ZeroDivisionError"),
}


@pytest.mark.parametrize("end", ENDS)
def test_a_program_that_never_serves_says_so_in_one_record(tmp_path: Path, end: str) -> None:
    text, stderr, exception = ENDS[end]
    source = f"OPTIONS = {{}}\n{PROLOGUE}\nprint('what it printed')\n{end}\n"
    with spawn(source, tmp_path, **COOKIE) as process:
        out, err = process.communicate(timeout=SECONDS)
    assert out == b""
    (record,) = records(err)
    assert record["@level"] == "error"
    assert text in record["@message"]
    assert record["stdout"] == "what it printed"
    assert record.get("stderr", "") == stderr
    assert exception in record.get("exception", "")


def records(log: bytes) -> list[dict[str, Any]]:
    """The JSON lines of a log."""
    return [json.loads(line) for line in log.splitlines() if line.startswith(b"{")]


def test_what_was_printed_before_the_handshake_is_told(tmp_path: Path) -> None:
    """The host has not come to read it: then the plugin still knows."""
    source = "import os; os.write(1, b'too early')\n" + program()
    with spawn(source, tmp_path, **COOKIE) as process:
        assert process.wait(SECONDS) == 1
        out, err = process.communicate()
    assert out == b"too early"
    (record,) = records(err)
    assert record["@message"].startswith("the plugin cannot start: 9 bytes were printed")
