"""Which methods of a class are hooks, and which classes are refused, and how does that read?

Every mistake is a HookRegistrationError when the class is defined; its text names the class, the
method and what is expected.
"""

from __future__ import annotations

import enum
import functools
import inspect
from typing import Any

import pytest
from kit.mattermost.hooks import ALL, HOOKS, hosted
from mattermost_plugin import (
    HookName,
    HookRegistrationError,
    Plugin,
    Reject,
    Request,
    Response,
    asgi,
    hook,
    models,
)

# For code that the types would not let through.
untyped: Any = hook


# ------------------------------------------------------------------ names


def test_hook_names_are_those_of_the_wire_but_for_implemented():
    assert {h.name: h.value for h in HookName} == {name: name for name in HOOKS}
    assert set(ALL) - {h.value for h in HookName} == {"Implemented"}
    assert len(HookName) == 41


def test_a_hook_name_is_its_text():
    assert issubclass(HookName, str)
    assert issubclass(HookName, enum.Enum)
    assert HookName.OnActivate == "OnActivate"
    assert f"{HookName.OnActivate}" == str(HookName.OnActivate) == "OnActivate"
    assert HookName("ServeHTTP") is HookName.ServeHTTP
    assert {HookName.OnInstall: 1}["OnInstall"] == 1


@pytest.mark.parametrize("name", HOOKS)
@pytest.mark.parametrize("by", ["enum", "text"])
def test_every_hook_registers_by_enum_and_by_text(name, by):
    def handler(self: Plugin, *arguments: Any) -> Any: ...

    made = untyped(HookName(name) if by == "enum" else name)(handler)
    assert made is handler
    plugin = type("One", (Plugin,), {"handler": made})
    before = ["OnActivate"] if name == "OnConfigurationChange" else []
    assert plugin.implemented_hooks() == [*before, name]


# ------------------------------------------------------------------ what is found


class Base(Plugin):
    @hook(HookName.OnActivate)
    def start(self) -> None:
        raise RuntimeError("base")

    @hook(HookName.RunDataRetention)
    def purge(self, now_time: int, batch_size: int) -> int:
        return 1


def test_a_plugin_without_handlers():
    class Bare(Plugin):
        def start(self) -> None: ...

    assert Bare.implemented_hooks() == []
    assert Plugin.implemented_hooks() == []


def test_names_are_sorted_and_the_same_for_class_and_instance():
    assert Base.implemented_hooks() == ["OnActivate", "RunDataRetention"]
    assert Base().implemented_hooks() == ["OnActivate", "RunDataRetention"]


def test_handlers_are_inherited():
    class Child(Base):
        @hook(HookName.OnDeactivate)
        def stop(self) -> None: ...

    names = ["OnActivate", "OnDeactivate", "RunDataRetention"]
    assert Child.implemented_hooks() == names
    assert Base.implemented_hooks() == ["OnActivate", "RunDataRetention"]


def test_handlers_of_mixins_are_found():
    class Starting:
        @hook(HookName.OnActivate)
        def start(self) -> None: ...

    class Mixed(Starting, Plugin): ...

    assert Mixed.implemented_hooks() == ["OnActivate"]


def test_an_override_stays_a_handler_and_is_the_one_that_runs():
    class Child(Base):
        def purge(self, now_time: int, batch_size: int) -> int:
            return super().purge(now_time, batch_size) + 1

    class Grandchild(Child):
        async def start(self) -> None:  # type: ignore[override]
            self.started = True

    plugin = Grandchild()
    with hosted(plugin) as host:
        assert host.call("RunDataRetention").deleted_count == 2
        assert not host.call("OnActivate").HasField("error")
    assert plugin.started


def test_an_override_keeps_the_options():
    class Parent(Plugin):
        @hook(HookName.UserWillLogIn, timeout=20, on_error=Reject("closed"))
        def check(self, context: models.PluginContext, user: models.User) -> None: ...

    class Child(Parent):
        def check(self, context: models.PluginContext, user: models.User) -> None:
            raise RuntimeError

    with hosted(Child()) as host:
        assert host.call("UserWillLogIn").rejection_reason == "closed"


def test_an_override_can_be_decorated_again():
    class Child(Base):
        @hook(HookName.OnActivate, timeout=3)
        def start(self) -> None: ...

        @hook(HookName.OnInstall)
        def purge(  # type: ignore[override]
            self, context: models.PluginContext, event: models.OnInstallEvent
        ) -> None: ...

    assert Child.implemented_hooks() == ["OnActivate", "OnInstall"]
    assert Child.__registered__["OnActivate"].timeout == 3


def test_class_methods_and_static_methods_are_handlers_in_either_order():
    class Static(Plugin):
        @staticmethod
        @untyped(HookName.RunDataRetention)
        def purge(now_time: int, batch_size: int) -> int:
            return now_time + batch_size

        @untyped(HookName.OnSharedChannelsPing)
        @staticmethod
        def ping(remote: models.RemoteCluster) -> bool:
            return remote.site_url == "x"

        @classmethod
        @hook(HookName.OnInstall)
        def install(cls, context: models.PluginContext, event: models.OnInstallEvent) -> None:
            assert cls is Static

        @untyped(HookName.OnActivate)
        @classmethod
        async def start(cls) -> None:
            assert cls is Static

    names = ["OnActivate", "OnInstall", "OnSharedChannelsPing", "RunDataRetention"]
    assert Static.implemented_hooks() == names
    with hosted(Static()) as host:
        answer = host.call("RunDataRetention", {"now_time": 2, "batch_size": 3})
        assert answer.deleted_count == 5
        ping = {"remote_cluster": {"site_url": "x"}}
        assert host.call("OnSharedChannelsPing", ping).healthy
        assert not host.call("OnInstall").HasField("error")
        assert not host.call("OnActivate").HasField("error")


def test_extra_parameters_with_defaults_and_catch_alls_are_fine():
    class Lenient(Plugin):
        @untyped(HookName.RunDataRetention)
        def purge(self, now_time: int, batch_size: int, extra: int = 5) -> int:
            return extra

        @untyped(HookName.UserHasBeenCreated)
        def created(self, *everything: Any, **named: Any) -> None: ...

    assert len(Lenient.implemented_hooks()) == 2


def test_other_decorators_may_wrap_a_handler():
    def counted(function: Any) -> Any:
        @functools.wraps(function)
        def wrapper(*arguments: Any) -> Any:
            return function(*arguments) + 1

        return wrapper

    class Wrapped(Plugin):
        @counted
        @hook(HookName.RunDataRetention)
        def purge(self, now_time: int, batch_size: int) -> int:
            return 1

    with hosted(Wrapped()) as host:
        assert host.call("RunDataRetention").deleted_count == 2


def test_a_subclass_may_take_arguments_of_its_own():
    class Tagged(Base):
        def __init_subclass__(cls, tag: str, **rest: Any) -> None:
            super().__init_subclass__(**rest)
            cls.tag = tag

    class Configured(Tagged, tag="x"): ...

    assert Configured.tag == "x"
    assert Configured.implemented_hooks() == Base.implemented_hooks()


def test_a_decorated_method_is_still_the_plain_function():
    assert inspect.isfunction(Base.__dict__["purge"])
    assert Base().purge(1, 2) == 1


# ------------------------------------------------------------------ what is refused


def refused(*parts: str) -> Any:
    """The block ends with a HookRegistrationError whose text has all of `parts`."""
    pattern = "".join(f"(?=.*{part})" for part in parts)
    return pytest.raises(HookRegistrationError, match=f"(?s){pattern}")


@pytest.mark.parametrize("name", ["MessageWillBePost", "on_activate", "", "Implemented"])
def test_a_name_that_is_no_hook(name):
    with refused(r"Typo\.handle", f"no hook '{name}'", "nearest are: "):

        class Typo(Plugin):
            @untyped(name)
            def handle(self) -> None: ...


def test_the_nearest_names_are_shown():
    with refused("MessageWillBePosted"):
        untyped("MessageWillBePost")(lambda self: None)
    with refused("OnActivate"):
        untyped("on_activate")(lambda self: None)


@pytest.mark.parametrize("name", [None, 5, b"OnActivate"])
def test_a_name_that_is_no_text(name):
    with refused("there is no hook"):
        untyped(name)(lambda self: None)


def test_a_decorator_without_a_name():
    with refused(r"Nameless\.handle", r"@hook\(HookName\.X\)"):

        class Nameless(Plugin):
            @untyped
            def handle(self) -> None: ...


def test_two_handlers_of_one_hook():
    with refused("Twice", "first and second", "both handle OnActivate", "keep one"):

        class Twice(Plugin):
            @hook(HookName.OnActivate)
            def first(self) -> None: ...

            @hook("OnActivate")
            def second(self) -> None: ...


def test_a_second_handler_of_an_inherited_hook():
    with refused("Child", "start and begin", "OnActivate", "same name"):

        class Child(Base):
            @hook(HookName.OnActivate)
            def begin(self) -> None: ...


def test_one_handler_of_two_hooks():
    with refused(r"Both\.handle", "the handler of OnDeactivate already"):

        class Both(Plugin):
            @hook(HookName.OnActivate)
            @hook(HookName.OnDeactivate)
            def handle(self) -> None: ...


@pytest.mark.parametrize("value", [None, 5, "text", property(lambda self: None)])
def test_a_handler_that_is_hidden_by_something_else(value):
    with refused(r"Hiding\.start", "OnActivate", "make it a method"):
        type("Hiding", (Base,), {"start": value})


def test_a_handler_that_is_no_function():
    with refused("OnActivate is handled by a method"):
        untyped(HookName.OnActivate)(5)


HANDLERS: list[tuple[str, Any, str]] = [
    ("OnActivate", lambda: None, r"handle\(self\)"),
    ("OnActivate", lambda self, extra: None, r"handle\(self\)"),
    ("OnActivate", lambda self, *, key: None, r"handle\(self\)"),
    (
        "MessageWillBePosted",
        lambda self, post: None,
        r"handle\(self, plugin_context, post\)",
    ),
    ("RunDataRetention", lambda self, a: 1, r"handle\(self, now_time, batch_size\)"),
    ("UserHasLeftTeam", lambda self, a, b, c, d: 1, "team_member, actor"),
    ("ServeHTTP", lambda self: None, r"handle\(self, request\)"),
    ("OnActivate", staticmethod(lambda self: None), r"handle\(\)"),
    ("OnActivate", classmethod(lambda: None), r"handle\(self\)"),
]


@pytest.mark.parametrize(("name", "handler", "expected"), HANDLERS)
def test_a_signature_that_cannot_be_called(name, handler, expected):
    with refused(r"Wrong\.handle\(", f"cannot handle {name}", expected):
        type("Wrong", (Plugin,), {"handle": untyped(name)(_fresh(handler))})


def _fresh(handler: Any) -> Any:
    """A copy, since a function can be registered once only."""
    inner = getattr(handler, "__func__", handler)
    copy = type(inner)(inner.__code__, inner.__globals__)
    copy.__kwdefaults__ = inner.__kwdefaults__
    return copy if inner is handler else type(handler)(copy)


def test_an_override_with_a_signature_that_cannot_be_called():
    with refused(r"Child\.purge\(self\)", r"purge\(self, now_time, batch_size\)"):

        class Child(Base):
            def purge(self) -> int:  # type: ignore[override]
                return 1


@pytest.mark.parametrize("timeout", [0, -1, float("nan"), "5", [1]])
def test_a_time_limit_that_is_none(timeout):
    with refused(r"Late\.handle", "OnActivate: timeout", "number of seconds"):

        class Late(Plugin):
            @untyped(HookName.OnActivate, timeout=timeout)
            def handle(self) -> None: ...


def test_http_has_no_time_limit():
    with refused(r"Web\.handle", "ServeHTTP has no timeout"):

        class Web(Plugin):
            @untyped(HookName.ServeHTTP, timeout=1)
            def handle(self, request: Request) -> Response:
                return Response()


@pytest.mark.parametrize("value", ["reason", Reject(""), True, Reject, untyped(5)])
def test_a_refusal_without_a_reason(value):
    with refused(r"Closed\.handle", r"on_error must be Reject\(\"reason\"\)"):

        class Closed(Plugin):
            @untyped(HookName.UserWillLogIn, on_error=value)
            def handle(self, context: models.PluginContext, user: models.User) -> None: ...


@pytest.mark.parametrize("name", [n for n, h in HOOKS.items() if not h.can_refuse])
def test_only_hooks_that_can_refuse_fail_closed(name):
    with refused(f"{name}: on_error is only for hooks that can refuse"):
        untyped(name, on_error=Reject("x"))(lambda self, *arguments: None)


def test_an_unknown_option():
    with pytest.raises(TypeError, match="retries"):
        untyped(HookName.OnActivate, retries=3)


def test_a_mounted_application_is_no_handler_of_other_hooks():
    with refused(r"Odd\.web\(request", "cannot handle OnActivate"):
        type("Odd", (Plugin,), {"web": untyped(HookName.OnActivate)(asgi(_app))})


async def _app(scope: Any, receive: Any, send: Any) -> None: ...


def test_a_registration_error_is_a_type_error():
    assert issubclass(HookRegistrationError, TypeError)
