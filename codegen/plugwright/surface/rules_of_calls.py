"""What does a change of a client, a servicer or a hook mean for those who call or answer it?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from .changes import Finding, Now, alternatives, breaking, shown
from .identity import call, part
from .items import Item
from .rules_of_types import KEEP, RENAME

_SHAPE = "keep it, and add an RPC with the other one"


def classes(old: Item, new: Item, now: Now) -> Iterator[Finding]:
    """Rules of `client` and `servicer`."""
    del now
    if old.subject != new.subject:
        yield breaking("source", f"is now {new.subject}: programs that name it fail", RENAME)
    if old.head != new.head and old.kind == "client":
        text = f"speaks to {new.head}, and did to {old.head}: the other side must know that name"
        yield breaking("wire", text, "keep the package and the name of the service")
    before, after = _told(old), _told(new)
    flavours = before.get("flavours", ""), after.get("flavours", "")
    if flavours[0] != flavours[1] and flavours[1] != "both":
        text = f"has the flavour {flavours[1]}, and had {flavours[0]}"
        yield breaking("source", text, "write the flavours that there were")
    if before.get("timeout") != after.get("timeout"):
        text = f"waits {after.get('timeout')} s for an answer, and did {before.get('timeout')} s"
        yield Finding("notice", "behaviour", text)
    if before.get("errors") != after.get("errors"):
        text = f"takes for a failure {after.get('errors')}, and did {before.get('errors')}"
        yield breaking("behaviour", text, "keep [error] as it was")


def _told(item: Item) -> dict[str, str]:
    words = (part.partition(" ") for part in item.parts)
    return {word: rest for word, _, rest in words}


def calls(old: Item, new: Item, now: Now) -> Iterator[Finding]:
    """Rules of `method`, `serves` and `hook`."""
    del now
    if old.subject != new.subject:
        yield breaking("source", f"is called {new.name} now: programs that name it fail", RENAME)
    before, after = call(old), call(new)
    if before.rpc != after.rpc and old.kind == "method":
        text = f"is the RPC {after.rpc}, and was {before.rpc}: the other side must know that name"
        yield breaking("wire", text, "keep the name of the RPC")
    if before.kind != after.kind:
        is_hook = new.kind == "hook"
        what = "the family" if is_hook else "the kind"
        text = f"has {what} {after.kind}, and had {before.kind}"
        advice = "keep what its answer can say" if is_hook else _SHAPE
        yield breaking("behaviour" if is_hook else "source", text, advice)
        if new.kind == "method":
            yield breaking("wire", f"{text}: the other side expects that", advice)


def messages_of_calls(old: Item, new: Item, types: Mapping[str, str]) -> Iterator[Finding]:
    """Rules of `method`; `types`: what messages are called now that were called otherwise."""
    before, after = call(old), call(new)
    for what, was, is_now in (
        ("takes", before.request, after.request),
        ("returns", before.response, after.response),
    ):
        if types.get(was, was) != is_now:
            text = f"{what} {is_now} on the wire, and did {was}"
            yield breaking("wire", text, _SHAPE)


def parameters(old: Item, new: Item, now: Now) -> Iterator[Finding]:
    """Rules of `parameter`."""
    if old.name != new.name:
        text = f"is called {new.name} now: calls that name it fail"
        yield breaking("source", text, RENAME)
    before, after = shown(old, now), shown(new)
    if not alternatives(before.annotation) <= alternatives(after.annotation):
        text = f"was {before.annotation} and is {after.annotation}"
        yield breaking("source", text, _SHAPE)
    elif before.annotation != after.annotation:
        yield Finding("compatible", "source", f"may be {after.annotation} now")
    if before.default and not after.default:
        yield breaking("source", "must be given now: calls without it fail", "keep its default")
    elif before.default and before.default != after.default and before[0] == after[0]:
        text = f"is {after.default} where it is left out, and was {before.default}"
        yield breaking("behaviour", text, "keep its default")
    elif before.default != after.default:
        yield Finding("compatible", "source", "may be left out now")
    place, now_at = part(old, 0), part(new, 0)
    if place != now_at and place != "keyword":
        text = f"is {now_at} and was {place}: positional arguments become others"
        yield breaking("source", text, "keep the order of parameters")


def results(old: Item, new: Item, now: Now) -> Iterator[Finding]:
    """Rules of `result` and `twin`."""
    before, after = shown(old, now).annotation, shown(new).annotation
    if not alternatives(before) >= alternatives(after):
        text = f"returns {after}, and did {before}"
        yield breaking("source", text, "keep the field that it returns")
    elif before != after:
        yield Finding("compatible", "source", f"returns {after} now, and no longer {before}")


def failures(old: Item, new: Item, now: Now) -> Iterator[Finding]:
    """Rules of `raises`."""
    del now
    if old.detail != new.detail:
        text = f"fails by the field {new.detail} of the answer, and did by {old.detail}"
        yield breaking("behaviour", text, "keep the field that tells of failures")


def handlers(old: Item, new: Item, now: Now) -> Iterator[Finding]:
    """Rules of `handler`: they get the values, so a type may narrow."""
    before, after = shown(old, now).annotation, shown(new).annotation
    if not alternatives(before) >= alternatives(after):
        text = f"was {before} and is {after}: handlers do not fit"
        yield breaking("source", text, _SHAPE)
    if part(old, 0) != part(new, 0):
        text = f"is {part(new, 0)} and was {part(old, 0)}: handlers get other arguments"
        yield breaking("source", text, "keep the order of arguments")


def answers(old: Item, new: Item, now: Now) -> Iterator[Finding]:
    """Rules of `answer`."""
    before, after = shown(old, now).annotation, shown(new).annotation
    if not alternatives(before) <= alternatives(after):
        text = f"takes {after} from its handler, and did {before}"
        yield breaking("source", text, "keep what its answer can say")
    elif before != after:
        yield Finding("compatible", "source", f"takes {after} from its handler now")


GONE = {
    "client": breaking("source", "is gone: programs that name it fail", KEEP),
    "servicer": breaking("source", "is gone: programs that name it fail", KEEP),
    "method": breaking("source", "is gone: programs that call it fail", KEEP),
    "serves": breaking("source", "is gone: what overrides it is never called", KEEP),
    "hook": breaking("source", "is gone: its handlers fail to register", KEEP),
    "parameter": breaking("source", "is gone: calls that give it fail", KEEP),
    "handler": breaking("source", "is gone: handlers that take it fail to register", KEEP),
    "twin": breaking("source", "is gone: programs that call it fail", KEEP),
    "raises": breaking(
        "behaviour",
        "has no field for failures any more: what failed returns",
        "keep the field that tells of failures",
    ),
    "idempotent": Finding("notice", "behaviour", "is not tried again any more where it fails"),
}
NEW = {
    "client": Finding("compatible", "source", "is new"),
    "servicer": Finding("compatible", "source", "is new"),
    "method": Finding("compatible", "source", "is new"),
    "serves": Finding("compatible", "source", "is new"),
    "hook": Finding("compatible", "source", "is new"),
    "twin": Finding("compatible", "source", "is new"),
    "raises": Finding("notice", "behaviour", "raises now what its answer tells of a failure"),
    "idempotent": Finding("notice", "behaviour", "is tried again now where it fails"),
}


def new_parameter(item: Item) -> Finding:
    if shown(item).default:
        return Finding("compatible", "source", "is new, and may be left out")
    return breaking("source", "is new and must be given: all calls fail", "give it a default")


def new_argument(item: Item) -> Finding:
    if part(item, 0).startswith("required"):
        text = "is new: handlers without it fail to register"
        return breaking("source", text, "let handlers do without it")
    return Finding("compatible", "source", "is new, and goes to handlers that take it")
