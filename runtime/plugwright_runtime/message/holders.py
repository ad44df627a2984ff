"""Which models is the culprit of a failed encoding in, and how does a path name the way to it?

Each converter that was under way has a frame in the traceback, with its model in `o`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from .descriptors import in_oneof, is_map, is_repeated, is_required
from .known_types import Types
from .model import Model

# Models nest as deeply as protobuf parses; a cycle would never end.
MAX_DEPTH = 100


class Step(NamedTuple):
    """From a model into one of its values: what a path says, the same without values of the model,
    whether the field is secret, its descriptor, and the model class that belongs there.
    """

    text: str
    bare: str
    hidden: bool = False
    field: Any = None
    model: Any = None


class _Holder(NamedTuple):
    """An attribute that holds models.

    `shape`: "one", "list", "map" or "case"; `members`: name of a field -> (its descriptor, the
    class of its models), of all that are behind the attribute.
    """

    attribute: str
    shape: str
    members: Mapping[str, tuple[Any, type[Model]]]


def way(error: BaseException) -> list[Any]:
    """The models from the outermost to the one whose converter failed, or what is no model there.

    [] if all were converted, and what protobuf made of them is what failed.
    """
    found: list[Any] = []
    trace = error.__traceback__
    while trace is not None and len(found) <= MAX_DEPTH + 1:
        frame = trace.tb_frame
        module = str(frame.f_globals.get("__name__", ""))
        if frame.f_code.co_name.startswith("write_") and "._convert." in module:
            found.append(frame.f_locals["o"])
        trace = trace.tb_next
    return found


class Steps:
    """The ways into models; remembers what descriptors say, for many models are of one class."""

    def __init__(self) -> None:
        self._holders: dict[Any, list[_Holder]] = {}

    def to(self, holder: Model, value: Any) -> Step | None:
        """The first way from `holder` to `value`."""
        for row, at, held in self.held(holder):
            if held is value:
                return _step(row, at, holder)
        return None

    def held(self, model: Model) -> Iterator[tuple[_Holder, Any, Any]]:
        """(attribute, place in it, what is there) of what should be models, in the order it is
        written in."""
        codec = model.__codec__
        rows = self._holders.get(codec)
        if rows is None:
            rows = self._holders[codec] = list(_holders(codec))
        for row in rows:
            value = getattr(model, row.attribute, None)
            if row.shape == "list":
                elements = value if isinstance(value, list | tuple) else ()
                yield from ((row, i, element) for i, element in enumerate(elements))
            elif row.shape == "map":
                items = value.items() if isinstance(value, Mapping) else ()
                yield from ((row, key, element) for key, element in items)
            elif row.shape == "case":
                name = getattr(type(value), "__proto_field__", "")
                if name in row.members:
                    yield row, name, getattr(value, "value", None)
            elif value is not None or is_required(row.members[""][0]):
                yield row, "", value


def _step(row: _Holder, at: Any, holder: Model) -> Step:
    path, member = f".{row.attribute}", ""
    bare = text = path
    if row.shape == "list":
        bare = text = f"{path}[{at}]"
    elif row.shape == "map":
        text, bare = f"{path}[{at!r}]", f"{path}[...]"
    elif row.shape == "case":
        member = at
        bare = text = f"{path} ({type(getattr(holder, row.attribute)).__name__})"
    hidden = row.attribute in holder.__secrets__
    return Step(text, bare, hidden, *row.members[member])


def _holders(codec: Any) -> Iterator[_Holder]:
    """The attributes of a class that hold models, in the order they are written in."""
    for attribute, members in codec.fields().items():
        field, shape = members[0], "one"
        if in_oneof(field):
            shape = "case"
        elif is_map(field):
            members, shape = [field.message_type.fields_by_name["value"]], "map"
        elif is_repeated(field):
            shape = "list"
        found = {
            member.name if shape == "case" else "": (member, model)
            for member in members
            if (model := _model_of(codec.package, member)) is not None
        }
        if found:
            yield _Holder(attribute, shape, found)


def _model_of(package: Types, field: Any) -> Any:
    """The model class of a field's message; None if it is another value."""
    nested = field.message_type
    if nested is None:
        return None
    name = nested.full_name
    return package.codec(name).model if package.knows(name) else None


def too_deep(model: Model, steps: Steps) -> list[Any]:
    """A way that is deeper than protobuf writes; [] if there is none."""
    seen: dict[int, int] = {}
    stack: list[tuple[Any, int]] = [(model, 0)]
    path: list[Any] = []
    while stack:
        current, depth = stack.pop()
        path[depth:] = [current]
        if depth > MAX_DEPTH:
            return path
        if seen.get(id(current), -1) < depth:
            seen[id(current)] = depth
            below = [v for _, _, v in steps.held(current) if isinstance(v, Model)]
            stack += [(value, depth + 1) for value in reversed(below)]
    return []
