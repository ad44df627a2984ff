"""Where does one run leave what makes the next one faster? In the user's cache folder, if there is
one: whatever is missing there, broken, or cannot be written is made anew."""

from __future__ import annotations

import contextlib
import os


def folder(name: str) -> str | None:
    """The folder `name` of the cache, made if it is not there; None without a cache."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    path = os.path.join(base, "plugwright", name)
    try:
        os.makedirs(path, mode=0o700, exist_ok=True)
    except (OSError, ValueError):
        return None
    return path if os.access(path, os.W_OK) else None


def read(path: str) -> bytes:
    """The bytes of a file of the cache, none if it cannot be read."""
    with contextlib.suppress(OSError), open(path, "rb") as file:
        return file.read()
    return b""


def write(path: str, data: bytes) -> None:
    """Put `data` into a file of the cache, whole or not at all."""
    import tempfile  # most runs only read

    with contextlib.suppress(OSError):
        descriptor, beside = tempfile.mkstemp(dir=os.path.dirname(path))
        try:
            with open(descriptor, "wb") as file:
                file.write(data)
            os.replace(beside, path)
        except OSError:
            os.unlink(beside)
