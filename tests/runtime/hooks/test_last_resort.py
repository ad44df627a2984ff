"""Does a host get its answer whatever happens in a handler, and stays a filter shut that shall?

Exceptions whose every method fails or exits, chains without an end, a log that is broken, and no
descriptors left: the answer is the one of the failure table.
"""

from __future__ import annotations

import gc
import logging
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import grpc
import pytest
from kit.mattermost.hooks import Host, hosted, raising, scripted, web
from mattermost_plugin import Reject, Response, models
from plugwright_runtime.failure_log import FAILED_BADLY

FILTER, EMBEDDING, ENDING = "MessageWillBePosted", "OnActivate", "UserHasBeenCreated"


def exits(*_: Any) -> Any:
    raise SystemExit(3)


def fails(*_: Any) -> Any:
    raise RuntimeError("no")


def interrupts(*_: Any) -> Any:
    raise KeyboardInterrupt


class Hidden(type):
    """Classes that do not tell their names."""

    __name__ = property(exits)  # type: ignore[assignment]


def odd(**methods: Any) -> BaseException:
    cls = type("Odd", (Exception,), methods)
    return cls("odd")


def endless() -> BaseException:
    first, second = ValueError("first"), RuntimeError("second")
    first.__cause__, second.__cause__ = second, first
    return first


def endless_contexts() -> BaseException:
    first, second = ValueError("first"), RuntimeError("second")
    first.__context__, second.__context__ = second, first
    return first


def huge() -> BaseException:
    group: Exception = ValueError("one of many")
    for _ in range(60):
        group = ExceptionGroup("twice", [group, group])
    return group


def always_another() -> BaseException:
    class Another(Exception):
        @property
        def __cause__(self) -> Any:
            return Another("another")

    return Another("first")


ODD = {
    "truth that fails": lambda: odd(__bool__=fails),
    "truth that exits": lambda: odd(__bool__=exits),
    "truth that interrupts": lambda: odd(__bool__=interrupts),
    "false": lambda: odd(__len__=lambda _: 0),
    "text that exits": lambda: odd(__str__=exits, __repr__=exits),
    "text that is none": lambda: odd(__str__=lambda _: 7, __repr__=lambda _: None),
    "class that fails": lambda: odd(__class__=property(fails)),
    "class without a name": lambda: Hidden("Odd", (Exception,), {})("odd"),
    "every attribute exits": lambda: odd(__getattribute__=exits),
    "a cycle of causes": endless,
    "a cycle of contexts": endless_contexts,
    "always another cause": always_another,
    "groups in groups": huge,
    "exit": lambda: SystemExit(3),
    "interrupt": KeyboardInterrupt,
}


def check_failures(host: Host) -> None:
    """The next calls fail as the failure table says."""
    assert host.call(EMBEDDING).error.id == "plugin.on_activate.error"
    assert host.call(EMBEDDING).error.detailed_error
    code, text = host.failure(ENDING)
    assert code is grpc.StatusCode.INTERNAL
    assert text
    assert host.call(FILTER).rejection_reason == "try later"


@pytest.fixture(scope="module", params=[False, True], ids=["def", "async"])
def module_host(request: Any) -> Iterator[Any]:
    names = [FILTER, EMBEDDING, ENDING]
    plugin, script = scripted(names[1:], coroutines=request.param)
    closed, its_script = scripted([FILTER], coroutines=request.param, on_error=Reject("try later"))
    handle: Any = closed.__dict__["handle_" + FILTER]
    both = type("Both", (plugin,), {"handle_" + FILTER: handle})
    with hosted(both()) as host:
        its_script.behave = lambda *arguments: script.behave(*arguments)
        yield host, script


@pytest.fixture
def host(module_host: Any) -> Any:
    host, script = module_host
    host.records.clear()
    return host, script


@pytest.mark.parametrize("kind", ODD)
def test_an_exception_of_any_make_is_a_failure_like_any_other(host: Any, kind: str) -> None:
    host, script = host
    script.behave = raising(ODD[kind]())
    check_failures(host)
    assert len(host.records) == 4
    script.behave = lambda *_: None
    assert not host.call(EMBEDDING).HasField("error")
    assert not host.call(FILTER).rejection_reason


@pytest.mark.parametrize("coroutine", [False, True], ids=["def", "async"])
def test_a_web_request_gets_its_500_and_the_next_one_its_answer(
    coroutine: bool,
) -> None:
    plugin, script = scripted(["ServeHTTP"], coroutines=coroutine)
    with hosted(plugin()) as host:
        for make in ODD.values():
            script.behave = raising(make())
            assert [a.init.status_code for a in web(host, "/")] == [500]
        script.behave = lambda *_: Response("fine")
        assert [a.body_chunk for a in web(host, "/")] == [b"fine"]


@contextmanager
def broken_log(host: Host, attribute: str, behaviour: Any) -> Iterator[None]:
    handler = host.log_handler
    setattr(handler, attribute, behaviour)
    try:
        yield
    finally:
        delattr(handler, attribute)


@pytest.mark.parametrize("behaviour", [fails, exits, interrupts])
@pytest.mark.parametrize("attribute", ["emit", "handle", "filter"])
def test_a_log_that_fails_keeps_no_host_from_its_answer(
    host: Any, attribute: str, behaviour: Any
) -> None:
    host, script = host
    script.behave = raising(ValueError("why"))
    with broken_log(host, attribute, behaviour):
        check_failures(host)
    assert host.call(EMBEDDING).error.detailed_error == "ValueError: why"


# The loop that cannot be made says so as it goes, for Python has half of it.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_without_descriptors_a_filter_stays_shut() -> None:
    plugin, _ = scripted([FILTER], coroutines=True, on_error=Reject("try later"))
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with hosted(plugin()) as host:
        assert host.call("Implemented").hooks == [FILTER]  # we are connected
        resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
        try:
            answer = host.call(FILTER)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        assert answer.rejection_reason == "try later"
        assert not host.call(FILTER).rejection_reason, "it does not recover"
        host.records.clear()
    gc.collect()


def test_what_cannot_be_told_is_named_in_the_log(host: Any) -> None:
    host, script = host
    script.behave = raising(odd(__getattribute__=exits))
    code, text = host.failure(ENDING)
    assert (code, text) == (grpc.StatusCode.INTERNAL, FAILED_BADLY)
    (record,) = host.records
    assert record.levelno == logging.ERROR
    assert ENDING in record.getMessage()


def self_reference() -> dict[str, Any]:
    value: dict[str, Any] = {}
    value |= {"one": value, "two": [value, value]}
    return value


def command_in_itself() -> models.CommandResponse:
    command = models.CommandResponse()
    command.attachments = [command, command]
    return command


@pytest.mark.parametrize(
    ("hook_", "make"),
    [
        ("ConfigurationWillBeSaved", self_reference),
        ("ExecuteCommand", command_in_itself),
        (FILTER, lambda: models.Post(props=self_reference())),
    ],
)
def test_an_answer_that_holds_itself_is_a_failure(hook_: str, make: Any) -> None:
    for coroutines in (False, True):
        plugin, script = scripted([hook_], coroutines=coroutines)
        script.behave = lambda *_: make()
        with hosted(plugin()) as host:
            if hook_ == FILTER:
                assert host.failure(hook_)[0] is grpc.StatusCode.INTERNAL
            else:
                assert "expected" in host.call(hook_).error.detailed_error
