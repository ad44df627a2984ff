"""Which version do changes ask for? Semantic versioning: what breaks raises the first number, what
is new the second, and before 1.0.0 each raises the one behind it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from ..surface.changes import Change

_VERSION = re.compile(r"v?(\d{1,9})(?:\.(\d{1,9}))?(?:\.(\d{1,9}))?(.*)")
Release = tuple[int, int, int]


def needed(version: str, changes: Iterable[Change]) -> str:
    """The version that comes after `version` with `changes`; "" if none has to, or nobody can tell.

    >>> from ..surface.changes import Change
    >>> gone = Change("breaking", "source", "models.Note", "", "is gone", "", "", "")
    >>> needed("1.4.2", [gone]), needed("0.4.2", [gone]), needed("1.4.2", []), needed("2a1", [gone])
    ('2.0.0', '0.5.0', '', '2.0.0')
    """
    found = [change.severity for change in changes]
    release, is_final = _read(version)
    if not found or release is None:
        return ""
    if not is_final:  # whatever changes, it comes with that release
        return _text(release)
    first, second, third = release
    if "breaking" in found:
        return _text((first + 1, 0, 0) if first else (0, second + 1, 0))
    return _text((first, second + 1, 0) if first else (0, second, third + 1))


def is_raised(version: str, wanted: str) -> bool:
    """Whether `version` is at least `wanted`; a pre-release of it will do.

    >>> is_raised("1.10.0", "1.9.0"), is_raised("2.0.0rc1", "2.0.0"), is_raised("1.0", "1.0.1")
    (True, True, False)
    """
    have, want = _read(version)[0], _read(wanted)[0]
    return have is None or want is None or have >= want


def _read(version: str) -> tuple[Release | None, bool]:
    """The numbers of a release, None if there are none; and whether no pre-release is meant."""
    found = _VERSION.fullmatch(version.strip())
    if found is None:
        return None, True
    first, second, third = (int(number or 0) for number in found.groups()[:3])
    behind = found[4].lstrip(".-_").lower()
    return (first, second, third), not re.match(r"(a|b|c|rc|alpha|beta|pre|dev)", behind)


def _text(release: Release) -> str:
    return ".".join(map(str, release))
