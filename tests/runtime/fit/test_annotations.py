"""Do annotations that name what is not there stop anything?

Linters have types that only checkers need imported under `if TYPE_CHECKING:`. Up to Python 3.13
that takes quotes or a `__future__` import; from 3.14 on it needs neither.
"""

from __future__ import annotations

import dataclasses
import sys
from dataclasses import dataclass
from typing import Any

import pytest
from plugwright_runtime.fit.annotations import Unresolved, annotations_of, hints_of, signature_of
from plugwright_runtime.fit.commands import CommandTable, marked
from plugwright_runtime.fit.fitting import Misfit, fit_of
from plugwright_runtime.fit.parameters import Parameters

FUTURE = "from __future__ import annotations\n"
CHECKING = """
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    from decimal import Decimal
    from mattermost_plugin import models
    from openrun_plugin import Call
"""
HEADERS = {"future": FUTURE + CHECKING, "lazy": CHECKING}
if sys.version_info < (3, 14):
    del HEADERS["lazy"]


@pytest.fixture(params=HEADERS.values(), ids=list(HEADERS))
def run(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Executes source as a module whose annotations cannot all be resolved; gives its names."""

    def run(source: str) -> dict[str, Any]:
        module = type(sys)("lazily_annotated")
        monkeypatch.setitem(sys.modules, module.__name__, module)
        exec(compile(request.param + source, "lazily_annotated.py", "exec"), vars(module))
        return vars(module)

    return run


FUNCTION = "def f(self, a: int, b: Decimal, c: list[Decimal] = []) -> models.Post: ..."


def test_what_is_there_is_resolved_and_the_rest_said_so(run: Any) -> None:
    hints = hints_of(run(FUNCTION)["f"])
    assert hints["a"] is int
    assert hints["b"] == Unresolved("Decimal")
    assert isinstance(hints["c"], Unresolved)
    assert hints["return"] == Unresolved("models.Post")


def test_names_and_defaults_need_no_types(run: Any) -> None:
    function = run(FUNCTION)["f"]
    assert list(signature_of(function).parameters) == ["self", "a", "b", "c"]
    assert signature_of(function).parameters["c"].default == []
    assert set(annotations_of(function)) == {"a", "b", "c", "return"}


def test_what_is_not_there_is_not_checked(run: Any) -> None:
    parameters = Parameters(run(FUNCTION)["f"])
    assert parameters.bind([1, object, [object]], {}, {})[0] == [1, object, [object]]
    with pytest.raises(Misfit, match="a: expected int, got str"):
        parameters.bind(["1", 2], {}, {})


def test_a_field_of_a_dataclass(run: Any) -> None:
    source = """
from dataclasses import dataclass
@dataclass
class Base:
    price: Decimal
@dataclass
class Line(Base):
    count: int = 0
"""
    line = run(source)["Line"]
    fit = fit_of(line)
    assert fit({"price": "any", "count": 2}, "line") == line("any", 2)
    with pytest.raises(Misfit, match=r"line\.count: expected int"):
        fit({"price": 1, "count": "2"}, "line")


@dataclass
class Arguments:
    name: str


def test_a_command_whose_other_parameters_are_for_checkers(run: Any) -> None:
    names = run("def go(self, args: Arguments, context: models.User) -> Decimal: ...")
    names["Arguments"] = Arguments
    cls = type("C", (), {"go": marked(names["go"], "go")})
    table = CommandTable(cls, ("context",))
    command = table.find("go")
    assert command is not None
    assert table.arguments(command, '{"name": "ann"}') == Arguments("ann")


def test_a_command_needs_its_arguments_themselves(run: Any) -> None:
    go = marked(run("def go(self, args: models.User) -> None: ...")["go"], "go")
    with pytest.raises(TypeError, match="with a dataclass that is there when"):
        CommandTable(type("C", (), {"go": go}))


def test_a_hook(run: Any) -> None:
    source = """
from mattermost_plugin import HookName, Plugin, Reject, hook
class Shouting(Plugin):
    @hook(HookName.MessageWillBePosted)
    def check(self, context: models.PluginContext, post: models.Post) -> models.Post | None:
        return Reject("no") if post.message.isupper() else None
"""
    from mattermost_plugin import models
    from mattermost_plugin.testing import PluginHarness

    with PluginHarness(run(source)["Shouting"]) as harness:
        answer = harness.hooks.message_will_be_posted(post=models.Post(message="HEY"))
    assert answer.rejection_reason == "no"


def test_a_hook_with_too_few_parameters_is_still_refused(run: Any) -> None:
    source = """
from mattermost_plugin import HookName, Plugin, hook
class Wrong(Plugin):
    @hook(HookName.MessageWillBePosted)
    def check(self, post: models.Post) -> models.Post: ...
"""
    from mattermost_plugin import HookRegistrationError

    with pytest.raises(HookRegistrationError, match=r"check\(self, post: .*models.Post"):
        run(source)


def test_a_class_made_of_a_model(run: Any) -> None:
    source = """
from mattermost_plugin.models import Preference
class Mine(Preference):
    extra: Decimal
"""
    names = {f.name for f in dataclasses.fields(run(source)["Mine"])}
    assert {"user_id", "category", "name", "value"} <= names


def test_an_organizer(run: Any) -> None:
    source = """
from clapshot_organizer import Organizer, command
from clapshot_organizer.models import OrganizerInfo
class Mine(Organizer):
    info = OrganizerInfo(name="org.example.mine", version="1")
    @command("go")
    async def go(self, args: Arguments, context: models.UserSessionData) -> None: ...
    async def on_start_user_session(self, request: models.Request) -> None: ...
"""
    organizer = run(f"from {Arguments.__module__} import Arguments\n{source}")["Mine"]
    assert organizer().info.name == "org.example.mine"


def test_a_provider_finds_what_it_supplies_by_name(run: Any) -> None:
    source = """
from openrun_plugin import Module, Provider, function
class Notes(Module):
    settings: Decimal
    @function
    def add(self, call: Call, text: str) -> Decimal: ...
class Mine(Provider):
    modules = (Notes,)
"""
    from openrun_plugin.extras.modules import compile_module

    (add,) = compile_module(run(source)["Notes"]).functions.values()
    assert list(add.parameters.supplied) == ["call"]
