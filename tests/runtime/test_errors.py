"""Are the exceptions of the runtime one tree, and is all of it found in `errors`?"""

from __future__ import annotations

import ast
import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import grpc
import plugwright_runtime
import pytest
from plugwright_runtime import errors, exceptions, policy
from plugwright_runtime.errors import LaunchError, PlugwrightError
from plugwright_runtime.hooks.values import WrongResult
from plugwright_runtime.http.errors import ClientDisconnected
from plugwright_runtime.message.protojson import Misshapen, Twice, Unprintable
from plugwright_runtime.rpc import failures
from plugwright_runtime.styles.goplugin.environment import NotStartedByHost


def _classes() -> Iterator[type]:
    """Every class that a module of the runtime defines."""
    for found in pkgutil.walk_packages(plugwright_runtime.__path__, "plugwright_runtime."):
        module = importlib.import_module(found.name)
        for value in vars(module).values():
            if isinstance(value, type) and value.__module__ == module.__name__:
                yield value


def test_every_exception_is_below_the_root() -> None:
    found = {cls for cls in _classes() if issubclass(cls, BaseException)}
    assert {LaunchError, NotStartedByHost, failures.Abort, ClientDisconnected} <= found
    public = {cls for cls in found if not cls.__name__.startswith("_")}
    assert {cls for cls in public if not issubclass(cls, PlugwrightError)} == set()


@pytest.mark.parametrize(
    ("cls", "base"),
    [
        (ClientDisconnected, ConnectionError),
        (WrongResult, TypeError),
        (Unprintable, ValueError),
        (Misshapen, ValueError),
        (Twice, ValueError),
        (errors.UnknownTypeError, LookupError),
    ],
)
def test_what_frameworks_and_programs_catch_is_still_caught(
    cls: type[Exception], base: type[Exception]
) -> None:
    assert issubclass(cls, base)


def test_what_http_frameworks_catch_still_tells_why() -> None:
    error = ClientDisconnected()
    assert (str(error), error.errno) == ("the HTTP client went away", None)


OF_CALLS = ("rpc.failures", "hosts.failures")


def test_the_failures_of_calls_are_handed_on() -> None:
    for name in errors.__all__:
        module = getattr(errors, name).__module__
        assert module == exceptions.__name__ or module.split(".", 1)[1] in OF_CALLS
    assert errors.NotFoundError is failures.NotFoundError
    assert set(errors.__all__) <= set(dir(errors))
    raised = {cls for cls in _classes() if issubclass(cls, failures.PluginAPIError)}
    assert {cls.__name__ for cls in raised} <= {*errors.__all__, *policy.__all__}


def test_checkers_see_what_is_handed_on() -> None:
    tree = ast.parse(Path(errors.__file__).read_text(encoding="utf-8"))
    imports = [n for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and n.level]
    seen = {a.name for n in imports if n.module in OF_CALLS for a in n.names}
    own = {n for n in errors.__all__ if getattr(errors, n).__module__ == exceptions.__name__}
    assert seen == set(errors.__all__) - own


def test_a_name_that_is_nowhere_is_named() -> None:
    with pytest.raises(AttributeError, match=r"'plugwright_runtime.errors' has no attribute 'No'"):
        errors.No  # noqa: B018


def test_a_failure_without_words_is_shown_by_its_status() -> None:
    shown = errors.NotFoundError(code=grpc.StatusCode.NOT_FOUND, id="a.b", status_code=404)
    assert str(shown) == "NOT_FOUND [a.b] (404)"
    assert str(errors.NotFoundError(code=grpc.StatusCode.OK)) == "NotFoundError"
