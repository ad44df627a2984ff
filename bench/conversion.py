"""What do converters, dispatch and unknown fields cost, in process?"""

from __future__ import annotations

import asyncio
import importlib
import logging
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import measure
from generation import BIN, ROOT
from measure import Result

_USER_TEXT = "abcdefghijklmnopqrstuvwxyz"


def results(scratch: Path) -> Iterator[Result]:
    package = _synthetic_sdk(scratch)
    user, posts = _user(package), _posts(package)
    yield from _reading(package, user, "proto -> model, flat message of 31 fields", 1.25)
    yield from _reading(package, posts, "proto -> model, list of 200 nested", 1.35)
    yield from _writing(package, user, "model -> proto, flat message of 31 fields")
    yield from _writing(package, posts, "model -> proto, list of 200 nested")
    yield from _dispatch()
    yield _classes(package)


def _synthetic_sdk(scratch: Path) -> Any:
    """The package of the synthetic plugin API (set a of the targets)."""
    protos, out = scratch / "set_a", scratch / "set_a_sdk"
    script = Path(__file__).with_name("synthetic.py")
    subprocess.run([sys.executable, script, protos], check=True, stdout=subprocess.DEVNULL)
    files = sorted(protos.rglob("*.proto"))
    subprocess.run(
        [
            BIN / "plugwright",
            "generate",
            "--package",
            "set_a",
            "--out",
            out,
            f"-I{protos}",
            *files,
        ],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    sys.path.insert(0, str(out))
    return importlib.import_module("set_a._package").PACKAGE


def _filled(message: Any) -> dict[str, Any]:
    """A value for every field of a flat message."""
    values: dict[str, Any] = {}
    for f in message.DESCRIPTOR.fields:
        if f.message_type is not None:
            values[f.name] = {"email": "true", "push": "mention", "desktop": "all"}
        elif f.cpp_type == f.CPPTYPE_STRING:
            values[f.name] = _USER_TEXT
        else:
            values[f.name] = True if f.cpp_type == f.CPPTYPE_BOOL else 1
    return values


def _user(package: Any) -> tuple[Any, dict[str, Any]]:
    codec = package.codec("acme.pluginapi.v1.User")
    return codec, _filled(codec.message)


def _post(i: int) -> dict[str, Any]:
    post: dict[str, Any] = {
        "id": f"post{i:022d}",
        "create_at": 1700000000000 + i,
        "user_id": _USER_TEXT,
        "channel_id": "c" * 26,
        "message": f"Hello, this is the message number {i} of the channel.",
        "props": {"from_webhook": "true"},
        "file_ids": ["f" * 26, "g" * 26],
        "reply_count": 3,
    }
    if i % 4 == 0:
        reaction = {"user_id": _USER_TEXT, "post_id": "p" * 26, "emoji_name": "smile"}
        post["metadata"] = {
            "embeds": [{"type": "link", "url": "https://example.com", "data": {"t": "x"}}],
            "images": {"https://example.com/b": {"width": 640, "height": 480, "format": "png"}},
            "reactions": [{**reaction, "create_at": k + 1} for k in range(3)],
            "priority": 1,
        }
    return post


def _posts(package: Any) -> tuple[Any, dict[str, Any]]:
    codec = package.codec("acme.pluginapi.v1.PostList")
    return codec, {"posts": [_post(i) for i in range(200)]}


def _reading(
    package: Any, sample: tuple[Any, dict[str, Any]], area: str, target: float
) -> Iterator[Result]:
    codec, values = sample
    message = codec.message(**values)
    floor = reader(codec.message.DESCRIPTOR)
    for keep, label in ((False, ""), (True, ", unknown fields kept")):
        ratio, seconds = measure.functions(
            lambda keep=keep: codec.read(message, keep), lambda: floor(message)
        )
        limit = None if keep else target
        note = f"{seconds * 1e6:.1f} µs"
        yield Result(area + label, "reading every field into locals", ratio, limit, note)


def _writing(package: Any, sample: tuple[Any, dict[str, Any]], area: str) -> Iterator[Result]:
    codec, values = sample
    model = codec.read(codec.message(**values))

    def write() -> Any:
        message = codec.message()
        codec.write(model, message)
        return message

    assert write() == codec.message(**values)
    ratio, seconds = measure.functions(write, lambda: codec.message(**values))
    yield Result(area, "constructor on a ready dict", ratio, 1.1, f"{seconds * 1e6:.1f} µs")


def reader(descriptor: Any) -> Any:
    """A function that reads every field of a message into locals and builds nothing.

    Its source uses the fastest idioms for each kind of field; nested messages are read likewise.
    """
    namespace: dict[str, Any] = {}
    lines: list[str] = []
    _reader_source(descriptor, lines, set())
    exec("\n".join(lines), namespace)
    return namespace[_function(descriptor)]


def _function(descriptor: Any) -> str:
    return "read_" + descriptor.full_name.replace(".", "_")


def _reader_source(descriptor: Any, lines: list[str], seen: set[str]) -> None:
    if descriptor.full_name in seen:
        return
    seen.add(descriptor.full_name)
    body = [f"def {_function(descriptor)}(m):", "    h = m.HasField"]
    for i, field in enumerate(descriptor.fields):
        body.append(f"    v{i} = {_read_expression(field, lines, seen)}")
    lines += body


def _read_expression(field: Any, lines: list[str], seen: set[str]) -> str:
    source = f"m.{field.name}"
    nested = field.message_type
    if nested is not None and nested.GetOptions().map_entry:
        value = nested.fields_by_name["value"].message_type
        item = "x[k]"
        if value is not None:
            _reader_source(value, lines, seen)
            item = f"{_function(value)}(x[k])"
        return f"{{k: {item} for k in x}} if (x := {source}) else {{}}"
    if nested is not None:
        _reader_source(nested, lines, seen)
    if field.is_repeated:
        items = f"[{_function(nested)}(v) for v in x[:]]" if nested is not None else "x[:]"
        return f"{items} if (x := {source}) else []"
    if nested is not None:
        return f'{_function(nested)}({source}) if h("{field.name}") else None'
    return f'{source} if h("{field.name}") else None' if field.has_presence else source


def _dispatch() -> Iterator[Result]:
    """A hook, bytes to bytes: the dispatcher against bare converters."""
    sys.path.insert(0, str(ROOT / "generated" / "mattermost"))
    from mattermost_plugin import HookName, Plugin, hook, models
    from mattermost_plugin._package import PACKAGE
    from plugwright_runtime.codec import encode
    from plugwright_runtime.hooks.dispatch import Dispatcher, HookCall
    from plugwright_runtime.rpc.calling import Running

    class Echo(Plugin):
        @hook(HookName.MessageWillBePosted)
        async def edit(self, context: models.PluginContext, post: models.Post) -> models.Post:
            return post

    plugin = Echo()
    table = type(plugin).__hooks__
    dispatcher = Dispatcher(
        plugin, table, logging.getLogger("bench"), Running(ThreadPoolExecutor(1))
    )
    registration = dispatcher.registered["MessageWillBePosted"]
    call = HookCall(dispatcher, table.specs["MessageWillBePosted"], registration)
    service = "mattermost.pluginapi.v1"
    request = PACKAGE.codec(f"{service}.MessageWillBePostedRequest").message
    response = PACKAGE.codec(f"{service}.MessageWillBePostedResponse").message
    context, post = PACKAGE.codec(f"{service}.PluginContext"), PACKAGE.codec(f"{service}.Post")
    data = encode(
        models.MessageWillBePostedRequest(
            plugin_context=models.PluginContext(session_id="s" * 26, request_id="r" * 26),
            post=mattermost_post(models),
        )
    )

    async def bare(data: bytes) -> bytes:
        m = request.FromString(data)
        result = await plugin.edit(context.read(m.plugin_context, True), post.read(m.post, True))
        answer = response()
        answer.modified_post.SetInParent()
        post.write(result, answer.modified_post)
        return bytes(answer.SerializeToString())

    with asyncio.Runner() as runner:
        run = runner.get_loop().run_until_complete
        assert run(call.serve(data, None)) == run(bare(data))

        async def many(function: Any) -> None:
            for _ in range(200):
                await function()

        ratio, seconds = measure.functions(
            lambda: run(many(lambda: call.serve(data, None))),
            lambda: run(many(lambda: bare(data))),
        )
    note = f"{seconds / 200 * 1e6:.1f} µs a call"
    yield Result("dispatch of a hook, bytes to bytes", "bare converters", ratio, 1.2, note)


def mattermost_post(models: Any) -> Any:
    """A post with what posts usually have."""
    return models.Post(
        id="p" * 26,
        create_at=1700000000000,
        update_at=1700000000000,
        user_id="u" * 26,
        channel_id="c" * 26,
        message="Hello, this is a message of the channel.",
        props={"from_webhook": "true", "n": 3},
        file_ids=["f" * 26, "g" * 26],
        metadata=models.PostMetadata(
            embeds=[models.PostEmbed(type="link", url="https://example.com")],
            reactions=[
                models.Reaction(user_id="u" * 26, emoji_name="smile", create_at=k + 1)
                for k in range(3)
            ],
        ),
    )


def _classes(package: Any) -> Result:
    """Creating model classes against the dataclass decorator on the same fields."""
    source = Path(
        importlib.import_module("set_a.models.acme_pluginapi_v1_models_01").__file__ or ""
    )
    ours = compile(source.read_text(), "models", "exec")
    plain = compile(
        _decorated(importlib.import_module("set_a.models.acme_pluginapi_v1_models_01")),
        "plain",
        "exec",
    )

    def create(code: Any) -> Any:
        namespace = {"__name__": "set_a.models.bench", "__package__": "set_a.models"}
        sys.modules["set_a.models.bench"] = sys.modules["set_a.models.acme_pluginapi_v1_models_01"]
        exec(code, namespace)

    ratio, seconds = measure.functions(lambda: create(ours), lambda: create(plain))
    note = f"{seconds * 1e3:.2f} ms for a module of models"
    return Result("creating model classes", "@dataclass(slots=True)", ratio, 0.1, note)


def _decorated(module: Any) -> str:
    """The module's models as decorated dataclasses with as many fields."""
    lines = ["import dataclasses"]
    for name, cls in vars(module).items():
        fields = getattr(cls, "__field_names__", ())
        if fields:
            lines += [
                "@dataclasses.dataclass(slots=True, kw_only=True)",
                f"class {name}:",
            ]
            lines += [f"    {f}: str = ''" for f in fields]
    return "\n".join(lines)
