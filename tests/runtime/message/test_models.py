"""Are the models the plain dataclasses that plugin authors and their tools expect?"""

from __future__ import annotations

import copy
import dataclasses
import inspect
import json
import pickle
import typing
from typing import Any

import pydantic
import pytest
from kit.mattermost.facts import ENUMS, MESSAGES, PACKAGE
from kit.mattermost.values import filled, to_model
from mattermost_plugin import models, registry
from mattermost_plugin.models import Post, PostList, Reaction, Team, TeamType, User
from plugwright_runtime import codec
from plugwright_runtime.errors import UnknownTypeError
from plugwright_runtime.message.model import Model
from plugwright_runtime.message.wkt import NULL

every_message = pytest.mark.parametrize("name", MESSAGES)
DOMAIN = [n for n in MESSAGES if not n.endswith(("Request", "Response"))]


def model_class(name: str) -> Any:
    return getattr(models, name)


def full(name: str) -> Any:
    return to_model(name, filled(name, depth=1))


# ------------------------------------------------------------------ dataclasses


@every_message
def test_fields_asdict_astuple(name: str) -> None:
    cls = model_class(name)
    assert all(map(dataclasses.is_dataclass, (cls, cls())))
    fields = dataclasses.fields(cls)
    assert [f.name for f in fields] == [row["name"] for row in MESSAGES[name]]
    assert all(f.kw_only and f.init and f.compare for f in fields)
    assert typing.get_type_hints(cls).keys() >= {f.name for f in fields}
    for f in fields:
        made = f.default
        if f.default_factory is not dataclasses.MISSING:
            made = f.default_factory()
        assert made == getattr(cls(), f.name), f.name
    model = full(name)
    as_dict = dataclasses.asdict(model)
    assert as_dict == filled(name, depth=1) | _deeper(as_dict)
    assert list(as_dict) == [row["name"] for row in MESSAGES[name]]
    assert len(dataclasses.astuple(model)) == len(MESSAGES[name])


def _deeper(as_dict: dict[str, Any]) -> dict[str, Any]:
    """The part of `as_dict` that nested models fill with their defaults."""
    return {k: v for k, v in as_dict.items() if isinstance(v, dict | list)}


def test_asdict_goes_deep() -> None:
    page = PostList(order=["a"], posts={"a": Post(id="a", props={"x": [1]})})
    as_dict = dataclasses.asdict(page)
    assert as_dict["posts"]["a"]["props"] == {"x": [1]}
    assert type(as_dict["posts"]["a"]) is dict
    as_dict["order"].append("b")
    assert page.order == ["a"]


def test_replace() -> None:
    user = User(username="ann", props={"a": "b"})
    other = dataclasses.replace(user, username="bob")
    assert (other.username, user.username) == ("bob", "ann")
    assert other.props is user.props
    with pytest.raises(TypeError):
        dataclasses.replace(user, no_such_field=1)


def test_fields_of_a_base_class_alone() -> None:
    assert dataclasses.fields(Model) == ()


def test_a_dataclass_that_holds_models() -> None:
    @dataclasses.dataclass
    class Ticket:
        user: User = dataclasses.field(default_factory=User)

    assert dataclasses.asdict(Ticket(User(id="u")))["user"]["id"] == "u"


# ------------------------------------------------------------------ construction


@every_message
def test_keyword_only_and_no_other_names(name: str) -> None:
    cls = model_class(name)
    with pytest.raises(TypeError):
        cls("positional")
    with pytest.raises(TypeError, match="no_such_field"):
        cls(no_such_field=1)
    model = cls()
    with pytest.raises(AttributeError, match="no_such_field"):
        model.no_such_field = 1
    assert not hasattr(model, "__dict__")


_CONTAINERS = [
    (name, row["name"])
    for name, rows in MESSAGES.items()
    for row in rows
    if row["type"].startswith("map<") or row.get("label") == "repeated"
]


@pytest.mark.parametrize(("name", "field"), _CONTAINERS)
def test_containers_are_fresh(name: str, field: str) -> None:
    cls = model_class(name)
    one, other = getattr(cls(), field), getattr(cls(), field)
    assert one == other == type(one)()
    assert one is not other


def test_a_container_that_is_passed_is_kept() -> None:
    order = ["a"]
    assert PostList(order=order).order is order


def test_models_are_mutable_and_unhashable() -> None:
    user = User()
    user.username = "ann"
    assert user == User(username="ann")
    with pytest.raises(TypeError, match="unhashable"):
        hash(user)


def test_signature_is_readable() -> None:
    """`help()` and editors show the zero values."""
    text = str(inspect.signature(Reaction))
    assert text.startswith("(*, user_id: 'str' = '', post_id: 'str' = ''")
    assert "order: 'list[str]' = []" in str(inspect.signature(PostList))


# ------------------------------------------------------------------ equality, repr, match


@every_message
def test_equality_by_fields(name: str) -> None:
    model = full(name)
    assert model == full(name)
    assert (model != full(name)) is False
    for field in dataclasses.fields(model):
        empty = getattr(type(model)(), field.name)
        assert dataclasses.replace(model, **{field.name: empty}) != model, field.name
    assert model != filled(name)


def test_equality_needs_the_same_class() -> None:
    request, response = models.GetTeamsRequest(), models.GetConfigRequest()
    assert request != response
    assert User() != 5


_SECRET = {"password", "token", "remote_token", "mfa_secret", "auth_data"}
_SECRET |= {"client_secret", "invite_id"}


@every_message
def test_repr_shows_fields_but_no_secrets(name: str) -> None:
    model = full(name)
    text = repr(model)
    assert text.startswith(f"{name}(")
    for row in MESSAGES[name]:
        hidden = row["name"] in _SECRET
        assert (f"{row['name']}={getattr(model, row['name'])!r}" in text) is not hidden
    shown = {f.name: f.repr for f in dataclasses.fields(model)}
    assert {n for n, r in shown.items() if not r} == _SECRET & shown.keys()


@pytest.mark.parametrize(
    ("message", "field"),
    [
        ("User", "password"),
        ("User", "mfa_secret"),
        ("User", "auth_data"),
        ("Session", "token"),
        ("UserAccessToken", "token"),
        ("OAuthApp", "client_secret"),
        ("Command", "token"),
        ("CommandArgs", "trigger_id"),
    ],
)
def test_secrets_word_for_word(message: str, field: str) -> None:
    model = model_class(message)(**{field: "s3cret"})
    nested = [model, {"a": model}]
    hidden = field != "trigger_id"  # of use for seconds only, and needed in logs
    assert ("s3cret" in repr(model)) is not hidden
    assert ("s3cret" in repr(nested)) is not hidden
    assert ("s3cret" in f"{model}") is not hidden


def test_repr_of_a_cycle_ends() -> None:
    response = models.CommandResponse(text="x")
    response.attachments.append(response)
    assert "..." in repr(response)


def test_match() -> None:
    def describe(value: object) -> str:
        match value:
            case User(username="ann"):
                return "ann"
            case User(is_bot=True, username=name):
                return f"bot {name}"
            case Team(type=TeamType.OPEN):
                return "open"
            case _:
                return "else"

    assert describe(User(username="ann")) == "ann"
    assert describe(User(username="b", is_bot=True)) == "bot b"
    assert describe(Team(type=TeamType.OPEN)) == "open"
    assert describe(User()) == "else"


# ------------------------------------------------------------------ copy, pickle


@pytest.mark.parametrize("name", DOMAIN)
def test_pickle(name: str) -> None:
    model = full(name)
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        assert pickle.loads(pickle.dumps(model, protocol)) == model


def test_copy_is_shallow_and_deepcopy_is_deep() -> None:
    page = PostList(posts={"a": Post()})
    assert copy.copy(page).posts is page.posts
    deep = copy.deepcopy(page)
    deep.posts["a"].message = "changed"
    assert page.posts["a"].message == ""
    assert deep != page


# ------------------------------------------------------------------ enums


@pytest.mark.parametrize("name", ENUMS)
def test_enum_members(name: str) -> None:
    cls = registry.enum(f"{PACKAGE}.{name}")
    assert cls is getattr(models, name)
    prefix = {"TeamType": "TEAM_TYPE_", "ChannelType": "CHANNEL_TYPE_"}[name]
    expected = {k.removeprefix(prefix): v for k, v in ENUMS[name].items()}
    assert {member.name: member.value for member in cls} == expected
    assert all(isinstance(member, int) for member in cls)


def test_enums_are_open() -> None:
    future = TeamType(99)
    assert (future, future.name, future.value) == (99, "UNKNOWN_99", 99)
    assert isinstance(future, TeamType)
    assert future == TeamType(99) != TeamType(98)
    assert hash(future) == hash(TeamType(99))
    assert "99" in repr(future)
    assert pickle.loads(pickle.dumps(future)) == future
    assert copy.deepcopy(future) == future
    assert isinstance(copy.copy(future), TeamType)
    assert json.dumps({"type": future}) == '{"type": 99}'
    assert {TeamType.OPEN: "x"}[TeamType(1)] == "x"


def test_unknown_numbers_are_not_remembered() -> None:
    """A peer that sends many of them must not make the process grow."""
    for number in range(1000, 2000):
        TeamType(number)
    assert len(TeamType) == 3
    assert len(TeamType._value2member_map_) == 3


@pytest.mark.parametrize("value", ["OPEN", None, 1.5, 2**31, -(2**31) - 1])
def test_what_no_enum_can_be(value: Any) -> None:
    with pytest.raises(ValueError, match="TeamType"):
        TeamType(value)


# ------------------------------------------------------------------ the registry


def test_every_message_is_registered() -> None:
    assert sorted(registry.messages()) == sorted(f"{PACKAGE}.{n}" for n in MESSAGES)
    for name in MESSAGES:
        cls = registry.message(f"{PACKAGE}.{name}")
        assert cls is getattr(models, name)
        assert cls.__name__ == name


@pytest.mark.parametrize("name", ["User", "mattermost.User", "", f"{PACKAGE}.Nobody"])
def test_unknown_names(name: str) -> None:
    for lookup in (registry.message, registry.enum):
        with pytest.raises(UnknownTypeError, match="has no type"):
            lookup(name)


def test_enums_are_no_messages() -> None:
    with pytest.raises(UnknownTypeError, match="enum"):
        registry.message(f"{PACKAGE}.TeamType")
    with pytest.raises(UnknownTypeError, match="message"):
        registry.enum(f"{PACKAGE}.User")


# ------------------------------------------------------------------ pydantic


@pytest.mark.parametrize("name", DOMAIN)
def test_pydantic(name: str) -> None:
    cls = model_class(name)
    adapter: Any = pydantic.TypeAdapter(cls)
    model = to_model(name, _without_raw_bytes(filled(name, depth=1)))
    assert adapter.validate_python(model) is model
    dumped = adapter.dump_python(model)
    assert dumped == dataclasses.asdict(model)
    assert adapter.validate_python(dumped) == model
    text = adapter.dump_json(model)
    assert adapter.validate_json(text) == model
    assert codec.encode(adapter.validate_json(text), deterministic=True) == (
        codec.encode(model, deterministic=True)
    )
    schema = adapter.json_schema()
    schema = schema["$defs"][name] if "$ref" in schema else schema
    assert schema["properties"].keys() == {row["name"] for row in MESSAGES[name]}
    assert cls.__doc__.split()[0] in schema["description"]


def _without_raw_bytes(value: Any) -> Any:
    """A tree whose bytes JSON text can hold."""
    if isinstance(value, dict):
        return {key: _without_raw_bytes(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_raw_bytes(item) for item in value]
    return b"bytes" if isinstance(value, bytes) else value


def test_pydantic_checks() -> None:
    adapter = pydantic.TypeAdapter(PostList)
    found = adapter.validate_python({"posts": {"a": {"id": "a", "props": {"x": [1]}}}})
    assert found.posts["a"] == Post(id="a", props={"x": [1]})
    with pytest.raises(pydantic.ValidationError, match="create_at"):
        adapter.validate_python({"posts": {"a": {"create_at": "now"}}})


def test_pydantic_writes_null() -> None:
    adapter = pydantic.TypeAdapter(models.PropertyValue)
    text = adapter.dump_json(models.PropertyValue(id="i", value=NULL))
    assert json.loads(text)["value"] is None


class _Settings(pydantic.BaseModel):
    """A model of a plugin's own, with one of the SDK's in it."""

    owner: User
    team: Team | None = None


def test_pydantic_models_hold_them() -> None:
    settings = _Settings.model_validate({"owner": {"username": "ann"}})
    assert settings.owner == User(username="ann")
    assert codec.encode(settings.owner) == codec.encode(User(username="ann"))
    again = _Settings.model_validate_json(settings.model_dump_json())
    assert again == settings
