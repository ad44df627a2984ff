"""Does one program serve several services, and say at its start what it would not serve?"""

from __future__ import annotations

import subprocess
from pathlib import Path

import grpc
import pytest
from kit.driver import Programs, driver_sdk, programs
from kit.echo_styles import until

__all__ = ["driver_sdk", "programs"]

BOTH = """
class Both(IdentityServicer, NodeServicer, ServicePlugin):
    get_info, stage = Identity.get_info, Node.stage
run_plugin(Both)
"""
OBJECTS = """
class Controller(ControllerServicer):
    def probe(self, request, context, /):
        return Nothing()
class Probed(Node):
    def probe(self, request, context, /):
        return Text(text="probed")
class Several(IdentityServicer, ServicePlugin):
    get_info = Identity.get_info
    def servicers(self):
        return Controller(), Probed()
run_plugin(Several)
"""


def asked(path: Path, rpc: str, request: bytes = b"") -> bytes:
    with grpc.insecure_channel(f"unix:{path}") as channel:
        answer: bytes = channel.unary_unary(f"/driver.{rpc}")(request, timeout=20)
    return answer


def listening(process: subprocess.Popen[str], path: Path) -> None:
    until(lambda: path.exists() or process.poll() is not None)


@pytest.mark.parametrize("way", ["argument", "option", "variable"])
def test_a_class_that_extends_two_servicers_serves_both(programs: Programs, way: str) -> None:
    path = programs.folder / "s.sock"
    endpoint = f"unix://{path}"
    words = {"argument": [endpoint], "option": [f"--endpoint={endpoint}"], "variable": []}[way]
    env = {"DRIVER_ENDPOINT": endpoint} if way == "variable" else {}
    process = programs.begin(BOTH, *words, **env)
    listening(process, path)
    assert asked(path, "Identity/GetInfo") == b"\n\x08identity"
    assert asked(path, "Node/Stage", b"\n\x01x") == b"\n\x08staged x"
    with pytest.raises(grpc.RpcError, match="UNIMPLEMENTED"):
        asked(path, "Node/Probe")


def test_an_object_for_each_service_whose_rpcs_share_a_name(programs: Programs) -> None:
    path = programs.folder / "s.sock"
    listening(programs.begin(OBJECTS, str(path)), path)
    assert asked(path, "Identity/GetInfo") == b"\n\x08identity"
    assert asked(path, "Node/Probe") == b"\n\x06probed"
    assert asked(path, "Controller/Probe", b"\n\x01x") == b""


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("class Mine(ServicePlugin): pass", "Mine serves nothing: extend one of the SDK's"),
        (
            "class Mine(NodeServicer, ControllerServicer, ServicePlugin):\n"
            "    def probe(self, request, context, /): return Nothing()",
            "Mine.probe would answer driver.Node.Probe and driver.Controller.Probe: serve that by",
        ),
        (
            "class Mine(Node, ServicePlugin):\n    def servicers(self): return [Node()]",
            "Mine and Node both serve driver.Node: keep one",
        ),
        (
            "class Mine(Node, ServicePlugin):\n    def servicers(self): return [object()]",
            "object serves nothing",
        ),
    ],
    ids=["nothing", "shared method", "twice", "no servicer"],
)
def test_what_would_not_be_served_is_an_error_at_the_start(
    programs: Programs, source: str, text: str
) -> None:
    told = programs.refusal(f"{source}\nrun_plugin(Mine)", str(programs.folder / "s.sock"))
    assert f"the plugin cannot start: {text}" in told


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ([], "the address is missing: give the path of a socket, or set DRIVER_ENDPOINT"),
        (["a.sock", "--endpoint", "b.sock"], "the address is given twice"),
        (["unix:///a.sock", "--tcp"], "'unix:///a.sock' is no TCP address, as --tcp says"),
    ],
    ids=["none", "two", "contradiction"],
)
def test_an_endpoint_that_cannot_be_meant(programs: Programs, words: list[str], text: str) -> None:
    assert text in programs.refusal(BOTH, *words)


def test_an_endpoint_of_tcp(programs: Programs) -> None:
    process = programs.begin(BOTH, "tcp://127.0.0.1:0", "--debug")
    assert process.stdout is not None
    line = next(line for line in process.stdout if "listening on" in line)
    with grpc.insecure_channel(line.split()[-1]) as channel:
        assert channel.unary_unary("/driver.Identity/GetInfo")(b"", timeout=20)
