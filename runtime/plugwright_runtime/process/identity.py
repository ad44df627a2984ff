"""Under which id and in which folder does the host know this plugin?

Hosts say so in the environment, or say nothing and start the plugin in its folder, where a manifest
has the id: a JSON object with a text `id`. What cannot be read costs the plugin its id and the log
a warning, no more: a host that goes by the manifest has read it before it started the plugin. Asked
by `application`, and by the harness of a test.
"""

from __future__ import annotations

import json
import logging
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass

_MAX_BYTES = 1 << 20

_log = logging.getLogger("plugwright.process")


@dataclass(frozen=True, slots=True)
class IdentitySources:
    """Where the hosts of one SDK say it: the variables with a plugin's id and folder, "" if there
    is none, and the name of the manifest.
    """

    id_env: str = ""
    path_env: str = ""
    manifest: str = ""


def identity(sources: IdentitySources, environ: Mapping[str, str]) -> tuple[str, str]:
    """(id, folder) of the plugin that this process is; "" for what nobody says."""
    name = environ.get(sources.id_env, "")
    path = environ.get(sources.path_env, "")
    if sources.manifest and not (name and path):
        folder = _working_directory()
        path = path or folder
        name = name or id_in(folder, sources.manifest)
    return name, path


def _working_directory() -> str:
    try:
        return os.getcwd()
    except OSError:
        return ""  # removed meanwhile


def id_in(folder: str, manifest: str) -> str:
    """The id in the manifest of a folder; "" if there is none."""
    file = os.path.join(folder, manifest)
    try:
        return _id(file)
    except FileNotFoundError:
        return ""
    except (OSError, ValueError, RecursionError) as error:
        text = getattr(error, "strerror", None) or str(error)
        _log.warning("%s gives the plugin no id: %s", file, text)
        return ""


def _id(file: str) -> str:
    """Raises OSError or ValueError, with what is wrong."""
    found = json.loads(_content(file))
    if not isinstance(found, dict):
        raise ValueError(f"it must be a JSON object, not {type(found).__name__}")
    name = found.get("id")
    if not isinstance(name, str) or not name:
        shown = "is missing" if name is None else f"must be a text, not {name!r:.40}"
        raise ValueError(f"`id` {shown}")
    return name


def _content(file: str) -> bytes:
    # A pipe would be waited for.
    descriptor = os.open(file, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise ValueError("it is no regular file")
        with open(descriptor, "rb", closefd=False) as stream:
            content = stream.read(_MAX_BYTES + 1)
    finally:
        os.close(descriptor)
    if len(content) > _MAX_BYTES:
        raise ValueError(f"it is larger than {_MAX_BYTES} bytes")
    return content
