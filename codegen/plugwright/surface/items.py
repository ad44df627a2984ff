"""What is a surface? Pure values: one `Item` for each thing that users of an SDK notice.

An item is a kind, a subject and a detail. Subjects are Python places in the package:
`models.post.Post.id`, `clients.plugin_api.PluginAPIClient.get_user`, `HookName.OnActivate`. Kind
and subject are the key of an item; another detail is a changed item.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from ..problems import visible

Key = tuple[str, str]


class Kind(NamedTuple):
    """`separator`: what stands between subject and detail; `section`, `rank`: the place of such
    items in a surface; `is_inner`: whether they stand with what their subject is part of.
    """

    separator: str
    section: int
    rank: int
    is_inner: bool = False


KINDS: Mapping[str, Kind] = {
    "sdk": Kind(" = ", 0, 0),  # package, distribution
    "launch": Kind(" = ", 0, 1),  # a setting that hosts and authors notice
    "export": Kind(" = ", 1, 0),  # name = where it is from
    # class = full name [| deprecated]
    "model": Kind(" = ", 2, 0),
    # attribute: annotation = default | number label type name [json name]
    "field": Kind(": ", 2, 1, True),
    # attribute = name | holder class | union class
    "oneof": Kind(" = ", 2, 2, True),
    # class: annotation | number label type name
    "case": Kind(": ", 2, 3, True),
    "enum": Kind(" = ", 2, 0),  # class = full name | open or closed
    "member": Kind(" = ", 2, 1, True),  # member = number | value
    # class = full name | flavours … | timeout … | errors …
    "client": Kind(" = ", 3, 0),
    "method": Kind(" = ", 3, 1),  # method = RPC | kind | request -> response
    # parameter: annotation [= default] | positional 1 or keyword | field … or oneof … or request
    "parameter": Kind(": ", 3, 2, True),
    "result": Kind(": ", 3, 3),  # method: annotation | field …, whole or nothing
    "raises": Kind(" = ", 3, 4),  # method = fields of the response that tell of a failure
    "twin": Kind(" = ", 3, 5),  # method = method whose whole response it returns | annotation
    "idempotent": Kind(" = ", 3, 6),  # method = yes
    "hook": Kind(" = ", 4, 0),  # hook = RPC | family | request -> response
    # argument: annotation | required 1 or optional 2 | field … or oneof …
    "handler": Kind(": ", 4, 1, True),
    "answer": Kind(": ", 4, 2),  # hook: annotation
    "servicer": Kind(" = ", 5, 0),  # class = full name
    "serves": Kind(" = ", 5, 1),  # method = RPC | kind | request -> response
    "alias": Kind(" = ", 6, 0),  # old name = new name
    "deprecated": Kind(" = ", 7, 0),  # what warns = yes
}


class Item(NamedTuple):
    """One line of a surface; `KINDS` says what the detail of a kind is."""

    kind: str
    subject: str
    detail: str

    @property
    def key(self) -> Key:
        return self.kind, self.subject

    @property
    def owner(self) -> str:
        """What the subject is part of: a class, a method, a hook; "" if it is none of another."""
        return self.subject.rpartition(".")[0]

    @property
    def name(self) -> str:
        """The last part of the subject."""
        return self.subject.rpartition(".")[2]

    @property
    def head(self) -> str:
        """The detail up to its first ` | `."""
        return self.detail.partition(BAR)[0]

    @property
    def parts(self) -> list[str]:
        """What stands behind the annotation or the head, part by part.

        Annotations and defaults may have bars of their own; parts have none.
        """
        count = _PARTS.get(self.kind, -1)
        if count < 0:
            return self.detail.split(BAR)[1:]
        return self.detail.rsplit(BAR, count)[1:]

    @property
    def shown(self) -> str:
        """The annotation of a field, parameter or result, with its default."""
        return self.detail.rsplit(BAR, _PARTS[self.kind])[0]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}{KINDS[self.kind].separator}{self.detail}"


BAR = " | "
# What details look like that the next run takes apart.
SHAPES = {
    kind: re.compile(shape)
    for kind, shape in {
        "case": r".* \| -?\d+ \S+ \S.*",
        "oneof": r"\w+ \| holder \w+ \| union [\w.]+",
        "member": r"-?\d+ \| \w+",
        "parameter": r".+ \| (positional \d{1,9}|keyword) \| (request|(field|oneof) \w+)",
        "result": r".+ \| (whole|nothing|field \w+)",
        "handler": r".+ \| (required|optional) \d{1,9} \| (field|oneof) \w+",
    }.items()
}
# How many parts stand behind an annotation.
_PARTS = {"field": 1, "case": 1, "parameter": 2, "result": 1, "handler": 2, "answer": 0, "twin": 0}


class Surface(NamedTuple):
    """`version`: of the SDK when the surface was written, "" if there was none.

    `file`: where it was read, for errors.
    """

    version: str
    items: tuple[Item, ...]
    file: str = ""

    def of(self, *kinds: str) -> Iterator[Item]:
        """The items of some kinds."""
        return (item for item in self.items if item.kind in kinds)

    def by_key(self) -> dict[Key, Item]:
        return {(item.kind, item.subject): item for item in self.items}


NOTHING = Surface("", ())
"""The surface of an SDK that has not been generated yet."""


def made(version: str, items: Iterable[Item]) -> Surface:
    """The items in the order in which a surface lists them, whatever the protos' own is.

    Fields and members are listed by their number, parameters by their position; the rest by name.
    """
    printed = (i if i.detail.isprintable() else _escaped(i) for i in items)
    return Surface(version, tuple(sorted(printed, key=_place)))


def _escaped(item: Item) -> Item:
    return item._replace(detail=visible(item.detail))


def _place(item: Item) -> tuple[int, str, int, int, str]:
    kind, subject, detail = item
    _, section, rank, is_inner = KINDS[kind]
    path, number = subject, 0
    if is_inner:
        path = subject.rpartition(".")[0]
        if kind == "case":
            path = path.rpartition(".")[0]
        number = _number(kind, detail)
    elif kind in ("export", "alias", "deprecated"):
        path = ""
    return section, path.replace(".", "\t"), rank, number, subject


_LAST = 2**31
_FIRST_NUMBER = re.compile(r"-?\d+")
_POSITION = re.compile(r".* \| [a-z]+ (\d+) \| ")


def _number(kind: str, detail: str) -> int:
    """The number by which an item is listed among its kind."""
    if kind == "member":
        found = _FIRST_NUMBER.match(detail)
        return int(found[0]) if found else _LAST
    if kind in ("field", "case"):
        text = detail.rpartition(BAR)[2].partition(" ")[0]
        return int(text) if text.isdecimal() else _LAST
    position = _POSITION.match(detail)
    return int(position[1]) if position else _LAST
