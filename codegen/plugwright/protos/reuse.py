"""Which files does another generated package have already? `Schema` and `Settings` in, the
`Schema` out in which those files say so.

Their types stay in the schema, since others refer to them; nothing is written for them. All that
must be known of the other package is its import name: a model's module and class follow from the
proto alone, and its converters are found at run time.
"""

from __future__ import annotations

from ..problems import Problems
from ..python.names import is_package
from ..settings.patterns import Patterns, unmatched
from ..settings.tables import Settings
from .schema import WELL_KNOWN_PACKAGE, File, Schema, references, walk


def mark(schema: Schema, settings: Settings) -> Schema:
    """`schema` with `reused` set in the files that [reuse] names, and without their services.

    Raises GenerationError if a pattern matches nothing.
    """
    if not settings.reuse:
        return schema
    problems = Problems()
    _check_packages(settings, problems)
    patterns = Patterns(settings.reuse)
    files = tuple(_marked(f, patterns) for f in schema.files)
    names = [f.name for f in schema.files]
    for problem in unmatched(settings, "reuse", settings.reuse, names, names):
        problems.add(*problem)
    problems.raise_if_any()
    return schema._replace(files=files)


def _marked(file: File, patterns: Patterns) -> File:
    found = patterns.find(file.name)
    if found is None or not (file.messages or file.enums):
        return file
    return file._replace(reused=found[0], services=())


def _check_packages(settings: Settings, problems: Problems) -> None:
    for pattern, package in settings.reuse.items():
        where = settings.where(f"reuse.{pattern}")
        if not all(map(is_package, package.split("."))):
            problems.add(where, f"{package!r} is no name of a Python package")
        elif package == settings.sdk.package:
            text = f"{package!r} is the package that is generated; name another one"
            problems.add(where, text)


def check(schema: Schema, settings: Settings) -> None:
    """Raise GenerationError if a reused file refers to one that is not: a model has one class."""
    if not settings.reuse:
        return
    problems = Problems()
    by_name = {f.name: f for f in schema.files}
    for file in filter(lambda f: f.reused, schema.files):
        needed = {t for m in walk(file.messages) for t in references(m)}
        for name in sorted({schema.declared(t).file for t in needed}):
            other = by_name[name]
            if not other.reused and other.package != WELL_KNOWN_PACKAGE:
                text = f"{file.name} is reused and refers to {name}; add that to [reuse]"
                problems.add(settings.where("reuse"), text)
    problems.raise_if_any()
