"""Does each argument of a hook have the value that the request's model has?"""

from __future__ import annotations

from typing import Any

import pytest
from kit.generating.packages import Generated
from plugwright_runtime import codec
from plugwright_runtime.hooks.spec import HookSpec
from plugwright_runtime.hooks.values import Arguments
from plugwright_runtime.message.unknown import LARGE


def _arguments(generated: Generated, **sources: str) -> tuple[Any, Arguments]:
    """(model of the request, what reads the arguments of a hook that takes it)."""
    request = generated.registry("hooks").codec("cases.hooks.VoidRequest")
    spec = HookSpec(
        name="OnVoid",
        family="void",
        request="cases.hooks.VoidRequest",
        response="cases.hooks.VoidResponse",
        arguments=tuple(sources),
        sources=tuple(sources.values()),
    )
    return request.model, Arguments(spec, request)


@pytest.mark.parametrize("note", [None, "", "x" * 5, "x" * LARGE])
@pytest.mark.parametrize("case", [None, "Count", "Name"])
def test_what_may_be_absent_is_none_and_a_oneof_is_its_case(
    generated: Generated, note: str | None, case: str | None
) -> None:
    request, read = _arguments(generated, note="value", how="value")
    how = case and getattr(request.How, case)({"Count": 0, "Name": "n"}[case])
    data = codec.encode(request(note=note, how=how))
    assert read(data) == [note, how]


def test_a_message_that_is_not_there_is_empty(generated: Generated) -> None:
    request, read = _arguments(generated, post="message", from_="value")
    post = request.__codec__.package.message("cases.hooks.Post")
    assert read(b"") == [post(), None]
    assert read(codec.encode(request(post=post(id="1"), from_=post()))) == [post(id="1"), post()]
