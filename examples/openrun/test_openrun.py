"""The notes provider under a host that plays the OpenRun server, over real channels."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from openrun_plugin import PluginAPIError
from openrun_plugin.extras.testing import AppSession, ProviderHost
from provider import NOT_FOUND, TOO_LONG, NotesProvider


@pytest.fixture
def host(tmp_path: Path) -> Iterator[ProviderHost]:
    settings = {"notes": {"path": str(tmp_path / "notes.db"), "max_length": 20}}
    with ProviderHost(NotesProvider, settings=settings) as host:
        yield host


@pytest.fixture
def session(host: ProviderHost) -> Iterator[AppSession]:
    with host.session() as session:
        yield session


def test_a_note_comes_back(session: AppSession) -> None:
    id = session.call("notes", "add", "buy milk", colour="green")
    note = session.call("notes", "get", id)
    assert note.type_name == "note"
    assert (note["text"], note["colour"]) == ("buy milk", "green")
    assert datetime.now(UTC) >= note["created"]
    assert note["words"]() == ["buy", "milk"]


def test_a_note_can_be_deleted_by_its_own_function(session: AppSession) -> None:
    id = session.call("notes", "add", "buy milk")
    session.call("notes", "get", id)["delete"]()
    with pytest.raises(PluginAPIError, match=f"there is no note {id}") as caught:
        session.call("notes", "get", id)
    assert caught.value.error_code == NOT_FOUND


def test_what_is_too_long_is_refused(session: AppSession) -> None:
    with pytest.raises(PluginAPIError) as caught:
        session.call("notes", "add", "x" * 21)
    assert caught.value.error_code == TOO_LONG


def test_arguments_are_checked(session: AppSession) -> None:
    with pytest.raises(PluginAPIError, match="id: expected int, got str"):
        session.call("notes", "get", "1")


def test_many_notes_are_searched(session: AppSession) -> None:
    session.call("notes", "begin")
    for number in range(250):
        session.call("notes", "add", f"note {number}")
    session.call("notes", "commit")
    hits = session.call("notes", "search", "note")
    assert [hit["text"] for hit in hits] == [f"note {n}" for n in range(250)]


def test_a_request_that_does_not_commit_leaves_nothing(host: ProviderHost) -> None:
    request = host.session()
    request.call("notes", "begin")
    request.call("notes", "add", "lost")
    assert request.leaks() == ["notes:transaction"]
    assert request.end(failed=True) == ""
    with host.session() as session:
        assert list(session.call("notes", "search")) == []


def test_settings_are_checked() -> None:
    with (
        ProviderHost(NotesProvider, settings={"notes": {"path": 7}}) as host,
        pytest.raises(PluginAPIError, match="settings: path: expected str, got int"),
    ):
        host.initialise("notes")
