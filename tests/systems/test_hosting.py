"""Do the three SDKs host their own plugins, with the types that plugins have too?"""

from __future__ import annotations

import asyncio
import base64
import inspect
import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import clapshot_organizer.host
import mattermost_plugin.host
import openrun_plugin.host
import pytest
from clapshot_organizer.clients import OrganizerInboundClient
from kit.interop.filled import filled
from kit.places import ROOT, TESTS, importing
from mattermost_plugin import DISMISS, PluginAPIError, Reject
from mattermost_plugin.hooks import HOOKS
from mattermost_plugin.models import FileInfo, KVSetRequest, KVSetResponse, Post
from mattermost_plugin.servicers.plugin_api import PluginAPIServicer
from openrun_plugin.clients import PluginProviderClient
from plugwright_runtime.codec import decode
from plugwright_runtime.hooks.spec import HookSpec
from plugwright_runtime.hosts import Options
from plugwright_runtime.hosts.hook_calls import HookCall
from plugwright_runtime.message.model import Model
from plugwright_runtime.rpc.servicer import ServerContext

SPECS = {name: spec for name, spec in HOOKS.specs.items() if spec.family != "http"}

PLUGIN = """
from mattermost_plugin import DISMISS, HookName, Plugin, Reject, hook, run_plugin
class Mine(Plugin):
    @hook(HookName.OnActivate)
    def activated(self):
        self.api.kv_set("activated", b"yes")
    @hook(HookName.MessageWillBePosted)
    async def posted(self, context, post):
        self.logger.warning("seen %s", post.message)
        match post.message:
            case "pass": return None
            case "refuse": return Reject("no reason")
            case "drop": return DISMISS
            case "fail": raise ValueError("a fault")
        post.message = post.message.upper()
        return post
    @hook(HookName.RunDataRetention)
    def retained(self, now, size):
        raise ValueError(f"not {now} {size}")
run_plugin(Mine)
"""


class Kept(PluginAPIServicer):
    """The host's API: keeps what plugins store."""

    def __init__(self) -> None:
        self.values: dict[str, bytes] = {}

    def kv_set(self, request: KVSetRequest, context: ServerContext, /) -> KVSetResponse:
        self.values[request.key] = request.value
        return KVSetResponse()


class AsyncKept(PluginAPIServicer):
    async def kv_set(self, request: KVSetRequest, context: ServerContext, /) -> KVSetResponse:
        self.thread = threading.current_thread()
        return KVSetResponse()


def options(system: str) -> Options:
    path = importing(system, kit=True)
    return Options(env={"PYTHONPATH": path, "PYTHONUNBUFFERED": ""})


def written(folder: Path, source: str) -> list[str]:
    program = folder / "plugin.py"
    program.write_text(source)
    return [sys.executable, str(program)]


def test_a_hook_answers_what_its_handler_returned(tmp_path: Path) -> None:
    kept = Kept()
    host = mattermost_plugin.host.PluginHost(written(tmp_path, PLUGIN), options("mattermost"), kept)
    with host as plugin:
        hooks = plugin.hooks
        assert {"MessageWillBePosted", "RunDataRetention"} <= {*hooks.implemented()}
        assert "ExecuteCommand" not in hooks.implemented()
        hooks.on_activate()
        assert kept.values == {"activated": b"yes"}
        assert hooks.message_will_be_posted(post=Post(message="pass")) is None
        changed = hooks.message_will_be_posted(post=Post(id="7", message="loud"))
        assert isinstance(changed, Post)
        assert (changed.id, changed.message) == ("7", "LOUD")
        refused = hooks.message_will_be_posted(post=Post(message="refuse"))
        assert refused == Reject("no reason")
        assert hooks.message_will_be_posted(post=Post(message="drop")) is DISMISS
        with pytest.raises(PluginAPIError, match="a fault"):
            hooks.message_will_be_posted(post=Post(message="fail"))
        with pytest.raises(PluginAPIError, match="not 5 6"):
            hooks.run_data_retention(now_time=5, batch_size=6)


async def _awaited(command: list[str]) -> None:
    kept = AsyncKept()
    host = mattermost_plugin.host.AsyncPluginHost(command, options("mattermost"), kept)
    async with host as plugin:
        await plugin.hooks.on_activate()
        assert kept.thread is threading.current_thread()
        answer = await plugin.hooks.message_will_be_posted(post=Post(message="loud"))
        assert isinstance(answer, Post)
        assert "OnActivate" in await plugin.hooks.implemented()


def test_coroutines_do_the_same(tmp_path: Path) -> None:
    asyncio.run(_awaited(written(tmp_path, PLUGIN)))


def unpacked(stored: Any, given: Any) -> Any:
    """An argument as the plugin wrote it down; `given`: what it should be, which has its type."""
    if isinstance(given, Model):
        return decode(type(given), base64.b64decode(stored["message"]))
    if isinstance(given, bytes):
        return base64.b64decode(stored["bytes"])
    if isinstance(given, list):
        return [unpacked(*pair) for pair in zip(stored, given, strict=True)]
    return stored


def arguments(spec: HookSpec) -> dict[str, Any]:
    """What a handler gets of a request in which all is set."""
    codec = HOOKS.package.codec(spec.request)
    model = decode(codec.model, filled(spec.request).SerializeToString())
    pairs = zip(spec.arguments, spec.sources, strict=True)
    return {name: plain(getattr(model, name), source) for name, source in pairs}


def plain(value: Any, source: str = "json:") -> Any:
    names = value.__field_names__ if isinstance(value, Model) else ()
    if source.startswith("json:") and len(names) == 1 and names[0].endswith("_json"):
        return json.loads(getattr(value, names[0]))
    return value


def expected(spec: HookSpec) -> Any:
    """What the plugin answers to every hook."""
    if spec.family == "reject":
        return Reject(f"refused by {spec.name}")
    codec = HOOKS.package.codec(spec.response)
    model = decode(codec.model, filled(spec.response).SerializeToString())
    values = [plain(getattr(model, name)) for name in spec.results]
    return tuple(values) if len(values) > 1 else next(iter(values), None)


def test_every_hook_has_its_arguments_and_its_answer(tmp_path: Path) -> None:
    kept = Kept()
    command = [sys.executable, str(TESTS / "interop" / "plugins" / "every_hook.py")]
    with mattermost_plugin.host.PluginHost(command, options("mattermost"), kept) as plugin:
        methods = dict(inspect.getmembers(type(plugin.hooks), inspect.isfunction))
        for name, spec in SPECS.items():
            given = arguments(spec)
            answer = methods[spec.error_id.split(".")[1]](plugin.hooks, **given)
            assert answer == expected(spec), name
            stored, values = json.loads(kept.values[name]), [*given.values()]
            assert unpacked(stored, values) == values, name
    assert len(SPECS) > 30


def test_of_two_changed_values_one_may_be_given() -> None:
    call = HookCall(HOOKS, HOOKS.specs["FileWillBeUploaded"])
    response: Any = call.response
    assert call.answer(response()) is None
    assert call.answer(response(modified_content=b"x")) == b"x"
    assert call.answer(response(modified_file_info=FileInfo())) == FileInfo()
    both = response(modified_file_info=FileInfo(), modified_content=b"x")
    assert call.answer(both) == (FileInfo(), b"x")


def test_a_provider_is_hosted_over_mutual_tls() -> None:
    command = [sys.executable, str(ROOT / "examples" / "openrun" / "provider.py")]
    with openrun_plugin.host.PluginHost(command, options("openrun")) as provider:
        described = provider.client(PluginProviderClient).describe()
        assert [module.name for module in described.modules]


def test_an_organizer_is_hosted() -> None:
    command = [sys.executable, str(ROOT / "examples" / "clapshot" / "organizer.py")]
    with clapshot_organizer.host.PluginHost(command, options("clapshot")) as organizer:
        organizer.ping()
        client = organizer.client(OrganizerInboundClient)
        with pytest.raises(clapshot_organizer.PluginAPIError):
            client.navigate_page()
    assert organizer.exit is not None
    assert organizer.exit.code == 0


def test_an_sdk_in_production_does_not_load_the_host() -> None:
    source = "import mattermost_plugin, sys; print(*sys.modules)"
    env = {"PYTHONPATH": importing("mattermost")}
    done = subprocess.run([sys.executable, "-c", source], env=env, capture_output=True, check=True)
    assert b"mattermost_plugin" in done.stdout
    assert b"hosts" not in done.stdout
