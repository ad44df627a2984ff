"""The tables of this organizer, in the SQLite database that it shares with the server."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

NAME = "org.example.projects"


@dataclass(frozen=True)
class Step:
    """A migration: from version `start` ("" = no tables) to `version`."""

    uuid: str
    start: str
    version: str
    description: str
    sql: tuple[str, ...]


STEPS = (
    Step(
        "4b0f5a7e-0d43-4a0c-9a43-6a1c1c8d8b01",
        "",
        "2026-01-10",
        "Folders of users, and what is in them",
        (
            "CREATE TABLE projects_version (version TEXT NOT NULL)",
            "INSERT INTO projects_version VALUES ('')",
            "CREATE TABLE projects_folder (id INTEGER PRIMARY KEY, owner TEXT NOT NULL,"
            " parent INTEGER REFERENCES projects_folder, title TEXT NOT NULL,"
            " position INTEGER NOT NULL DEFAULT 0)",
            "CREATE TABLE projects_file (id TEXT PRIMARY KEY,"
            " folder INTEGER REFERENCES projects_folder, position INTEGER NOT NULL)",
        ),
    ),
    Step(
        "d7f3a0de-8c66-4f6e-b8d5-7b40e1c3a602",
        "2026-01-10",
        "2026-03-02",
        "Folders can be shared",
        (
            "CREATE TABLE projects_share (user TEXT NOT NULL,"
            " folder INTEGER NOT NULL REFERENCES projects_folder,"
            " PRIMARY KEY (user, folder))",
        ),
    ),
)


@dataclass(frozen=True)
class Folder:
    id: int
    owner: str
    parent: int | None
    title: str


class Store:
    """Opens a connection for each use: calls come from several threads."""

    def __init__(self, path: str) -> None:
        self.path = path

    @contextmanager
    def _transaction(self) -> Generator[sqlite3.Connection, None, None]:
        connection = sqlite3.connect(self.path, timeout=5, isolation_level=None)
        try:
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("BEGIN IMMEDIATE")
            with connection:
                yield connection
        finally:
            connection.close()

    def version(self) -> str:
        """Of the tables; "" if there are none."""
        with self._transaction() as db:
            tables = "SELECT 1 FROM sqlite_master WHERE name = 'projects_version'"
            if db.execute(tables).fetchone() is None:
                return ""
            return str(db.execute("SELECT version FROM projects_version").fetchone()[0])

    def migrate(self, step: Step) -> None:
        """All of a step or nothing. Raises sqlite3.Error."""
        with self._transaction() as db:
            for statement in step.sql:
                db.execute(statement)
            db.execute("UPDATE projects_version SET version = ?", (step.version,))

    def folder(self, id: int) -> Folder | None:
        found = self._folders("WHERE id = ?", id)
        return found[0] if found else None

    def folders(self, owner: str, parent: int | None) -> list[Folder]:
        """The folders in another one, or those at the top."""
        return self._folders(
            "WHERE owner = ? AND parent IS ? ORDER BY position, title", owner, parent
        )

    def shared_with(self, user: str) -> list[Folder]:
        return self._folders("WHERE id IN (SELECT folder FROM projects_share WHERE user = ?)", user)

    def _folders(self, where: str, *values: object) -> list[Folder]:
        columns = "SELECT id, owner, parent, title FROM projects_folder"
        with self._transaction() as db:
            return [Folder(*row) for row in db.execute(f"{columns} {where}", values)]

    def add_folder(self, owner: str, parent: int | None, title: str) -> int:
        with self._transaction() as db:
            added = db.execute(
                "INSERT INTO projects_folder (owner, parent, title) VALUES (?, ?, ?)",
                (owner, parent, title),
            )
            return int(added.lastrowid or 0)

    def share(self, folder: int, user: str) -> None:
        with self._transaction() as db:
            values = (user, folder)
            db.execute("INSERT OR IGNORE INTO projects_share VALUES (?, ?)", values)

    def may_see(self, user: str, file: str) -> bool:
        """Whether the file's folder, or one around it, is shared with the user."""
        with self._transaction() as db:
            around = (
                "WITH RECURSIVE around(id) AS ("
                " SELECT folder FROM projects_file WHERE id = ?"
                " UNION SELECT parent FROM projects_folder JOIN around USING (id))"
                " SELECT 1 FROM projects_share JOIN around ON folder = id WHERE user = ?"
            )
            return db.execute(around, (file, user)).fetchone() is not None

    def places(self) -> dict[str, int | None]:
        """Of every file that was ever moved or ordered, its folder; in their order."""
        with self._transaction() as db:
            rows = db.execute("SELECT id, folder FROM projects_file ORDER BY position")
            return dict(rows.fetchall())

    def move_files(self, files: Sequence[str], folder: int | None) -> None:
        with self._transaction() as db:
            db.executemany(
                "INSERT INTO projects_file VALUES (?, ?, 0)"
                " ON CONFLICT (id) DO UPDATE SET folder = excluded.folder",
                [(file, folder) for file in files],
            )

    def move_folder(self, id: int, parent: int | None) -> None:
        with self._transaction() as db:
            change = "UPDATE projects_folder SET parent = ? WHERE id = ?"
            db.execute(change, (parent, id))

    def order(self, files: Sequence[str], folders: Sequence[int]) -> None:
        with self._transaction() as db:
            db.executemany(
                "INSERT INTO projects_file VALUES (?, NULL, ?)"
                " ON CONFLICT (id) DO UPDATE SET position = excluded.position",
                [(file, i) for i, file in enumerate(files)],
            )
            db.executemany(
                "UPDATE projects_folder SET position = ? WHERE id = ?",
                [(i, folder) for i, folder in enumerate(folders)],
            )
