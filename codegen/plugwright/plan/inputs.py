"""By what does a later run know what has changed: a proto, or the config? A digest of each.

It covers what an SDK is made from, not how that is written: places, detached comments and the
layout of the config are no part of it. So it is the same from the CLI, protoc and buf.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from ..problems import visible
from ..protos.schema import Enum, File, Message
from ..settings.tables import Protos, Settings

SETTINGS = "settings"
"""What the config is called among the inputs."""


def digests(files: Sequence[File], settings: Settings) -> Mapping[str, str]:
    """Name of each input -> its digest."""
    protos = {visible(f.name): _digest(_said(f)) for f in files}
    return {**protos, SETTINGS: _digest([repr(_that_count(settings)).encode()])}


def _digest(parts: Iterable[bytes]) -> str:
    found = hashlib.sha256()
    for part in parts:
        found.update(len(part).to_bytes(8, "big") + part)
    return found.hexdigest()


def _that_count(settings: Settings) -> Settings:
    """The settings without those that say where things are: only what is there counts.

    Hand-written modules that are copied are files of the SDK, which are compared themselves.
    """
    sdk = settings.sdk._replace(out="", extras="", copy_extras=False)
    protos = Protos(nesting=settings.protos.nesting)
    return settings._replace(sdk=sdk, protos=protos, extras=(), file="", root=Path(), lines={})


def _said(file: File) -> Iterator[bytes]:
    """What a proto declares, and what its author wrote above that."""
    yield from (file.extended, file.wire, file.comment.encode())
    for message in file.messages:
        yield from _of_message(message)
    for enum in file.enums:
        yield from _of_enum(enum)
    for service in file.services:
        yield service.comment.encode()
        yield from (m.comment.encode() for m in service.methods)


def _of_message(message: Message) -> Iterator[bytes]:
    yield message.comment.encode()
    yield from (f.comment.encode() for f in message.fields)
    yield from (o.comment.encode() for o in message.oneofs)
    for inner in message.messages:
        yield from _of_message(inner)
    for enum in message.enums:
        yield from _of_enum(enum)


def _of_enum(enum: Enum) -> Iterator[bytes]:
    yield enum.comment.encode()
    yield from (v.comment.encode() for v in enum.values)
