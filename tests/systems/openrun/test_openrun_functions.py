"""What may an app do with functions in a result, and for how long?"""

from __future__ import annotations

import gc
import time

import pytest
from kit.openrun.sessions import Sessions, events
from openrun_plugin import (
    FuncRef,
    PluginAPIError,
    models,
    to_star,
)
from openrun_plugin.extras.testing import AppSession, ProviderHost


def test_functions_in_a_result(app: AppSession) -> None:
    response = app.call("work", "response")
    assert response["json"]() == {"a": 1}
    with pytest.raises(PluginAPIError, match="no JSON"):
        response["broken"]()
    assert response["body"]() == bytes(3)
    assert response["text"]() == "text"
    assert response["internal"]() == 2
    assert [response["next"]() for _ in range(3)] == [0, 1, 2]
    assert response["later"]() == f"later in {app.id}"
    with pytest.raises(PluginAPIError, match="a generator or cursor cannot be sent"):
        app.call("work", "stream")()
    app.end()


def test_exported_functions_go_by_name() -> None:
    """Then nothing has to be kept in the session."""
    with ProviderHost(Sessions) as host:
        host.initialise("work")
        client = host.client
        response = client.call(module="work", function="response", session_id="s")
        assert response.value is not None
        match response.value.kind:
            case models.StarValue.Kind.Struct(record):
                assert record.fields is not None
                found = [e.value for e in record.fields.entries if e.value is not None]
    kinds = [v.kind for v in found]
    names = [
        (k.value.function, k.value.args)
        for k in kinds
        if isinstance(k, models.StarValue.Kind.Funcref)
    ]
    assert names == [
        ("body", [to_star(3)]),
        ("text", []),
        ("_internal", [to_star(1)]),
        ("_callback", [to_star(0)]),
        ("_callback", [to_star(1)]),
    ]


def test_a_function_lives_as_long_as_its_request(app: AppSession) -> None:
    gc.collect()
    events.clear()
    response = app.call("work", "response")
    app.end()
    ends = time.monotonic() + 10  # a thread may still be on its way out of the call
    while not events and time.monotonic() < ends:
        time.sleep(0.01)
        gc.collect()
    assert events == ["collected"]
    with pytest.raises(PluginAPIError, match="the function is gone with its request"):
        response["next"]()


def test_a_function_belongs_to_its_module(app: AppSession) -> None:
    mine = app.call("other", "callback")
    assert mine() == "other"
    for args in ((0,), (), ("x",), (-1,), ([],)):
        with pytest.raises(PluginAPIError, match="the function is gone with its request"):
            app._followed("work", FuncRef("_callback", args))
    app.end()


def test_a_reference_to_nothing_is_refused(app: AppSession) -> None:
    with pytest.raises(PluginAPIError, match="result: the module has no function 'nowhere'"):
        app.call("work", "unknown_reference")
