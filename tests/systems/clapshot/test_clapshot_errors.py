"""Does what a handler raises mean to the server what the table of statuses says? A test a line."""

from __future__ import annotations

from typing import Any

import pytest
from kit.clapshot.play import Play
from kit.clapshot.server import ClapshotServer, SessionClosed, StartFailed, list_tests

ALICE = "alice"


def migration(server: ClapshotServer) -> str:
    """How a start with one pending migration goes."""
    server.start()
    return "started"


def session(server: ClapshotServer) -> str:
    with server, server.session(ALICE):
        return "open"


def in_session(call: Any) -> Any:
    def run(server: ClapshotServer) -> str:
        with server, server.session(ALICE) as alice:
            outcome = call(alice)
            return f"{outcome.kind}: {outcome.text}".removesuffix(": ")

    return run


def own_tests(server: ClapshotServer) -> str:
    with server:
        return list_tests(server).kind


def login(server: ClapshotServer) -> str:
    with server, server.session(ALICE) as alice:
        return f"open, {alice.authz(other_op={'op': 1}).kind}"


INTERNAL = "INTERNAL: internal error of the organizer in"
VISIBLE = "INVALID_ARGUMENT: told to the user"
PLAYS = {
    "check_migrations": migration,
    "handshake": migration,
    "on_start_user_session": session,
    "navigate_page": in_session(lambda s: s.navigate("p1")),
    "authz_user_action": login,
    "cmd_from_client": in_session(lambda s: s.command("x", "{}")),
    "move_to_folder": in_session(lambda s: s.move([], "1")),
    "reorder_items": in_session(lambda s: s.reorder([])),
    "list_tests": own_tests,
}
NO_START = "no start"
CLOSED = "closed"

# call, what its handler does, what comes of it
LINES = [
    ("check_migrations", "unimplemented", "started"),
    ("check_migrations", "not_found", "started"),
    ("check_migrations", "abort", f"{NO_START}: migration failed: ABORTED: handled"),
    ("check_migrations", "visible", f"{NO_START}: migration failed: {VISIBLE}"),
    ("check_migrations", "bug", f"{NO_START}: migration failed: {INTERNAL}"),
    ("check_migrations", "nothing", f"{NO_START}: migration failed: {INTERNAL}"),
    ("handshake", "unimplemented", f"{NO_START}: handshake failed: UNIMPLEMENTED"),
    ("handshake", "abort", f"{NO_START}: handshake failed: ABORTED: handled"),
    ("handshake", "visible", f"{NO_START}: handshake failed: {VISIBLE}"),
    ("handshake", "bug", f"{NO_START}: handshake failed: {INTERNAL} handshake"),
    ("on_start_user_session", "unimplemented", "open"),
    ("on_start_user_session", "nothing", "open"),
    ("on_start_user_session", "abort", f"{CLOSED}: ABORTED: handled"),
    ("on_start_user_session", "visible", f"{CLOSED}: {VISIBLE}"),
    ("on_start_user_session", "bug", f"{CLOSED}: {INTERNAL}"),
    ("navigate_page", "unimplemented", "built-in listing"),
    ("navigate_page", "abort", "built-in listing"),
    ("navigate_page", "answer", "page"),
    ("navigate_page", "visible", f"error: {VISIBLE}"),
    ("navigate_page", "not_found", "error: NOT_FOUND: none"),
    ("navigate_page", "bug", f"error: {INTERNAL} navigate_page"),
    ("navigate_page", "nothing", f"error: {INTERNAL} navigate_page"),
    ("navigate_page", "outbound", f"error: {INTERNAL} navigate_page"),
    ("authz_user_action", "unimplemented", "open, server's default"),
    ("authz_user_action", "answer", "open, server's default"),
    ("authz_user_action", "abort", f"{CLOSED}: login denied: a warning in the log"),
    ("authz_user_action", "visible", f"{CLOSED}: login denied: internal error"),
    ("authz_user_action", "bug", f"{CLOSED}: login denied: internal error"),
    ("authz_user_action", "nothing", f"{CLOSED}: login denied: internal error"),
    ("authz_user_action", "outbound", f"{CLOSED}: login denied: internal error"),
    ("cmd_from_client", "unimplemented", "error: UNIMPLEMENTED: not here"),
    ("cmd_from_client", "abort", "ignored"),
    ("cmd_from_client", "nothing", "done"),
    ("cmd_from_client", "visible", f"error: {VISIBLE}"),
    ("cmd_from_client", "bug", f"error: {INTERNAL}"),
    ("move_to_folder", "unimplemented", "ignored"),
    ("move_to_folder", "abort", "ignored"),
    ("move_to_folder", "nothing", "done"),
    ("move_to_folder", "visible", f"error: {VISIBLE}"),
    ("move_to_folder", "bug", f"error: {INTERNAL}"),
    ("reorder_items", "unimplemented", "ignored"),
    ("reorder_items", "abort", "ignored"),
    ("reorder_items", "nothing", "done"),
    ("reorder_items", "visible", f"error: {VISIBLE}"),
    ("reorder_items", "bug", f"error: {INTERNAL}"),
    ("list_tests", "unimplemented", "none"),
    ("list_tests", "not_found", "none"),
    ("list_tests", "answer", "tests"),
    ("list_tests", "abort", "error"),
    ("list_tests", "visible", "error"),
    ("list_tests", "bug", "error"),
    ("list_tests", "outbound", "error"),
]


@pytest.mark.parametrize(("call", "what", "outcome"), LINES)
def test_a_line_of_the_table(play: Play, call: str, what: str, outcome: str) -> None:
    handler = "on_connected" if call == "handshake" else call
    server = play("scripted.py", script={handler: what}, attempts=1)
    # A failure of the server must never look like "use your default".
    from grpc import StatusCode

    server.outbound.answers["DbGetComments"] = lambda _: StatusCode.UNIMPLEMENTED
    try:
        found = PLAYS[call](server)
    except StartFailed as error:
        found = f"{NO_START}: {error}"
    except SessionClosed as error:
        found = f"{CLOSED}: {error}"
    assert found.startswith(outcome)
    server.stop()
    errors = [line for line in server.lines["stdout"] if line.startswith("ERROR")]
    assert len(errors) == (
        (what in ("bug", "nothing") and outcome not in ("open", "done")) or what == "outbound"
    )


@pytest.mark.parametrize("what", ["unimplemented", "abort", "visible", "bug"])
def test_every_status_of_apply_migration_is_fatal(play: Play, what: str) -> None:
    server = play("scripted.py", script={"apply_migration": what})
    plan = [server_step()]
    server._plan = lambda _: plan  # type: ignore[method-assign]
    with pytest.raises(StartFailed, match="migration failed"):
        server.start()


def server_step() -> Any:
    from kit.clapshot.wire import organizer

    return organizer("Migration", uuid="u1", version="1")


def test_without_handlers_the_server_uses_its_defaults(play: Play) -> None:
    with play("scripted.py") as server, server.session(ALICE) as alice:
        assert alice.navigate().kind == "built-in listing"
        assert alice.authz(other_op={"op": 1}).kind == "server's default"
        assert alice.move([], "1").kind == "ignored"
        assert alice.reorder([]).kind == "ignored"
        assert list_tests(server).kind == "none"
        unknown = alice.command("x", "{}")
        assert unknown.text == "UNIMPLEMENTED: the organizer has no command 'x'"
