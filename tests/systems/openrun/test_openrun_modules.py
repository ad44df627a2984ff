"""What does a module class offer, and which classes, arguments and settings are refused?"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Literal, NewType, NotRequired, TypedDict

import pytest
from openrun_plugin import (
    Call,
    Module,
    ModuleError,
    PluginAPIError,
    Provider,
    Struct,
    function,
    models,
    to_star,
)
from openrun_plugin.extras.testing import AppSession, ProviderHost


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


@dataclass
class Line:
    text: str
    count: int = 1
    next: Line | None = None


class Options(TypedDict):
    name: str
    size: NotRequired[int]


NONE: Mapping[Any, Any] = {}
Id = NewType("Id", int)


class Checks(Module):
    """One function for each kind of parameter; each returns what it got."""

    constants: ClassVar = {"LIMIT": 2**70, "PAIR": (1, 2.0), "_hidden": None}

    @function(is_read=True)
    def plain(self, a: int, b: str = "b", /, c: float = 1.5, *, d: bool = False) -> Any:
        return [a, b, c, d]

    @function
    async def rest(self, first: int, *more: str, **named: float) -> Any:
        return [first, more, named]

    @function
    def with_call(self, call: Call, a: int) -> Any:
        return [call.function, a]

    @function
    def call_last(self, a: int = 1, *, call: Call) -> Any:
        return [call.function, a]

    @function
    def anything(self, value: Any) -> Any:
        return value

    @function
    def lists(
        self, a: list[int] | None, b: Sequence[str] = (), c: tuple[int, str] = (1, "")
    ) -> Any:
        return [a, b, c]

    @function
    def maps(
        self,
        a: dict[str, list[int]],
        b: Mapping[Any, Any] = NONE,
        c: set[int] | None = None,
    ) -> Any:
        return [a, b, c]

    @function
    def choice(self, colour: Colour, mode: Literal["a", 1] = "a", id: Id = Id(0)) -> Any:
        return [colour.name, mode, id]

    @function
    def record(self, line: Line, options: Options | None = None) -> Any:
        return [line.text, line.count, line.next.text if line.next else None, options]

    @function
    def entry(self, row: Struct, at: datetime | None = None) -> Any:
        return row

    @function
    def marked(self, size: Annotated[int, "bytes"], ratio: int | float = 0) -> Any:
        return [size, ratio]

    @function(name="start")
    def begin(self) -> str:
        return "renamed"

    @function
    def _internal(self) -> str:
        return "internal"

    def hidden(self) -> str:
        return "not exported"


FUNCTIONS = [
    "plain",
    "rest",
    "with_call",
    "call_last",
    "anything",
    "lists",
    "maps",
    "choice",
    "record",
    "entry",
    "marked",
    "start",
]


class Everything(Provider):
    version = "1.2.3"
    modules = (Checks,)


@pytest.fixture(scope="module")
def host() -> Iterator[ProviderHost]:
    with ProviderHost(Everything) as host:
        yield host


@pytest.fixture
def app(host: ProviderHost) -> Iterator[AppSession]:
    with host.session() as session:
        yield session


def test_the_manifest_says_what_there_is(host: ProviderHost) -> None:
    described = host.client.describe()
    assert described.provider_version == "1.2.3"
    (module,) = described.modules
    assert module.name == "checks"
    reads = {f.name: f.is_read for f in module.functions}
    assert list(reads) == FUNCTIONS
    assert [name for name, is_read in reads.items() if is_read] == ["plain"]
    assert module.constants == {
        "LIMIT": to_star(2**70),
        "PAIR": to_star((1, 2.0)),
        "_hidden": to_star(None),
    }


LINE = {"text": "x", "next": {"text": "y"}}
FITS: list[tuple[str, tuple[Any, ...], dict[str, Any], Any]] = [
    ("plain", (1,), {}, [1, "b", 1.5, False]),
    ("plain", (1, "x", 2), {"d": True}, [1, "x", 2.0, True]),
    ("rest", (1, "a", "b"), {"z": 1.0, "y": 2}, [1, ("a", "b"), {"z": 1.0, "y": 2.0}]),
    ("with_call", (5,), {}, ["with_call", 5]),
    ("call_last", (), {"a": 7}, ["call_last", 7]),
    ("anything", ((1, b"", None),), {}, (1, b"", None)),
    ("lists", (None,), {}, [None, (), (1, "")]),
    ("lists", ([1],), {"b": ("x",), "c": (2, "y")}, [[1], ["x"], (2, "y")]),
    ("maps", ({"a": [1]}, {1: 2}, {3}), {}, [{"a": [1]}, {1: 2}, {3}]),
    ("choice", ("blue",), {"mode": 1, "id": 4}, ["BLUE", 1, 4]),
    ("record", (LINE,), {}, ["x", 1, "y", None]),
    (
        "record",
        (Struct("line", text="x"), {"name": "n"}),
        {},
        ["x", 1, None, {"name": "n"}],
    ),
    ("entry", (Struct("t", a=1),), {}, Struct("t", a=1)),
    ("marked", (2**80, 1), {}, [2**80, 1]),
    ("start", (), {}, "renamed"),
]


@pytest.mark.parametrize(("name", "args", "kwargs", "result"), FITS)
def test_arguments_arrive_as_annotated(
    app: AppSession,
    name: str,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    result: Any,
) -> None:
    got = app.call("checks", name, *args, **kwargs)
    assert got == result
    assert repr(got) == repr(result)  # 1 is not 1.0


MISFITS: list[tuple[str, tuple[Any, ...], dict[str, Any], str]] = [
    ("plain", (), {}, "missing a required argument: 'a'"),
    ("plain", (1, "b", 1.0, 4), {}, "too many positional arguments"),
    ("plain", (1,), {"e": 1}, "got an unexpected keyword argument 'e'"),
    ("plain", (1, "b", 1.0), {"c": 1.0}, "multiple values for argument 'c'"),
    ("plain", ("1",), {}, "a: expected int, got str"),
    ("plain", (True,), {}, "a: expected int, got bool"),
    ("plain", (1.0,), {}, "a: expected int, got float"),
    ("plain", (1, None), {}, "b: expected str, got None"),
    ("plain", (1, "b", 10**400), {}, "c: the int is too large for a float"),
    ("plain", (1,), {"d": 1}, "d: expected bool, got int"),
    ("rest", (1, "a", 2), {}, "more[1]: expected str, got int"),
    ("rest", (1,), {"z": "1"}, "z: expected float, got str"),
    ("with_call", (), {"call": 1, "a": 1}, "got an unexpected keyword argument 'call'"),
    ("lists", ((1,),), {}, "a: expected list[int], got tuple"),
    ("lists", ([1, "2"],), {}, "a[1]: expected int, got str"),
    ("lists", (None, "text"), {}, "b: expected Sequence[str], got str"),
    ("lists", (None, [], (1,)), {}, "c: expected 2 items, got 1"),
    ("maps", ({1: []},), {}, "a key: expected str, got int"),
    ("maps", ({"k": [None]},), {}, "a['k'][0]: expected int, got None"),
    ("maps", ({}, {}, [1]), {}, "c: expected set[int], got list"),
    ("maps", (Struct("t"),), {}, "a: expected dict, got Struct"),
    ("choice", ("green",), {}, "colour: expected one of 'red', 'blue'"),
    ("choice", ("red", True), {}, "mode: expected one of 'a', 1"),
    ("choice", ([],), {}, "colour: expected one of"),
    (
        "record",
        ({"text": "x", "next": {"text": 1}},),
        {},
        "line.next.text: expected str, got int",
    ),
    ("record", ({"count": 1},), {}, "line.text: missing"),
    (
        "record",
        ({"text": "", "size": 1},),
        {},
        "unknown key 'size'; known are: text, count, next",
    ),
    ("record", (LINE, {"size": 1}), {}, "options.name: missing"),
    ("record", ("x",), {}, "line: expected Line, got str"),
    ("entry", ({},), {}, "row: expected Struct, got dict"),
    ("marked", (1, "2"), {}, "ratio: expected int | float, got str"),
]


@pytest.mark.parametrize(("name", "args", "kwargs", "text"), MISFITS)
def test_arguments_that_do_not_fit_are_an_application_error(
    app: AppSession, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], text: str
) -> None:
    with pytest.raises(PluginAPIError) as caught:
        app.call("checks", name, *args, **kwargs)
    assert caught.value.message.startswith(f"checks.{name}: ")
    assert text in caught.value.message
    assert caught.value.error_code == 1


def test_an_argument_given_twice_by_name(host: ProviderHost) -> None:
    host.initialise("checks")
    twice = [models.Kwarg(name="value", value=to_star(i)) for i in range(2)]
    with pytest.raises(PluginAPIError, match=r"checks\.anything: value: given twice"):
        host.client.call(module="checks", function="anything", kwargs=twice, session_id="twice")


# --- settings ---------------------------------------------------------------------------------


@dataclass
class Limits:
    size: int
    names: list[str] = field(default_factory=list)


@dataclass
class Settings:
    password: str
    limits: Limits = field(default_factory=lambda: Limits(1))


class Configured(Module):
    settings: Settings

    @function
    def read(self) -> Any:
        return [
            self.account,
            self.settings,
            self.app.path,
            self.app.is_dev,
            self.app.schema,
        ]


class Free(Module, name="free"):
    @function
    def read(self) -> Any:
        return self.settings


class Settled(Provider):
    modules = (Configured, Free)


def test_settings_become_what_is_annotated() -> None:
    settings = {
        "configured": {"password": "p"},
        "configured#b": {"password": "q", "limits": {"size": 2, "names": ["x"]}},
        "free": {"any": [1, None]},
    }
    with (
        ProviderHost(
            Settled,
            settings=settings,
            app_schema=b"type()",
            links={"configured#b": "b"},
        ) as host,
        host.session() as app,
    ):
        account, got, *about = app.call("configured", "read")
        assert (account, got["password"], dict(got["limits"])) == (
            "",
            "p",
            {"size": 1, "names": []},
        )
        assert about == ["/test", True, b"type()"]
        account, got, *_ = app.call("configured#b", "read")
        assert (account, got["limits"]["size"]) == ("b", 2)
        assert app.call("free", "read") == {"any": [1, None]}
        assert app.call("free#other", "read") == {"any": [1, None]}


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({}, "settings: password: missing"),
        ({"password": 7}, "settings: password: expected str, got int"),
        (
            {"password": "secret", "limits": {"size": "secret"}},
            "settings: limits.size: expected int",
        ),
        (
            {"password": "secret", "pass": 1},
            "settings: unknown key 'pass'; known are: password, limits",
        ),
    ],
)
def test_bad_settings_are_named_without_their_values(settings: dict[str, Any], text: str) -> None:
    with ProviderHost(Settled, settings={"configured": settings}) as host:
        with pytest.raises(PluginAPIError) as caught:
            host.initialise("configured")
        start = "error initializing plugin configured.ex: "
        assert caught.value.message.startswith(start + text)
        assert "secret" not in caught.value.message


def test_settings_are_not_shown() -> None:
    request = models.InitModuleRequest(module="m", settings={"k": to_star("hidden")})
    assert "hidden" not in repr(request)


# --- classes that cannot work -----------------------------------------------------------------


def provider(*modules: Any) -> type[Provider]:
    return type("P", (Provider,), {"modules": modules})


def module(name: str = "m", **attributes: Any) -> type[Module]:
    return type(name, (Module,), attributes)


def bad_parameter(self: Any, x: Decimal) -> None: ...


def bare() -> None: ...


def one() -> Any:
    def method(self: Any) -> None: ...

    return method


BROKEN: list[tuple[tuple[Any, ...], str]] = [
    (("text",), "P.modules: 'text' is no Module"),
    ((module(), module()), "P has two modules 'm'"),
    ((module("a b"),), "'a b' cannot name a module"),
    (
        (module(f=function(bad_parameter)),),
        "m.f: no value can be checked against the annotation Decimal",
    ),
    (
        (module(a=function(name="x")(one()), constants={"x": 1}),),
        "there is a constant 'x', too",
    ),
    ((module(f=function(name="a-b")(one())),), "m.f: 'a-b' cannot name a function"),
    (
        (module(f=function(name="_callback")(one())),),
        "m.f: '_callback' cannot name a function",
    ),
    (
        (module(f=staticmethod(function(one()))),),
        "m.f is no plain method: put @function on top",
    ),
    ((module(f=function(bare)),), "m.f() takes no self, with which it is called"),
    (
        (module(constants={"x": object()}),),
        "m.constants: x: an object cannot be sent to the app",
    ),
    ((module(constants={"x y": 1}),), "'x y' cannot name a constant"),
    (
        (module(__annotations__={"settings": Decimal}),),
        "m.settings: no value can be checked",
    ),
]


@pytest.mark.parametrize(("modules", "text"), BROKEN, ids=[t for _, t in BROKEN])
def test_a_class_that_cannot_work_is_refused_when_it_is_defined(
    modules: tuple[Any, ...], text: str
) -> None:
    with pytest.raises(ModuleError) as caught:
        provider(*modules)
    assert text in str(caught.value)


def test_a_host_of_an_instance() -> None:
    with pytest.raises(TypeError, match=r"as in ProviderHost\(MyProvider\), not <"):
        ProviderHost(provider()())  # type: ignore[arg-type]


def test_two_functions_of_one_name_are_refused() -> None:
    def other(self: Any) -> None: ...

    both = module(a=function(name="x")(one()), b=function(name="x")(other))
    with pytest.raises(ModuleError, match="m has two functions 'x'"):
        provider(both)


def test_functions_are_inherited_and_can_be_taken_back() -> None:
    class Base(Module):
        @function
        def kept(self) -> None: ...

        @function
        def taken(self) -> None: ...

    class Derived(Base):
        def taken(self) -> None: ...

    with ProviderHost(provider(Derived)) as host:
        (manifest,) = host.client.describe().modules
    assert manifest.name == "derived"
    assert [f.name for f in manifest.functions] == ["kept"]
