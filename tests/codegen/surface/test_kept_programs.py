"""Does a program of before an edit run with the SDK of after it?"""

from __future__ import annotations

import base64
import os
import pickle
import subprocess
import sys
from pathlib import Path

from kit.generating.evolving import CONFIG, Evolving

_PROTOS = """
message JoinedRequest {{ string user = 1; {} }}
message JoinedResponse {{}}
service Api {{}}
service Hooks {{ rpc Joined(JoinedRequest) returns (JoinedResponse); }}
"""
_PLUGIN = """
from sdk import HookName, Plugin, hook
from sdk.testing import PluginHarness

class Old(Plugin):
    @hook(HookName.Joined)
    def joined(self, user: str) -> None:
        print(user)

class New(Plugin):
    @hook(HookName.Joined)
    def joined(self, user: str, at: int) -> None:
        print(user, at)

for cls in (Old, New):
    with PluginHarness(cls) as harness:
        harness.hooks.joined(user="u", at=7)
"""


def _run(sdk: Evolving, program: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(sdk.out)}
    command = [sys.executable, "-W", "error", "-c", program]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_handlers_of_before_and_after_a_new_hook_field_both_run(tmp_path: Path) -> None:
    sdk = Evolving(tmp_path, f'{CONFIG}[hooks]\nservice = "Hooks"\n')
    sdk.generate(_PROTOS.format(""))
    sdk.generate(_PROTOS.format("int32 at = 2;"))
    assert _run(sdk, _PLUGIN).split("\n") == ["u", "u 7", ""]


def test_pickles_load_after_a_message_has_moved(tmp_path: Path) -> None:
    sdk = Evolving(tmp_path, CONFIG.split("[api]")[0])
    post = "message Post { string id = 1; oneof kind { string a = 2; } enum State { S = 0; } }"
    sdk.generate({"post.proto": f"{post} message Other {{}}"})
    dump = "import pickle, base64; from sdk.models.post import Post\n"
    dump += 'p = pickle.dumps([Post(id="x", kind=Post.Kind.A("y")), Post.State.S])\n'
    dump += "print(base64.b64encode(p).decode())"
    pickled = base64.b64decode(_run(sdk, dump))
    assert b"sdk.models.post" in pickled
    sdk.generate({"post.proto": "message Other {}", "new.proto": post})
    load = f"import pickle; from sdk.models.post import Post\nfound = pickle.loads({pickled!r})\n"
    load += "print(found); assert type(found[0]) is Post and found[1] is Post.State.S"
    assert "id='x'" in _run(sdk, load)
    assert pickle.PROTO in pickled


def test_a_twin_returns_the_whole_response(tmp_path: Path) -> None:
    sdk = Evolving(tmp_path)
    protos = "message GetRequest {{}} message GetResponse {{ bytes value = 1; {} }}"
    protos += "service Api {{ rpc Get(GetRequest) returns (GetResponse); }}"
    sdk.generate(protos.format(""))
    sdk.generate(protos.format("int32 revision = 2;"))
    program = """
import inspect
from sdk import clients, models
for cls in (clients.ApiClient, clients.AsyncApiClient):
    print(inspect.signature(cls.get).return_annotation, cls.get_response.__annotations__["return"])
"""
    assert _run(sdk, program) == "bytes models.GetResponse\n" * 2
