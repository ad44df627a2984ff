"""How does a project come into a folder? Templates and names in, files that did not exist out.

A template is a whole project whose names are `fresh…`: each is replaced, in texts and in paths.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from .. import shipped
from ..problems import Location, fail
from ..settings.validity import package_fault

# Classes that a plugin's program imports.
_TAKEN = {"Plugin", "Provider", "Organizer", "Module", "Any"}
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_ID = re.compile(r"[a-z0-9._-]{3,190}")
_DOT = "dot."  # package data, and those who pack it, tend to lose hidden files


class Names(NamedTuple):
    """What a project is called: `good-bot`, `good_bot`, `GoodBot`, `Good bot`."""

    plain: str
    snake: str
    camel: str
    title: str


def names(plain: str) -> Names:
    """The names of a project by the one its author gives it."""
    if not _NAME.fullmatch(plain) or len(plain) > 60:
        text = "a project is named in lower case, as in good-bot, by 60 characters at most"
        raise fail(Location(plain), text)
    words = plain.split("-")
    return Names(
        plain,
        "_".join(words),
        "".join(word.capitalize() for word in words),
        " ".join(words).capitalize(),
    )


def replacements(names: Names, id: str) -> dict[str, str]:
    """What stands in a plugin for the names of the template's; `id`: by which its host knows it."""
    if not _ID.fullmatch(id):
        text = "an id has 3 to 190 lower-case letters, digits, dots, dashes and underscores"
        raise fail(Location(id), text)
    return {
        "com.example.fresh-plugin": id,
        "fresh-plugin": names.plain,
        "fresh_plugin": names.snake,
        "FreshPlugin": f"{names.camel}Plugin" if names.camel in _TAKEN else names.camel,
        "FreshModule": f"{names.camel}Module",
        "Fresh plugin": names.title,
    }


def sdk_replacements(names: Names) -> dict[str, str]:
    """What stands in an SDK for the names of the template's."""
    if fault := package_fault(names.snake):
        raise fail(Location(names.plain), fault)
    return {
        "fresh-sdk": names.plain,
        "fresh_sdk": names.snake,
        "FRESH_SDK": names.snake.upper(),
        "fresh_cookie": secrets.token_hex(16),
    }


def written(folder: Path, templates: tuple[str, ...], replaced: Mapping[str, str]) -> list[Path]:
    """The files of a new project in `folder`, which must be empty or not exist.

    Of templates that have the same file the last one's is taken.
    """
    found = {path: text for name in templates for path, text in _template(name)}
    made = {_replaced(p, replaced): _replaced(t, replaced) for p, t in found.items()}
    _refuse(folder)
    for path, text in made.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
        if text.startswith("#!"):
            target.chmod(0o755 & ~_umask())
    return [folder / path for path in made]


def _refuse(folder: Path) -> None:
    try:
        taken = folder.is_symlink() or (folder.exists() and any(folder.iterdir()))
    except OSError as error:
        raise fail(Location(str(folder)), f"cannot be used: {error.strerror}") from None
    if taken:
        raise fail(Location(str(folder)), "has something in it; name a folder that is new")


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def _template(name: str) -> Iterator[tuple[str, str]]:
    """Path and text of each file."""
    top = shipped.templates() / "new" / name
    for path in sorted(p for p in top.rglob("*") if p.is_file() and p.suffix != ".pyc"):
        parts = [part.replace(_DOT, ".", part.startswith(_DOT)) for part in _parts(path, top)]
        yield "/".join(parts), path.read_text("utf-8")


def _parts(path: Path, top: Path) -> tuple[str, ...]:
    return path.relative_to(top).parts


def _replaced(text: str, names: Mapping[str, str]) -> str:
    """Each name by its own, the longest first, and none twice."""
    longest = sorted(names, key=len, reverse=True)
    pattern = "|".join(map(re.escape, longest))
    return re.sub(pattern, lambda match: names[match[0]], text)
