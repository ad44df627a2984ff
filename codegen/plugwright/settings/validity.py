"""Is what is configured fit for what it goes into? Settings in, a problem for each misfit out.

A row of `_ROWS` says what the texts of a key have to be, for they end up in Python, TOML, paths or
environments. Keys that must name something of the protos have no row: they are checked where that
is looked up.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any, NamedTuple

from ..problems import Problems, shown
from ..python import names, runtime
from .tables import FLAVOURS, Settings

# Standard modules that this Python does not have and another one from 3.11 on does.
_OTHER_STDLIB = (
    " aifc annotationlib asynchat asyncore audioop cgi cgitb chunk compression crypt distutils "
    "imghdr imp lib2to3 mailcap msilib nis nntplib ossaudiodev pipes profiling smtpd sndhdr spwd "
    "sunau telnetlib uu xdrlib "
)
# What an SDK, its tests and its installation import.
_DEPENDENCIES = (
    f" cffi cryptography google grpc pip plugwright {runtime.PACKAGE} pycparser pytest setuptools "
    "test typing_extensions "
)
_DISTRIBUTIONS = frozenset({"cryptography", "grpcio", "plugwright", "protobuf"})

# What SDKs themselves look for in the root of a package.
_ROOT = frozenset({"clients", "models", "registry", "servicers"})

# Compiled where they are needed: most configs have no use for some.
_CONTROL = "[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]"
_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"
_SPECIFIER = r"(?:===?|~=|!=|<=?|>=?)\s*[A-Za-z0-9.*+!_-]+"
_SPECIFIERS = rf"{_SPECIFIER}(?:\s*,\s*{_SPECIFIER})*"
_REQUIREMENT = (
    rf"{_NAME}\s*(?:\[\s*{_NAME}(?:\s*,\s*{_NAME})*\s*\])?\s*"
    rf"(?:{_SPECIFIERS}|\({_SPECIFIERS}\)|@\s*[^\s;]+(?=\s|$))?\s*(?:;(?P<marker>[^;]+))?"
)
_VALUE = (
    r"(?:'[^']*'|\"[^\"]*\"|\b(?:python_version|python_full_version|os_name|sys_platform|extra|"
    r"implementation_(?:name|version)|"
    r"platform_(?:release|system|version|machine|python_implementation))\b)"
)
_COMPARISON = rf"{_VALUE}\s*(?:===?|~=|!=|<=?|>=?|in\b|not\s+in\b)\s*{_VALUE}"
_VERSION = (
    r"(?ai)v?(?:\d+!)?\d+(?:\.\d+)*"
    r"(?:[-_.]?(?:alpha|a|beta|b|preview|pre|c|rc)[-_.]?\d*)?"
    r"(?:-\d+|[-_.]?(?:post|rev|r)[-_.]?\d*)?"
    r"(?:[-_.]?dev[-_.]?\d*)?"
    r"(?:\+[a-z0-9]+(?:[-_.][a-z0-9]+)*)?"
)


def package_fault(name: str) -> str:
    """Why nothing can be imported under `name`, or nothing else could; "" if all is well.

    >>> package_fault("my_sdk"), package_fault("class")
    ('', "'class' is no name of a Python package, as my_plugin is")
    """
    if not names.is_package(name) or name.startswith("__"):
        return f"{name!r} is no name of a Python package, as my_plugin is"
    if name in sys.stdlib_module_names or f" {name} " in _OTHER_STDLIB:
        return f"a package {name!r} would hide Python's own module; choose another name"
    if f" {name} " in _DEPENDENCIES:
        return f"a package {name!r} would hide one that SDKs need; choose another name"
    return ""


def _is_distribution(name: str) -> bool:
    normal = re.sub(r"[-_.]+", "-", name).lower()
    return bool(re.fullmatch(_NAME, name)) and normal not in _DISTRIBUTIONS


def is_version(text: str) -> bool:
    """Whether `text` is a version by PEP 440, in any of its spellings."""
    return bool(re.fullmatch(_VERSION, text))


def is_requirement(text: str) -> bool:
    """Whether `text` has the form of PEP 508."""
    found = re.fullmatch(_REQUIREMENT, text) if _is_line(text) else None
    return found is not None and (not found["marker"] or _is_marker(found["marker"]))


def _is_marker(text: str) -> bool:
    """Whether `text` consists of comparisons, which become a NUL each, `and`, `or` and ().

    >>> _is_marker("(os_name == 'nt' or extra=='b') and 'a' in os_name"), _is_marker("os_name")
    (True, False)
    """
    rest = re.sub(_COMPARISON, " \0 ", text)
    before = ""
    while rest != before:
        before = rest
        rest = re.sub(r"\(\s*\0\s*\)|\0\s*\b(?:and|or)\b\s*\0", " \0 ", rest)
    return rest.strip() == "\0"


def _is_line(text: str) -> bool:
    return (text.isascii() and text.isprintable()) or not re.search(_CONTROL, text)


def _is_glob(text: str) -> bool:
    parts = PurePosixPath(text).parts
    return (
        _is_line(text)
        and bool(parts)
        and not PurePosixPath(text).is_absolute()
        and not PureWindowsPath(text).anchor
        and not any("**" in part and part != "**" for part in parts)
    )


def is_variable(text: str) -> bool:
    """Whether an environment variable can be called so."""
    plain = text.isascii() and text.isprintable()
    return plain and bool(text) and not set(text) & {"=", " "}


def is_class(name: str) -> bool:
    """Whether a class of an SDK can have that name, and code beside it work.

    >>> is_class("Client"), is_class("class"), is_class("_Client"), is_class("str")
    (True, False, False, False)
    """
    plain = name.isascii() and name.isidentifier() and not name.startswith("_")
    return plain and names.type_name(name) == name and name not in names.BUILTINS


def _is_domain(name: str) -> bool:
    return is_class(f"{name}Mixin")


def _is_export(name: str) -> bool:
    return names.is_package(name) and name not in _ROOT


def _is_value(text: str) -> bool:
    return "\0" not in text


class _Row(NamedTuple):
    """What the texts of a key must be, in code and in words."""

    fits: Callable[[str], bool]
    what: str


_LINE = _Row(_is_line, "one line of text without control characters")
_PATH = _Row(_is_line, "a path without control characters")
_VARIABLE = _Row(
    is_variable,
    "the name of an environment variable: ASCII, without blanks and =",
)
_CLASS = _Row(is_class, "a name for a class: ASCII, no keyword, no builtin, no _ first")
_ROWS = {
    "sdk.distribution": _Row(
        _is_distribution,
        "a name for a distribution: ASCII letters, digits, - _ and ., and none of those "
        "that SDKs need",
    ),
    "sdk.version": _Row(
        is_version,
        "a version as of Python packages, as in 1.2.0 or 1.0rc1",
    ),
    "sdk.summary": _LINE,
    "sdk.title": _LINE,
    "sdk.out": _PATH,
    "sdk.extras": _PATH,
    "sdk.guide": _PATH,
    "sdk.exports": _Row(_is_export, "a free name"),
    "sdk.clients": _Row(FLAVOURS.__contains__, f"one of {', '.join(FLAVOURS)}"),
    "sdk.dependencies": _Row(
        is_requirement,
        'a requirement, as in "google-types>=1.2"',
    ),
    "protos.files": _Row(
        _is_glob,
        "a pattern relative to the config, in which ** is a folder, as in **/*.proto",
    ),
    "protos.path": _PATH,
    "api.client": _CLASS,
    "api.domains": _Row(
        _is_domain,
        "a name for a class; use letters, digits and _",
    ),
    "api.target-env": _VARIABLE,
    "hooks.timeout-env": _VARIABLE,
    "launch.cookie-key": _VARIABLE,
    "launch.cookie-value": _Row(_is_value, "a text without the character NUL"),
    "launch.log-level-envs": _VARIABLE,
    "launch.endpoint-env": _VARIABLE,
    "launch.id-env": _VARIABLE,
    "launch.path-env": _VARIABLE,
    "launch.manifest": _PATH,
}
_UNSET = Settings()
CHECKED = frozenset(_ROWS)
"""The keys whose texts are checked here."""


def check(settings: Settings, problems: Problems) -> None:
    """A problem for each value that is not what its key must be."""
    sdk = settings.sdk
    if not names.is_package(sdk.package):
        text = 'names no Python package; set `package` in [sdk], as in package = "my_plugin"'
        problems.add(settings.where("sdk.package"), text)
    elif fault := package_fault(sdk.package):
        problems.add(settings.where("sdk.package"), fault)
    elif not sdk.distribution and not _is_distribution(distribution(settings)):
        text = f"{sdk.package!r} makes no name for a distribution; set `distribution`"
        problems.add(settings.where("sdk.package"), text)
    for key, row in _ROWS.items():
        table, _, name = key.partition(".")
        attribute = name.replace("-", "_")
        value = getattr(getattr(settings, table), attribute)
        unset = getattr(getattr(_UNSET, table), attribute)
        for text in _texts(value) if value != unset else ():
            if not row.fits(text):
                inner = isinstance(value, dict)
                place = settings.where(f"{key}.{text}" if inner else key)
                what = f"{name} must be {row.what}, got {shown(text)}"
                problems.add(place, what)


def distribution(settings: Settings) -> str:
    """The name of the distribution: the configured one, or the package's."""
    named = settings.sdk.distribution
    return named or settings.sdk.package.strip("_").replace("_", "-")


def _texts(value: Any) -> Iterable[str]:
    """The texts of a key; of a table, its names."""
    found: Iterable[str] = (value,) if isinstance(value, str) else value
    return found
