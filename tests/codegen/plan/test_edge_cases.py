"""What do models of odd protos mean? The rules that a round trip alone does not show."""

from __future__ import annotations

import ast
import importlib
import os
import subprocess
import sys
import typing
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import black
import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet
from kit.generating import landmines
from kit.generating.cases import GOOD, PACKAGE
from kit.generating.packages import Generated, modules, registry, write_package
from plugwright import generation
from plugwright_runtime.errors import DecodeError, FieldError
from plugwright_runtime.message import codec
from plugwright_runtime.message.model import Model
from plugwright_runtime.rpc.servicer import handlers
from plugwright_runtime.testing import BackgroundServer


def _again(model: Model) -> Any:
    return codec.decode(type(model), codec.encode(model))


# -------------------------------------------------------------------------- presence, oneofs


def test_optional_is_none_and_shows_no_oneof(generated: Generated) -> None:
    presence: Any = generated.registry("presence").message("cases.presence.Presence")
    empty = presence()
    assert (empty.counted, empty.plain, empty.level, empty.inner) == (
        None,
        0,
        None,
        None,
    )
    assert not [name for name in dir(presence) if name in ("_counted", "_level")]
    assert _again(presence(counted=0, text="", data=b"")) == presence(counted=0, text="", data=b"")
    assert _again(presence(counted=0)) != empty


def test_an_empty_message_is_not_an_unset_one(generated: Generated) -> None:
    presence: Any = generated.registry("presence").message("cases.presence.Presence")
    assert _again(presence(inner=presence())).inner == presence()
    assert _again(presence()).inner is None


def test_what_is_selected_in_a_oneof_is_set_even_if_empty(generated: Generated) -> None:
    package = generated.registry("oneofs")
    shape: Any = package.message("cases.oneofs.Shape")
    blank = package.message("cases.oneofs.Empty")()
    color: Any = package.enum("cases.oneofs.Color")
    kind = shape.Kind
    for case in (
        kind.Circle(shape.Circle()),
        kind.Side(0.0),
        kind.Label(""),
        kind.Blank(blank),
        kind.Flag(False),
        kind.Color(color(0)),
        kind.Raw(b""),
        kind.Inside(shape()),
    ):
        got = _again(shape(kind=case)).kind
        assert type(got) is type(case)
        assert got == case
    assert _again(shape()).kind is None


def test_collections_are_fresh_and_never_none(generated: Generated) -> None:
    package = generated.registry("maps")
    maps, item = (package.message(f"cases.maps.{n}") for n in ("Maps", "Item"))
    one: Any = maps()
    other: Any = maps()
    one.texts["a"] = "b"
    one.flags[True] = False
    one.items["x"] = item()
    assert other.texts == {}
    assert _again(other).items == {}
    assert _again(one) == one
    assert {type(key) for key in _again(one).flags} == {bool}


@pytest.mark.parametrize("given", [[1, 2], (1, 2), range(1, 3)])
def test_any_sequence_can_be_a_repeated_field(given: Any, generated: Generated) -> None:
    lists: Any = generated.registry("scalars").message("cases.scalars.Lists")
    one = lists()
    one.ints = given
    assert _again(one).ints == [1, 2]
    assert _again(lists(ints=given)).ints == [1, 2]
    assert lists().ints == []


# -------------------------------------------------------------------------- enums

# field 1, 2, 4 of ClosedHolder are 99; 3 is {1: 99}; the required 6 is -1
_UNKNOWN = b"\x08\x63\x10\x63\x10\x07\x1a\x04\x08\x01\x10\x63\x20\x63\x30" + (b"\xff" * 9 + b"\x01")


def test_closed_enums_keep_unknown_numbers_apart(generated: Generated) -> None:
    package = generated.registry("enums")
    holder: Any = package.message("cases.enums.ClosedHolder")
    model = codec.decode(holder, _UNKNOWN)
    closed: Any = package.enum("cases.enums.Closed")
    assert (model.one, model.by_number, model.pick) == (None, {}, None)
    assert model.many == [closed.SEVEN]
    message = package.codec("cases.enums.ClosedHolder").message
    wanted = message.FromString(_UNKNOWN).SerializeToString(deterministic=True)
    assert codec.encode(model, deterministic=True) == wanted
    assert wanted.count(b"\x63") == 4
    with pytest.raises(ValueError, match="99"):
        closed(99)


def test_open_enums_keep_unknown_numbers_in_place(generated: Generated) -> None:
    holder: Any = generated.registry("enums").message("cases.enums.Holder")
    data = b"\x08\x63\x12\x01\x63\x1a\x05\x0a\x01k\x10\x63\x20\x63\x28\x63"
    model = codec.decode(holder, data)
    assert (model.inner, model.inners, model.by_name) == (99, [99], {"k": 99})
    assert (model.maybe, model.pick.value) == (99, 99)
    assert isinstance(model.inner, holder.Inner)
    assert codec.decode(holder, codec.encode(model)) == model


def test_aliases_and_negative_numbers(generated: Generated) -> None:
    team: Any = generated.registry("enums").enum("cases.enums.TeamType")
    assert team.PUBLIC is team.OPEN
    assert team(1).name == "OPEN"
    assert [team.LEGACY, team.FIRST] == [-1, -(2**31)]


# -------------------------------------------------------------------------- proto2


def test_required_is_asked_for(generated: Generated) -> None:
    package = generated.registry("proto2")
    line: Any = package.message("cases.proto2.Line")
    with pytest.raises(TypeError, match="text"):
        line()
    with pytest.raises(DecodeError, match=r"Line.*text"):
        codec.decode(line, b"")
    assert codec.decode(line, b"\x0a\x00").text == ""


def test_explicit_defaults_are_told_and_do_not_count_as_set(
    generated: Generated,
) -> None:
    put: Any = generated.registry("proto2").message("cases.proto2.PutRequest")
    order: Any = generated.registry("proto2").message("cases.proto2.Order")
    line: Any = generated.registry("proto2").message("cases.proto2.Line")
    size: Any = generated.registry("proto2").enum("cases.proto2.Size")
    made = order(id=1, size=size.LARGE, first=line(text="x"))
    assert made.count is None
    assert _again(put(order=made, times=1)).size is None
    read = codec.value_or_default
    assert read(made, "count") == 41
    assert read(made, "wanted") is size.LARGE
    assert read(made, "greeting").startswith('a "b"')
    assert read(made, "magic") == b'\x01\xff"{%'
    assert read(made, "note") == ""
    assert read(made, "address") is None
    assert read(made, "choice") is None
    zero = order(id=1, size=size.LARGE, first=line(text="x"), count=0)
    assert read(zero, "count") == 0
    source = Path(sys.modules[order.__module__].__file__ or "").read_text("utf-8")
    assert "Unset reads as 41." in source


def test_extensions_stay_on_the_wire(generated: Generated) -> None:
    order: Any = generated.registry("proto2").message("cases.proto2.Order")
    data = b"\x08\x01\x10\x02\x1a\x02\x0a\x00" + b"\xa0\x06\x2a"  # and hidden = 42
    model = codec.decode(order, data)
    assert not hasattr(model, "hidden")
    assert codec.encode(model, deterministic=True) == data


# -------------------------------------------------------------------------- recursion


def test_recursion_ends_with_an_error(generated: Generated) -> None:
    node: Any = generated.registry("nested").message("cases.nested.Node")
    deep = node()
    for _ in range(20_000):
        deep = node(left=deep)
    with pytest.raises(FieldError, match="at most 100 levels deep") as caught:
        codec.encode(deep)
    assert len(str(caught.value)) < 200
    looped = node()
    looped.named["again"] = looped
    with pytest.raises(FieldError, match="at most 100 levels deep"):
        codec.encode(looped)
    with pytest.raises(DecodeError, match="Node"):
        codec.decode(node, _nested(20_000))
    assert codec.encode(codec.decode(node, _nested(90))) == _nested(90)


def _nested(levels: int) -> bytes:
    """`levels` of Node, each the `left` of the one around it."""
    data = b""
    for _ in range(levels):
        length, size = len(data), b""
        while length > 127:
            size, length = size + bytes([length & 127 | 128]), length >> 7
        data = b"\x0a" + size + bytes([length]) + data
    return data


# -------------------------------------------------------------------------- packages


def test_modules_of_a_cycle_can_each_be_the_first(generated: Generated) -> None:
    package = generated.packages["cycles"]
    for name in modules(generated.root / package):
        program = "import sys, typing, importlib; sys.path.insert(0, sys.argv[1])\n"
        program += "module = importlib.import_module(sys.argv[2])\n"
        program += "for value in vars(module).values():\n"
        program += "    if isinstance(value, type): typing.get_type_hints(value)\n"
        command = [sys.executable, "-W", "error", "-c", program, str(generated.root)]
        subprocess.run([*command, name], check=True)


def test_packages_with_the_same_types_live_side_by_side(on_path: Path) -> None:
    [case] = [c for c in GOOD if c.name == "no_package"]
    for package in ("side_one", "side_two"):
        write_package(case.generate(), PACKAGE, on_path, package)
    one, two = (registry(p).message("Loose") for p in ("side_one", "side_two"))
    assert one is not two
    assert codec.encode(one(text="a")) == codec.encode(two(text="a"))
    assert one(text="a") != two(text="a")


def test_without_a_package_a_service_has_its_bare_name(generated: Generated) -> None:
    package = generated.packages["no_package"]
    servicers: Any = importlib.import_module(f"{package}.servicers")
    clients: Any = importlib.import_module(f"{package}.clients")
    loose: Any = generated.registry("no_package").message("Loose")

    class Talk(servicers.TalkServicer):
        def say(self, request: Any, context: Any, /) -> Any:
            return loose(text=f"{request.text}, {context.rpc}")

    assert Talk.__service__ == "Talk"
    with ThreadPoolExecutor(1) as executor:
        server = BackgroundServer(lambda place: [handlers(Talk(), executor, place)])
        try:
            with clients.TalkClient(server.start()) as client:
                assert client.say(loose(text="hi")).text.startswith("hi, ")
        finally:
            server.stop()


def test_types_come_through_public_imports(generated: Generated) -> None:
    user = generated.registry("imports").message("cases.imports.User")
    hints = typing.get_type_hints(user)
    assert "Thing" in str(hints["thing"])
    thing = generated.registry("imports").message("cases.imports.deep.Thing")
    assert hints["thing"] == thing | None


def test_only_what_google_calls_so_is_well_known(generated: Generated) -> None:
    package = generated.registry("google_path")
    mine: Any = package.message("cases.google_path.Mine")
    own: Any = package.message("cases.google_path.Timestamp")
    assert _again(mine(own=own(text="x"))) == mine(own=own(text="x"))
    with pytest.raises(FieldError):
        codec.encode(mine(at=own()))


def test_a_set_keeps_a_users_file_below_google_protobuf(tmp_path: Path) -> None:
    files = [
        FileDescriptorProto(name="main.proto", package="main"),
        FileDescriptorProto(name="google/protobuf/own.proto", package="own"),
        FileDescriptorProto(name="google/protobuf/any.proto", package="google.protobuf"),
    ]
    for file in files:
        file.message_type.add(name="Own")
    made = landmines.generate(FileDescriptorSet(file=files), "sdk", tmp_path)
    found = {f.path for f in made if f.path.startswith("sdk/models/")}
    own = {"sdk/models/main.py", "sdk/models/google_protobuf_own.py"}
    assert found == {*own, "sdk/models/__init__.py"}


# -------------------------------------------------------------------------- names


def test_names_that_would_meet_stay_apart(generated: Generated) -> None:
    package = generated.registry("names")
    camel: Any = package.message("cases.names.Camel")
    one = camel(foo_bar=1, fooBar=2, FooBar=3, foo__bar=4, FRAGMENT_NR=5)
    assert _again(one) == one
    message: Any = package.message("cases.names.message")
    for case in (message.Pick.FooBar("a"), message.Pick.FooBar_5("b")):
        assert _again(message(pick=case)).pick == case
    servicers = importlib.import_module(f"{generated.packages['names_calls']}.servicers")
    rpcs = {r.name: r.method for r in servicers.UrlsServicer.__rpcs__}
    assert rpcs == {"GetURL": "get_url", "GetUrl": "GetUrl", "get_url": "get_url_"}


def test_json_names_are_written_and_both_are_read(generated: Generated) -> None:
    named: Any = generated.registry("json_name").message("cases.json_name.Named")
    one = named(user_id="u", given="g", dollar="d", maybe_set="")
    text = codec.to_json(one)
    assert '"userId"' in text
    assert '"surname"' in text
    assert codec.from_json(named, text) == one
    spelled = '{"user_id": "u", "given": "g", "dollar": "d", "maybe_set": ""}'
    assert codec.from_json(named, spelled) == one


# -------------------------------------------------------------------------- text


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
def test_the_locale_makes_no_difference(encoding: str, tmp_path: Path) -> None:
    [case] = [c for c in GOOD if c.name == "unicode"]
    folder = tmp_path / "größe 你好"
    case.copy(folder)
    environment = {
        **os.environ,
        "LC_ALL": "C",
        "PYTHONCOERCECLOCALE": "0",
        "PYTHONIOENCODING": encoding,
    }
    command = [sys.executable, "-X", "utf8=0", "-m", "plugwright", *case.arguments()]
    for arguments in (command, [*command, "--check"]):
        subprocess.run(arguments, cwd=folder, env=environment, check=True)
    for file in case.generate():
        assert (folder / "out" / file.path).read_bytes() == file.text.encode()


def _generated(folder: Path, package: str, protos: dict[str, bytes]) -> dict[str, str]:
    """What the CLI's code makes of the files `protos`, text by path."""
    for name, text in protos.items():
        (folder / name).write_bytes(text)
    files = tuple(folder / name for name in protos)
    sources = generation.Sources(files[:1], (folder,))
    job = generation.zero_config(package, folder, sources)
    return {f.path: f.text for f in generation.render(job, lambda text: None)}


def test_files_can_have_any_name(on_path: Path, tmp_path: Path) -> None:
    main = 'syntax = "proto3"; import "größe.proto"; message M { Q q = 1; }'
    other = 'syntax = "proto3"; message Q { string text = 1; }'
    files = {"main.proto": main.encode(), "größe.proto": other.encode()}
    for path, text in _generated(tmp_path, "odd_paths", files).items():
        (on_path / path).parent.mkdir(parents=True, exist_ok=True)
        (on_path / path).write_text(text, encoding="utf-8")
    message, inner = (registry("odd_paths").message(name) for name in "MQ")
    one: Any = message(q=inner(text="ä"))
    assert _again(one) == one


def test_comments_can_have_any_bytes(tmp_path: Path) -> None:
    proto = b'syntax = "proto3";\n// caf\xe9 \xff\nmessage M { string a = 1; }\n'
    [text] = _generated(tmp_path, "sdk", {"m.proto": proto})["sdk/models/m.py"].split("class M")[1:]
    assert '"""caf\ufffd \ufffd"""' in text


# -------------------------------------------------------------------------- options


def test_custom_options_stay_with_the_descriptors(generated: Generated) -> None:
    tagged = generated.registry("custom_options").codec("cases.custom.Tagged")
    descriptor = tagged.message.DESCRIPTOR
    assert b"{{ 7 * 7 }}" in descriptor.GetOptions().SerializeToString()
    field = descriptor.fields_by_name["name"].GetOptions().SerializeToString()
    assert b"^\\w+$" in field


def test_features_are_inherited(generated: Generated) -> None:
    package = generated.registry("editions_2024")
    inherits: Any = package.message("cases.editions.latest.Inherits")
    one = inherits(needed=0)
    shut: Any = package.enum("cases.editions.latest.Shut")
    assert (one.implicit, one.explicit, one.shut, one.open) == (0, None, None, 0)
    assert codec.decode(inherits, b"\x18\x00\x20\x63\x28\x63").open == 99
    assert codec.decode(inherits, b"\x18\x00\x20\x63").shut is None
    assert codec.encode(inherits(needed=0, shut=shut.ZERO)) == b"\x18\x00\x20\x00"
    inner = inherits(needed=1)
    delimited = b"\x18\x00\x33\x18\x01\x34"  # a group of field 6
    assert codec.encode(inherits(needed=0, delimited=inner)) == delimited


def test_wrappers_in_lists_are_never_none(generated: Generated) -> None:
    known: Any = generated.registry("well_known").message("cases.well_known.WellKnown")
    assert _again(known(names=["", "a"])).names == ["", "a"]
    with pytest.raises(FieldError, match=r"names\[1\]"):
        codec.encode(known(names=["a", None]))


# -------------------------------------------------------------------------- size


def test_thousands_of_values_in_one_enum(on_path: Path, tmp_path: Path) -> None:
    file = FileDescriptorProto(name="big.proto", package="big", syntax="proto3")
    enum = file.enum_type.add(name="Big")
    for number in range(4000):
        enum.value.add(name=f"BIG_VALUE_{number}", number=number)
    made = landmines.generate(FileDescriptorSet(file=[file]), "big_sdk", tmp_path)
    [text] = [f.text for f in made if f.path == "big_sdk/models/big.py"]
    ast.parse(text)
    assert black.format_str(text, mode=black.Mode()) == text
    write_package(made, "big_sdk", on_path)
    assert len(registry("big_sdk").enum("big.Big")) == 4000
