"""How do hand-written modules come into an SDK, and yet stand once? By a link to their folder.

The link is relative, so that both can be committed and cloned; setuptools, type checkers and
editors follow it. It is made where nothing is, and compared otherwise: what somebody else has put
into its place is never changed, and nothing is written or deleted through it.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from ..problems import Location, fail
from .tree import Tree, read


class Link(NamedTuple):
    """`path`: of the link, in the SDK's folder; `folder`: where it leads."""

    path: str
    folder: Path


def refuse(root: Path, link: Link) -> None:
    """Raise GenerationError if something else is in the place of `link`."""
    place = root / link.path
    if os.path.lexists(place) and (fault := _fault(place, link.folder)):
        raise fail(Location(str(place)), fault)


def difference(root: Path, link: Link) -> str:
    """What is wrong with `link`; "" if it is as it should be."""
    place = root / link.path
    if not os.path.lexists(place):
        fault = f"missing: a link to {_target(place, link.folder)}; run plugwright generate"
    else:
        fault = _fault(place, link.folder)
    return fault


def make(root: Path, link: Link) -> bool:
    """Make `link` in a folder that is there, unless it is; returns whether it was made."""
    place = root / link.path
    if os.path.lexists(place):
        return False
    target = _target(place, link.folder)
    try:
        with Tree(root) as tree:
            name, folder = tree.at(link.path)
            os.symlink(target, name, target_is_directory=True, dir_fd=folder)
    except OSError as error:
        text = f"cannot be made a link to {target}: {error.strerror}; allow links (on Windows: in "
        text += "developer mode), or set copy-extras in [sdk]"
        raise fail(Location(str(place)), text) from None
    return True


def _target(place: Path, folder: Path) -> str:
    """What the link says: the way from the folder it is in."""
    start = os.path.realpath(place.parent)
    return Path(os.path.relpath(os.path.realpath(folder), start)).as_posix()


def _fault(place: Path, folder: Path) -> str:
    """Why what is at `place` is not the link to `folder`; "" if it is."""
    target = _target(place, folder)
    wanted = f"this must be a link to {target}"
    if _is_junction(place):
        return "" if _is_same(place, folder) else f"leads elsewhere; remove it: {wanted}"
    if not place.is_symlink():
        if _says(place, target):
            return f"{wanted}, and git has written a file; set core.symlinks, or copy-extras"
        return f"exists and is no link; move it away: {wanted}"
    now = os.readlink(place)
    if os.path.isabs(now):
        return f"leads to {now}, which no other machine has; remove it: {wanted}"
    if not place.exists():
        return f"leads to {now}, where nothing is; remove it: {wanted}"
    return "" if _is_same(place, folder) else f"leads to {now}; remove it: {wanted}"


def _says(place: Path, target: str) -> bool:
    """Whether this is a file that has what the link would have."""
    try:
        return read(place) == target.encode()
    except OSError:
        return False


def _is_junction(place: Path) -> bool:
    """Whether this is what Windows lets everybody make, from Python 3.12 on."""
    ask = getattr(os.path, "isjunction", None)
    return ask is not None and bool(ask(place))


def _is_same(place: Path, folder: Path) -> bool:
    return place.exists() and os.path.samefile(place, folder)
