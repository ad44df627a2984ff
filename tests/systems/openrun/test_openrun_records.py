"""Do functions take the records that an app makes of its schema, as the server sends them?"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, NotRequired, TypedDict

import pytest
from openrun_plugin import Module, PluginAPIError, Provider, Struct, function
from openrun_plugin.extras.testing import AppSession, ProviderHost


@dataclass
class Entry:
    name: str
    val: int = 1
    next: Entry | None = None


@dataclass
class Row:
    _id: int
    name: str


class Named(TypedDict):
    name: str
    val: NotRequired[int]


class Keeper(Module):
    @function
    def save(self, entry: Entry, *more: Entry) -> Any:
        inner = entry.next.name if entry.next else None
        return [entry.name, entry.val, inner, [m.name for m in more]]

    @function
    def row(self, row: Row) -> Any:
        return [row._id, row.name]

    @function
    def named(self, entry: Named) -> Any:
        return list(entry.items())

    @function
    def any_record(self, entry: Struct) -> Any:
        return sorted(entry)


class Records(Provider):
    modules: ClassVar = [Keeper]


@pytest.fixture(scope="module")
def host() -> Iterator[ProviderHost]:
    with ProviderHost(Records) as host:
        yield host


@pytest.fixture
def app(host: ProviderHost) -> Iterator[AppSession]:
    with host.session() as app:
        yield app


SYSTEM = {
    "_id": 7,
    "_version": 1,
    "_created_by": "ada",
    "_updated_by": "",
    "_created_at": 0,
    "_updated_at": 0,
    "_json": None,
}


def record(**fields: Any) -> Struct:
    """As `doc.entry(…)` makes it."""
    return Struct("entry", SYSTEM, **fields)


def test_a_dataclass_takes_a_record_of_the_schema(app: AppSession) -> None:
    entry = record(name="n", val=3, next=record(name="inner"))
    answer = app.call("keeper", "save", entry, record(name="more"))
    assert answer == ["n", 3, "inner", ["more"]]
    assert app.call("keeper", "save", entry=Struct("entry", name="n"))[:2] == ["n", 1]


def test_the_order_of_fields_varies(app: AppSession) -> None:
    fields = {"_id": 7, "val": 3, "name": "n", "_json": None}
    for order in itertools.permutations(fields.items()):
        entry = Struct("entry", dict(order))
        assert app.call("keeper", "save", entry) == ["n", 3, None, []]
        assert app.call("keeper", "named", entry) == [("name", "n"), ("val", 3)]


def test_what_is_declared_is_not_ignored(app: AppSession) -> None:
    assert app.call("keeper", "row", record(name="n")) == [7, "n"]
    with pytest.raises(PluginAPIError, match=r"row\._id: expected int, got str"):
        app.call("keeper", "row", Struct("entry", _id="7", name="n"))
    with pytest.raises(PluginAPIError, match=r"row\._id: missing"):
        app.call("keeper", "row", Struct("entry", name="n"))


def test_a_struct_has_every_field(app: AppSession) -> None:
    names = app.call("keeper", "any_record", record(name="n"))
    assert names == sorted([*SYSTEM, "name"])


@pytest.mark.parametrize(
    ("value", "unknown"),
    [
        (record(name="n", valu=3), "valu"),
        (Struct("entry", name="n", _ID=3), "_ID"),
        ({"name": "n", "_id": 7}, "_id"),  # a dict is no record
    ],
)
def test_other_fields_are_still_refused(app: AppSession, value: Any, unknown: str) -> None:
    with pytest.raises(PluginAPIError, match=f"unknown key '{unknown}'"):
        app.call("keeper", "save", value)
