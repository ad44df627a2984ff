"""Does every wrong value in every field raise an error that names the field?

`Message.field: expected X, got Y`, for all the 648 messages and each kind of field, before
anything is sent; never a value that changes in silence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from kit.mattermost.facts import MESSAGES, PACKAGE, message_class
from kit.mattermost.values import LIMITS, descriptor, is_map, is_ours, is_repeated, map_value
from mattermost_plugin import FieldError, models, registry
from plugwright_runtime import codec

# Python type of a field -> values of other types, each with the name its error must say.
WRONG: dict[str, list[tuple[Any, str]]] = {
    "str": [(5, "int"), (b"bytes", "bytes"), (b"", "bytes"), (["a"], "list")],
    "bytes": [("text", "str"), ("", "str"), (5, "int"), ([1], "list")],
    "bool": [("true", "str"), (5, "int"), (0, "int"), (0.5, "float")],
    "int": [("5", "str"), (0.5, "float"), (0.0, "float"), (b"5", "bytes")],
    "message": [("x", "str"), (5, "int"), ({}, "dict"), (True, "bool")],
    "list": [("ab", "str"), (b"ab", "bytes"), (5, "int"), ({"a": 1}, "dict")],
    "dict": [("ab", "str"), (5, "int"), ([("a", "b")], "list")],
    "struct": [("ab", "str"), (5, "int"), ([1], "list")],
    "enum": [("x", "str"), (0.5, "float"), (b"1", "bytes"), ([1], "list")],
}
# None is "unset" where a field has presence, and wrong everywhere else.
NOTHING = (None, "NoneType")


def messages_with(wanted: Callable[[Any], bool]) -> pytest.MarkDecorator:
    """Parametrizes by the messages that have a field which is `wanted`."""
    found = [n for n in MESSAGES if any(map(wanted, descriptor(n).fields))]
    return pytest.mark.parametrize("name", found)


def kind(field: Any) -> str:
    """The row of WRONG for one value of a field."""
    if is_ours(field):
        return "message"
    if field.message_type is not None:
        name = field.message_type.name
        return "struct" if name == "Struct" else "value" if name == "Value" else "int"
    if field.enum_type is not None:
        return "enum"
    if field.type == field.TYPE_BYTES:
        return "bytes"
    names = {field.CPPTYPE_STRING: "str", field.CPPTYPE_BOOL: "bool"}
    return names.get(field.cpp_type, "int")


def expected_type(field: Any) -> str:
    """What the error must say is expected."""
    if is_ours(field):
        return str(field.message_type.name)
    if field.message_type is not None:
        return f"a value for google.protobuf.{field.message_type.name}"
    return field.enum_type.name if field.enum_type is not None else kind(field)


def wrong_values(field: Any) -> Iterator[tuple[Any, str, str, str]]:
    """(value, place below the field, what is expected, what is there)."""
    if is_map(field):
        for value, got in [*WRONG["dict"], NOTHING]:
            yield value, "", "dict", got
        inner = map_value(field)
        for value, got in [*WRONG.get(kind(inner), []), NOTHING]:
            yield {"k": value}, "['k']", expected_type(inner), got
        for value, got in [(5, "int"), (b"k", "bytes"), NOTHING]:
            yield {value: _good(inner)}, " key", "str", got
    elif is_repeated(field):
        for value, got in [*WRONG["list"], NOTHING]:
            yield value, "", "list", got
        for value, got in [*WRONG.get(kind(field), []), NOTHING]:
            yield [_good(field), value], "[1]", expected_type(field), got
    else:
        more = [] if field.has_presence else [NOTHING]
        for value, got in [*WRONG.get(kind(field), []), *more]:
            yield value, "", expected_type(field), got


def _good(field: Any) -> Any:
    if is_ours(field):
        return registry.message(field.message_type.full_name)()
    return {"str": "ok", "bytes": b"ok", "struct": {}, "int": 1}[kind(field)]


def error_of(model: Any) -> FieldError | None:
    """The error of encoding `model`, None if there is none."""
    try:
        codec.encode(model)
    except FieldError as error:
        return error
    return None


def refused(model: Any) -> FieldError:
    error = error_of(model)
    assert error is not None, "accepted in silence"
    assert error.__cause__ is None
    return error


@messages_with(bool)
def test_wrong_types(name: str) -> None:
    cls = registry.message(f"{PACKAGE}.{name}")
    silent: list[str] = []
    for field in descriptor(name).fields:
        for value, place, expected, got in wrong_values(field):
            path = f"{name}.{field.name}{place}"
            error = error_of(cls(**{field.name: value}))
            if error is None:
                silent.append(f"{path}: {value!r}")
                continue
            assert error.path == path
            assert str(error).startswith(f"{path}: expected {expected}")
            assert f", got {got}" in str(error)
            assert isinstance(error, TypeError)
            assert isinstance(error, ValueError)
    assert not silent, "accepted in silence"


def is_number(field: Any) -> bool:
    return field.message_type is None and field.cpp_type in LIMITS


@messages_with(is_number)
def test_numbers_out_of_range(name: str) -> None:
    cls = registry.message(f"{PACKAGE}.{name}")
    for field in filter(is_number, descriptor(name).fields):
        low, high = LIMITS[field.cpp_type]
        for number in (low, high):
            data = codec.encode(cls(**{field.name: _wrapped(field, number)}))
            seen = message_class(name).FromString(data)
            assert getattr(seen, field.name) == _wrapped(field, number)
        for number in (low - 1, high + 1, 10**30):
            error = refused(cls(**{field.name: _wrapped(field, number)}))
            where = f"{name}.{field.name}" + ("[0]" if is_repeated(field) else "")
            assert error.path == where
            assert str(number)[:20] in str(error)


def _wrapped(field: Any, value: Any) -> Any:
    return [value] if is_repeated(field) else value


def holds_text(field: Any) -> bool:
    return is_map(field) or kind(field) in ("str", "struct", "value")


@messages_with(holds_text)
def test_lone_surrogates(name: str) -> None:
    """Text that UTF-8 has no bytes for, in every place where text can be."""
    cls = registry.message(f"{PACKAGE}.{name}")
    bad = "a\ud800"
    for field in descriptor(name).fields:
        path = f"{name}.{field.name}"
        cases: list[tuple[Any, str]] = []
        if is_map(field):
            cases.append(({bad: _good(map_value(field))}, f"{path} key"))
            if kind(map_value(field)) == "str":
                cases.append(({"k": bad}, f"{path}['k']"))
        elif kind(field) == "str":
            cases.append((["", bad], f"{path}[1]") if is_repeated(field) else (bad, path))
        elif kind(field) in ("struct", "value") and not is_repeated(field):
            cases += [({"x": ["", bad]}, path), ({bad: 1}, path)]
        for value, expected in cases:
            error = refused(cls(**{field.name: value}))
            assert error.path == expected
            assert "surrogate" in str(error)


def test_the_path_leads_through_lists_and_maps() -> None:
    wrong = models.Post(create_at="now")  # type: ignore[arg-type]
    posts = models.PostList(posts={"a": models.Post(), "b": wrong})
    error = refused(models.GetPostsSinceResponse(post_list=posts))
    path = "GetPostsSinceResponse.post_list.posts['b'].create_at"
    assert str(error) == f"{path}: expected int, got str"
    nested = models.CommandResponse(attachments=[models.CommandResponse(text=b"x")])  # type: ignore[arg-type]
    assert refused(nested).path == "CommandResponse.attachments[0].text"


def test_a_cycle_is_an_error() -> None:
    response = models.CommandResponse()
    response.attachments.append(response)
    assert refused(response).path.startswith("CommandResponse.attachments[0].attach")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"a": object()}, "object"),
        ({"a": {"b": [1, {2}]}}, "set"),
        ({5: 1}, "int"),
        ({"a": 2**53 + 1}, "9007199254740993"),
        ({"a": b"bytes"}, "bytes"),
    ],
)
def test_what_a_struct_cannot_hold(value: Any, text: str) -> None:
    error = refused(models.AppError(params=value))
    assert error.path == "AppError.params"
    assert text in str(error)


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: codec.encode({"id": "x"}), "<class 'dict'>"),  # type: ignore[arg-type]
        (lambda: codec.to_json(3), "<class 'int'>"),  # type: ignore[arg-type]
        (lambda: codec.decode("Post", b""), "'Post'"),  # type: ignore[arg-type]
        (lambda: codec.from_json(dict, "{}"), "<class 'dict'>"),  # type: ignore[type-var]
    ],
)
def test_what_is_no_model(call: Any, text: str) -> None:
    with pytest.raises(TypeError) as caught:
        call()
    assert str(caught.value) == f"expected a model, got {text}"


def test_a_model_of_another_class() -> None:
    """Above all one that has the same fields and more, so that it could be written."""
    request = models.CreateUserRequest(user=models.Team())  # type: ignore[arg-type]
    assert str(refused(request)) == "CreateUserRequest.user: expected User, got Team"
    patch = models.PatchBotRequest(bot_patch=models.Bot(username="x"))  # type: ignore[arg-type]
    assert str(refused(patch)) == "PatchBotRequest.bot_patch: expected BotPatch, got Bot"


def holds_models(field: Any) -> bool:
    return is_ours(map_value(field) if is_map(field) else field)


@messages_with(holds_models)
def test_an_object_that_looks_like_the_model(name: str) -> None:
    cls = registry.message(f"{PACKAGE}.{name}")
    for field in filter(holds_models, descriptor(name).fields):
        inner = map_value(field) if is_map(field) else field
        model = registry.message(inner.message_type.full_name)()
        fields = {n: getattr(model, n) for n in model.__field_names__}
        alike = SimpleNamespace(**fields, __unknown__=b"")
        value: Any = [alike] if is_repeated(field) else alike
        value = {"k": alike} if is_map(field) else value
        error = refused(cls(**{field.name: value}))
        assert f"expected {inner.message_type.name}, got SimpleNamespace" in str(error)


def test_a_subclass_of_a_model_is_one() -> None:
    class Named(models.User):
        """A user class of a plugin's own."""

    data = codec.encode(models.CreateUserRequest(user=Named(username="ann")))
    sent = message_class("CreateUserRequest").FromString(data)
    assert sent.user.username == "ann"
    assert codec.encode(Named(username="ann")) == codec.encode(models.User(username="ann"))


def test_deleted_attributes_are_named() -> None:
    user = models.User()
    del user.email
    assert refused(user).path == "User.email"
