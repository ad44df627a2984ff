"""What does a field that is not set read as? The default of its proto, its zero, or None."""

from __future__ import annotations

import math
from typing import Any

import pytest
from kit.message.torture import Torture
from plugwright_runtime import codec


@pytest.fixture
def base(torture: Torture) -> Any:
    return torture.model("old.v1.Base")(id=0)


def test_defaults_of_the_proto(base: Any) -> None:
    def read(name: str) -> Any:
        return codec.value_or_default(base, name)

    assert (read("s"), read("n"), read("by")) == ("dflt", 7, b"\x01\xff")
    assert read("d") == math.inf
    assert math.isnan(read("nn"))
    assert read("e") == 0
    assert read("e").name == "A"


def test_messages_groups_and_oneofs_have_none(base: Any) -> None:
    assert [codec.value_or_default(base, name) for name in ("sub", "g", "o")] == [None] * 3


def test_what_is_set_is_what_it_is(base: Any, torture: Torture) -> None:
    base.s, base.n, base.sub = "", 0, torture.model("old.v1.Sub")(x=1)
    for name in ("s", "n", "sub"):
        assert codec.value_or_default(base, name) == getattr(base, name)
