"""What do a plugin and a host see of each other if one of them is older? Over a real channel."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any, NamedTuple

import pytest
from kit.evolution.authors import Author, settle
from kit.evolution.edits import Edit, after, before, edit
from plugwright_runtime.errors import PluginAPIError
from plugwright_runtime.testing import HarnessBase

NEWER: Edit = edit(
    "a newer system",
    after("note", "Place place = 9;", "\n  bool done = 10;"),
    after("note", "bytes drawing = 8;", "\n    string link = 11;"),
    after("note", "  COLOR_GREEN = 2;\n", "  COLOR_BLUE = 3;\n"),
    after("api", "string folder = 2;", "\n  string branch = 3;"),
    after("api", "bytes value = 2;", "\n  int64 version = 3;"),
    before("api", "  rpc KVGet", "  rpc Lock(KVGetRequest) returns (MoveNoteResponse);\n"),
    after("hooks", "string user = 2;", "\n  string team = 3;"),
    before(
        "hooks", "  rpc RateNote", "  rpc LikeNote(RateNoteRequest) returns (RateNoteResponse);\n"
    ),
)


def not_served() -> AbstractContextManager[Any]:
    return pytest.raises(PluginAPIError, match="is not served there")


class Sdk(NamedTuple):
    """One version of an SDK, with the author's program."""

    package: Any
    program: Any

    @property
    def models(self) -> Any:
        return self.package.models

    @property
    def hooks(self) -> Any:
        return self.package.clients.NotesHooksClient


class Both(NamedTuple):
    old: Sdk
    new: Sdk


@pytest.fixture(scope="module")
def sdks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    folder = tmp_path_factory.mktemp("both")
    old, new = settle(folder, "old_notes"), settle(folder, "new_notes")
    NEWER.apply(new.protos)
    new.generate()
    sys.path.insert(0, str(folder / "sdks"))
    yield Both(_loaded(old), _loaded(new))
    sys.path.remove(str(folder / "sdks"))


def _loaded(author: Author) -> Sdk:
    package = importlib.import_module(author.package)
    for name in ("clients", "models"):
        importlib.import_module(f"{author.package}.{name}")
    return Sdk(package, importlib.import_module(author.program))


def meet(plugin: type, host: Sdk) -> AbstractContextManager[Any]:
    """The plugin under a host that has another version of the protos."""
    return HarnessBase(plugin, host.program.Notes(), host.hooks, True)


# ----------------------------------------------------------------- an old plugin, a newer host


def test_an_old_plugin_hands_on_what_it_does_not_know(sdks: Both) -> None:
    note = sdks.new.models.Note(text="milk", stars=1, done=True)
    with meet(sdks.old.program.Library, sdks.new) as harness:
        saved = harness.hooks.note_will_be_saved(note=note).modified_note
    assert (saved.stars, saved.done) == (2, True)


def test_an_old_plugin_reads_a_new_case_as_none_and_a_new_value_as_a_number(sdks: Both) -> None:
    models = sdks.new.models
    answer = models.Note(color=models.Color.BLUE, body=models.Note.Body.Link("x"))
    with meet(sdks.old.program.Library, sdks.new) as harness:
        harness.api.on("GetNote", models.GetNoteResponse(note=answer))
        note = harness.plugin.api.get_note("n1", "drawer")
    assert note.body is None
    assert note.color == 3
    assert note.color not in list(sdks.old.models.Color)


def test_a_newer_host_reads_what_an_old_plugin_leaves_out_as_unset(sdks: Both) -> None:
    with meet(sdks.old.program.Library, sdks.new) as harness:
        harness.plugin.api.get_note("n1", "drawer")
        (request,) = harness.api.requests("GetNote", sdks.new.models.GetNoteRequest)
    assert (request.id, request.folder, request.branch) == ("n1", "drawer", "")


def test_an_old_handler_gets_the_arguments_that_it_knows(sdks: Both) -> None:
    note = sdks.new.models.Note(stars=4)
    with meet(sdks.old.program.Library, sdks.new) as harness:
        assert harness.hooks.rate_note(note=note, user="bob", team="red") == 7


def test_an_old_plugin_has_no_new_hook(sdks: Both) -> None:
    with meet(sdks.old.program.Library, sdks.new) as harness, not_served():
        harness.hooks.like_note(user="bob")


# ----------------------------------------------------------------- a newer plugin, an old host


def newer_plugin(sdks: Both) -> type:
    """A plugin that uses what the newer SDK has."""
    package = sdks.new.package

    class Newer(package.Plugin):  # type: ignore[misc, name-defined]
        @package.hook(package.HookName.RateNote)  # type: ignore[untyped-decorator]
        def rate(self, note: Any, user: str, team: str) -> int:
            return int(note.stars) + len(team)

    return Newer


def test_a_newer_handler_gets_the_zero_value_from_an_old_host(sdks: Both) -> None:
    with meet(newer_plugin(sdks), sdks.old) as harness:
        assert harness.hooks.rate_note(note=sdks.old.models.Note(stars=4), user="bob") == 4


def test_an_old_host_keeps_a_new_parameter_as_unknown(sdks: Both) -> None:
    with meet(newer_plugin(sdks), sdks.old) as harness:
        note = harness.plugin.api.get_note("n1", "drawer", branch="dev")
        (request,) = harness.api.requests("GetNote", sdks.old.models.GetNoteRequest)
    assert (request.folder, b"dev" in request.__unknown__) == ("drawer", True)
    assert (note.text, note.done) == ("buy milk", False)


def test_the_whole_response_of_an_old_host_lacks_what_is_new(sdks: Both) -> None:
    with meet(newer_plugin(sdks), sdks.old) as harness:
        assert harness.plugin.api.kv_get("k") == b"value of k"
        response = harness.plugin.api.kv_get_response("k")
    assert (response.value, response.version) == (b"value of k", 0)


def test_an_old_host_has_no_new_rpc(sdks: Both) -> None:
    with meet(newer_plugin(sdks), sdks.old) as harness, not_served():
        harness.plugin.api.lock("k")
