"""Does an error of registration name the function that is wrong?"""

from __future__ import annotations

import functools
from typing import Any

import pytest
from mattermost_plugin import hook
from plugwright_runtime.errors import HookRegistrationError

register: Any = hook


class Wrong:
    def handler(self) -> None: ...


@pytest.mark.parametrize(
    ("function", "named"),
    [
        (Wrong.handler, "Wrong.handler: there is no hook 'OnActive'; the nearest are: OnActivate"),
        (functools.partial(print), "functools.partial("),
    ],
    ids=["method", "partial"],
)
def test_the_function_comes_first(function: Any, named: str) -> None:
    with pytest.raises(HookRegistrationError) as caught:
        register("OnActive")(function)
    assert str(caught.value).startswith(named)


def test_a_hook_without_its_name_names_the_function() -> None:
    with pytest.raises(HookRegistrationError) as caught:
        register(Wrong.handler)
    assert str(caught.value).startswith("Wrong.handler: hook() needs a hook's name")
