"""Is a handler whose annotations cannot be right refused with its class, and no other?"""

from __future__ import annotations

import asyncio
import datetime
import subprocess
import sys
import warnings
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Optional, Protocol, TypeVar, Union

import pytest
from mattermost_plugin import (
    DISMISS,
    HookName,
    HookRegistrationError,
    Plugin,
    Reject,
    hook,
    models,
)
from mattermost_plugin.models import Post
from plugwright_runtime.message.model import Model

untyped: Any = hook
T = TypeVar("T")
MODELS = Path(models.__file__ or "")


class MyPost(Post): ...


class HasMessage(Protocol):
    message: str


class NoName: ...


def handler(name: str, post: Any, result: Any, written: bool) -> Any:
    """A class with a handler of MessageWillBePosted or MessagesWillBeConsumed; `written`: with
    annotations as texts.
    """
    if name == "MessagesWillBeConsumed":

        def handle(self: Any, posts: Any) -> Any: ...

        parameter = "posts"
    else:

        def handle(self: Any, context: Any, post: Any) -> Any: ...  # type: ignore[misc]

        parameter = "post"
    types = {parameter: post, "return": result}
    if written:
        texts = {"Post": Post, "models.User": models.User}
        names = {v: k for k, v in texts.items()}
        types = {k: names.get(v, v) for k, v in types.items()}
    handle.__annotations__ = types
    return type("Made", (Plugin,), {"handle": untyped(name)(handle)})


RIGHT: list[tuple[Any, Any]] = [
    (Post, Post | Reject | None),
    (Post, None),
    (Post, type(None)),
    (Any, Any),
    (object, object),
    (Model, Model),
    (MyPost, MyPost),
    (Optional[Post], Optional[Post]),  # noqa: UP045
    (Union[Post, models.User], Union[Reject, None]),  # noqa: UP007
    (Annotated[Post, "x"], Annotated[Post | None, "x"]),
    (HasMessage, HasMessage),
    (T, T),
    (Post, type(DISMISS)),
    (Post, Awaitable[Post | None]),
    ("models.Post", "models.Post | Reject | None"),
    ("'Post'", "'Post'"),
    ("Nowhere", "Nowhere | list[Nowhere]"),
    ("no syntax!", "1 +"),
]


@pytest.mark.parametrize("written", [False, True], ids=["types", "texts"])
@pytest.mark.parametrize(("post", "result"), RIGHT, ids=repr)
def test_what_can_be_right_is_accepted(post: Any, result: Any, written: bool) -> None:
    assert handler("MessageWillBePosted", post, result, written)


WRONG: list[tuple[Any, Any, str]] = [
    (models.User, None, "post is .*User, and gets Post"),
    (str, None, "post is str, and gets Post"),
    (list[Post], None, "post is list.*, and gets Post"),
    (models.User | None, None, "post is .*User | None, and gets Post"),
    (Post, str, "it returns str, and Post | Dismiss | Reject | None is accepted"),
    (Post, Post | str, "it returns .* | str, and Post | Dismiss"),
    (Post, bool, "it returns bool"),
    (Post, models.User, "it returns .*User"),
    (Post, list[Post], "it returns list"),
    (Post, Awaitable[str], "it returns .*Awaitable"),
    (NoName, None, "post is .*NoName, and gets Post"),
    ("models.User", None, "post is models.User, and gets Post"),
    (Post, "int", "it returns int"),
]


@pytest.mark.parametrize("written", [False, True], ids=["types", "texts"])
@pytest.mark.parametrize(("post", "result", "text"), WRONG, ids=repr)
def test_what_cannot_be_right_is_refused(post: Any, result: Any, text: str, written: bool) -> None:
    with pytest.raises(HookRegistrationError, match=text) as caught:
        handler("MessageWillBePosted", post, result, written)
    said = str(caught.value)
    assert said.startswith("Made.handle(") or ".handle(" in said
    assert " cannot handle MessageWillBePosted; " in said
    example = "handle(self, plugin_context: PluginContext, post: Post) -> "
    assert f"as in def {example}Post | Dismiss | Reject | None" in said


def test_swapped_parameters_are_refused() -> None:
    with pytest.raises(HookRegistrationError, match="gets PluginContext"):

        class Swapped(Plugin):
            @untyped(HookName.MessageWillBePosted)
            def f(self, post: models.Post, context: models.PluginContext) -> None: ...


def test_the_order_of_names_does_not_matter() -> None:
    class Named(Plugin):
        @untyped(HookName.MessageWillBePosted)
        def f(self, post: models.PluginContext, context: models.Post, more: int = 0) -> None: ...

    assert Named.implemented_hooks() == ["MessageWillBePosted"]


@pytest.mark.parametrize("sort", [list, Sequence, list[Post], Sequence[Post]], ids=repr)
def test_lists(sort: Any) -> None:
    assert handler("MessagesWillBeConsumed", sort, sort, False)
    for wrong in (Post, dict[str, Post], str):
        with pytest.raises(HookRegistrationError, match=r"gets list\[Post\]"):
            handler("MessagesWillBeConsumed", wrong, None, False)


def test_json_and_plain_values() -> None:
    class Json(Plugin):
        @untyped(HookName.ConfigurationWillBeSaved)
        async def save(self, config: Mapping[str, Any]) -> dict[str, Any] | None: ...

        @untyped(HookName.RunDataRetention)
        def count(self, now: float, size: int) -> bool: ...

    with pytest.raises(HookRegistrationError, match="now_time: int, batch_size: int"):

        class Wrong(Plugin):
            @untyped(HookName.RunDataRetention)
            def count(self, now: datetime.datetime, size: int) -> int: ...


def test_an_inherited_handler_is_checked_as_it_is_overridden() -> None:
    class Base(Plugin):
        @hook(HookName.OnActivate)
        def start(self) -> None: ...

    with pytest.raises(HookRegistrationError, match="it returns int, and None is"):

        class Derived(Base):
            def start(self) -> int:  # type: ignore[override]
                return 1


def test_what_a_decorator_hides_is_not_guessed_at() -> None:
    def logged(function: Callable[..., Any]) -> Any:
        def inner(*arguments: Any, **named: Any) -> Any:
            return function(*arguments, **named)

        return inner

    class Decorated(Plugin):
        @untyped(HookName.MessageWillBePosted)
        @logged
        def f(self, context: str, post: str) -> str: ...

    assert asyncio.iscoroutinefunction(Decorated.f) is False


# ------------------------------------------------------------------ names without a decorator


def test_a_method_with_the_name_of_a_hook_is_warned_about() -> None:
    for name in ("on_activate", "OnActivate", "onActivate"):
        with pytest.warns(UserWarning, match=rf"{name} is no handler of OnActivate") as seen:
            type("Forgotten", (Plugin,), {name: lambda self: None})
        assert "@hook('OnActivate')" in str(seen[0].message)
        assert seen[0].filename == __file__


def test_nobody_else_is_warned() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")

        class Fine(Plugin):
            on_deactivate = None  # no method

            @hook(HookName.OnActivate)
            def start(self) -> None: ...

            def on_activate(self) -> None:
                """There is a handler."""

            def _on_install(self) -> None:
                """Not public."""

        class Derived(Fine): ...


def test_a_look_at_a_plugin_class_loads_no_models(tmp_path: Path) -> None:
    source = tmp_path / "plugin.py"
    source.write_text(
        "from __future__ import annotations\n"
        "import sys\n"
        "from mattermost_plugin import HookName, Plugin, Reject, hook, models\n"
        "class P(Plugin):\n"
        "    @hook(HookName.MessageWillBePosted)\n"
        "    def f(self, context: models.PluginContext, post: models.Post)"
        " -> models.Post | Reject | None: ...\n"
        "print([n for n in sys.modules if n.startswith('mattermost_plugin.models.')])\n"
    )
    command = [sys.executable, str(source)]
    env = {"PYTHONPATH": str(MODELS.parents[2])}
    done = subprocess.run(command, capture_output=True, text=True, env=env, check=True)
    assert done.stdout == "[]\n"
