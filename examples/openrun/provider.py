#!/usr/bin/env python3
"""Notes in an SQLite file, for OpenRun apps: load("notes.ex", "notes")."""

import sqlite3
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar

from openrun_plugin import (
    Call,
    FuncRef,
    Module,
    PluginAPIError,
    Provider,
    Struct,
    Thunk,
    function,
    run_provider,
)

NOT_FOUND, TOO_LONG = 2, 3  # what apps see in `error_code`
TRANSACTION = "transaction"


@dataclass
class Settings:
    """[plugin."notes.ex"] in openrun.toml."""

    path: str
    max_length: int = 1000


class Notes(Module):
    constants: ClassVar = {
        "NOT_FOUND": NOT_FOUND,
        "TOO_LONG": TOO_LONG,
        "COLOURS": ("yellow", "green", "blue"),
    }
    settings: Settings

    def on_init(self) -> None:
        with self.opened() as database:
            database.execute(
                "CREATE TABLE IF NOT EXISTS note (id INTEGER PRIMARY KEY,"
                " text TEXT NOT NULL, colour TEXT NOT NULL, created TEXT NOT NULL)"
            )

    @function
    def add(self, call: Call, text: str, *, colour: str = "yellow") -> int:
        """The id of a new note."""
        if len(text) > self.settings.max_length:
            raise PluginAPIError("this note is too long", error_code=TOO_LONG)
        created = datetime.now(UTC).isoformat()
        with self.database(call) as database:
            sql = "INSERT INTO note (text, colour, created) VALUES (?, ?, ?)"
            return database.execute(sql, (text, colour, created)).lastrowid or 0

    @function
    def delete(self, call: Call, id: int) -> None:
        with self.database(call) as database:
            if not database.execute("DELETE FROM note WHERE id = ?", (id,)).rowcount:
                raise PluginAPIError(f"there is no note {id}", error_code=NOT_FOUND)

    @function(is_read=True)
    def get(self, call: Call, id: int) -> Struct:
        with self.database(call) as database:
            for row in database.execute("SELECT * FROM note WHERE id = ?", (id,)):
                return self.note(*row)
        raise PluginAPIError(f"there is no note {id}", error_code=NOT_FOUND)

    @function(is_read=True)
    def search(self, call: Call, word: str = "") -> Iterator[Struct]:
        """The notes with `word` in them. The app gets them as it iterates."""
        with self.database(call) as database:
            sql = "SELECT id, text FROM note WHERE instr(text, ?) ORDER BY id"
            for id, text in database.execute(sql, (word,)):
                yield Struct("hit", id=id, text=text)

    @function
    def begin(self, call: Call) -> None:
        """Begin a transaction; without `commit` it is undone when the request ends."""
        if TRANSACTION in call.session.state:
            raise PluginAPIError("the request has a transaction already")
        database = self.connect()
        # A request that forgets to commit fails, with an error that names the key.
        call.session.defer(TRANSACTION, database.close, strict=True)
        database.execute("BEGIN IMMEDIATE")
        call.session.state[TRANSACTION] = database

    @function
    def commit(self, call: Call) -> None:
        self.end(call, "COMMIT")

    @function
    def rollback(self, call: Call) -> None:
        self.end(call, "ROLLBACK")

    def note(self, id: int, text: str, colour: str, created: str) -> Struct:
        return Struct(
            "note",
            id=id,
            text=text,
            colour=colour,
            created=datetime.fromisoformat(created),
            words=Thunk("words", text.split()),  # note.words() needs no call
            delete=FuncRef("delete", (id,)),  # note.delete() is one
        )

    def end(self, call: Call, sql: str) -> None:
        database = call.session.state.pop(TRANSACTION, None)
        if database is None:
            raise PluginAPIError("the request has no transaction")
        call.session.forget(TRANSACTION)
        try:
            database.execute(sql)
        finally:
            database.close()  # what is not committed is gone

    @contextmanager
    def database(self, call: Call) -> Generator[sqlite3.Connection]:
        """The connection of the request's transaction, or one for this call."""
        if TRANSACTION in call.session.state:
            yield call.session.state[TRANSACTION]
        else:
            with self.opened() as database:
                yield database

    @contextmanager
    def opened(self) -> Generator[sqlite3.Connection]:
        database = self.connect()
        try:
            yield database
        finally:
            database.close()

    def connect(self) -> sqlite3.Connection:
        # Each statement is its own transaction, unless there is one; calls run in threads.
        return sqlite3.connect(self.settings.path, isolation_level=None, check_same_thread=False)


class NotesProvider(Provider):
    version = "1.0.0"
    modules: ClassVar = [Notes]


if __name__ == "__main__":
    run_provider(NotesProvider)
