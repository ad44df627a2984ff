"""How is a proto name written in Python? Pure string functions, no protobuf, no templates.

Rules, each tested by the doctests:

- A valid identifier is left as it is; only what Python or the runtime reserves is escaped.
- Escapes are injective: two different names never meet, and a new sibling renames nobody.
  A reserved word gets one more underscore than it has: `from` -> `from_`, `from_` -> `from__`.
- Casing changes (RPC -> method, file -> module) are not injective. Of those that would meet one
  has the name, and the others one that follows from theirs alone.
"""

from __future__ import annotations

import builtins
import functools
import keyword
import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType

_KEYWORDS = frozenset(keyword.kwlist)
# Type checkers take a variable of one of these two names to be true.
_RESERVED = _KEYWORDS | {"TYPE_CHECKING", "MYPY"}
_ENUM_RESERVED = _KEYWORDS | {
    "mro",
    "name",
    "value",
    *(n for n in dir(int) if n[0] != "_"),
}
_MANGLED = re.compile(r"(pb)*__")
_STR_METHODS = frozenset(n for n in dir(str) if n[0] != "_")
# What the `__init__` of a generated package binds: `from . import x` finds that before a module.
_PACKAGE_NAMES = frozenset({"annotations", "lazy_names"})
_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])|[A-Z]+|[0-9]+")
BUILTINS = frozenset(dir(builtins))


def _escape(name: str, reserved: frozenset[str]) -> str:
    return name + "_" if name.rstrip("_") in reserved or name in reserved else name


@functools.cache
def attribute(name: str, reserved: frozenset[str] = frozenset()) -> str:
    """A field or oneof as attribute and keyword argument.

    Names that begin with two underscores would be mangled inside a class, or collide with
    Python's protocol, so they get the prefix `pb`, one more than they have.

    >>> attribute("user_id"), attribute("from"), attribute("from_"), attribute("match")
    ('user_id', 'from_', 'from__', 'match')
    >>> attribute("__init__"), attribute("pb__init__"), attribute("_")
    ('pb__init__', 'pbpb__init__', '_')
    """
    if _MANGLED.match(name):
        name = "pb" + name
    return _escape(name, _RESERVED | reserved if reserved else _RESERVED)


def type_name(name: str) -> str:
    """A message or enum as class.

    >>> type_name("User"), type_name("None"), type_name("class"), type_name("__X")
    ('User', 'None_', 'class_', 'pb__X')
    """
    return attribute(name, frozenset({"annotations"}))  # bound by the __future__ import


def enum_member(name: str) -> str:
    """An enum value as member: `enum` and `int` reserve more names than Python does.

    >>> enum_member("OPEN"), enum_member("None"), enum_member("mro"), enum_member("real")
    ('OPEN', 'None_', 'mro_', 'real_')
    >>> enum_member("_x_"), enum_member("__x__"), enum_member("pb_x_")
    ('pb_x_', 'pb__x__', 'pbpb_x_')
    """
    if re.match(r"(pb)*_", name):
        name = "pb" + name
    return _escape(name, _ENUM_RESERVED)


def is_package(name: str) -> bool:
    """Whether Python can import something of this name, under any encoding of file names.

    >>> [is_package(n) for n in ("my_sdk", "my-sdk", "class", "é", "")]
    [True, False, False, False, False]
    """
    return name.isascii() and name.isidentifier() and not keyword.iskeyword(name)


def hook_member(name: str) -> str:
    """A hook as member of an enum of texts, which reserves the methods of `str` too.

    >>> hook_member("OnLoad"), hook_member("title"), hook_member("mro")
    ('OnLoad', 'title_', 'mro_')
    """
    return _escape(enum_member(name), _STR_METHODS)


def enum_prefix(enum: str) -> str:
    """The prefix that style guides put before an enum's values.

    >>> enum_prefix("TeamType"), enum_prefix("HTTPMethod")
    ('TEAM_TYPE_', 'HTTP_METHOD_')
    """
    return snake(enum).upper() + "_"


_NOTHING: Mapping[str, str] = MappingProxyType({})


def enum_members(
    enum: str, values: tuple[str, ...], kept: Mapping[str, str] = _NOTHING
) -> dict[str, str]:
    """Member name of each value: without the enum's prefix if that works for every value.

    `kept`: those that have their names already. A new value goes without the prefix if they do,
    and if that works for it.

    >>> enum_members("TeamType", ("TEAM_TYPE_OPEN", "TEAM_TYPE_INVITE"))
    {'TEAM_TYPE_OPEN': 'OPEN', 'TEAM_TYPE_INVITE': 'INVITE'}
    >>> enum_members("Had", ("HAD_1ST", "HAD_OTHER"))
    {'HAD_1ST': 'HAD_1ST', 'HAD_OTHER': 'HAD_OTHER'}
    >>> enum_members("Kind", ("KIND_A", "KIND_2D", "KIND_B"), {"KIND_A": "A"})
    {'KIND_A': 'A', 'KIND_2D': 'KIND_2D', 'KIND_B': 'B'}
    """
    prefix = enum_prefix(enum)
    if kept:
        return _more_members(prefix, values, kept)
    stripped = [v.removeprefix(prefix) for v in values]
    works = all(v.startswith(prefix) for v in values) and all(
        s.isidentifier() and enum_member(s) == s for s in stripped
    )
    return {v: s if works else enum_member(v) for v, s in zip(values, stripped, strict=True)}


def _more_members(prefix: str, values: tuple[str, ...], kept: Mapping[str, str]) -> dict[str, str]:
    without = any(enum_member(value) != member for value, member in kept.items())
    found = {value: kept[value] for value in values if value in kept}
    taken = set(found.values())
    for value in values:
        if value in found:
            continue
        name, short = enum_member(value), value.removeprefix(prefix)
        works = short.isidentifier() and enum_member(short) == short and short not in taken
        if without and works:
            name = short
        while name in taken:
            name += "_"
        taken.add(name)
        found[value] = name
    return found


def words(name: str) -> list[str]:
    """The words of a CamelCase or snake_case name.

    >>> words("GetLDAPUserAttributes"), words("user_id_1")
    (['Get', 'LDAP', 'User', 'Attributes'], ['user', 'id', '1'])
    """
    return [w for part in name.split("_") for w in _WORD.findall(part)]


@functools.cache
def snake(name: str) -> str:
    """CamelCase to snake_case; acronyms are one word.

    >>> [snake(n) for n in ("KVSet", "GetPluginID", "PublishWebSocketEvent", "GetOAuthApp")]
    ['kv_set', 'get_plugin_id', 'publish_web_socket_event', 'get_oauth_app']
    >>> [snake(n) for n in ("PluginHTTP", "ServeHTTP", "OnSAMLLogin", "DbGetMediaFiles", "_")]
    ['plugin_http', 'serve_http', 'on_saml_login', 'db_get_media_files', '_']
    """
    joined = "_".join(w.lower() for w in words(name.replace("OAuth", "Oauth")))
    return joined or name


@functools.cache
def camel(name: str) -> str:
    """snake_case to CamelCase; capitals stay.

    >>> camel("folder_listing"), camel("kind"), camel("userID")
    ('FolderListing', 'Kind', 'UserID')
    """
    joined = "".join(w[:1].upper() + w[1:] for w in words(name))
    return joined if joined.isidentifier() else f"F{joined}" if joined else name


def method(name: str) -> str:
    """An RPC as method: snake_case, never private, never a keyword or a client's own member.

    >>> method("KVSet"), method("Import"), method("Close"), method("_Invoke")
    ('kv_set', 'import_', 'close_', 'rpc_invoke')
    """
    text = snake(name)
    if name.startswith("_"):
        text = "rpc_" + text.lstrip("_")
    return _escape(text, _KEYWORDS | {"close"})


def methods(
    rpcs: Iterable[str], kept: Mapping[str, str] = _NOTHING, taken: Iterable[str] = ()
) -> dict[str, str]:
    """The method of each RPC of a service. Of those that would meet the first has the name, others
    are called as in the proto.

    `kept`: those that have their names already; `taken`: names of other methods.

    >>> methods(("GetURL", "GetUrl", "Import"))
    {'GetURL': 'get_url', 'GetUrl': 'GetUrl', 'Import': 'import_'}
    >>> methods(("GetUrl", "get_url", "_GetUrl"))
    {'GetUrl': 'get_url', 'get_url': 'get_url_', '_GetUrl': 'rpc_get_url'}
    >>> methods(("GetUrl", "GetURL"), {"GetURL": "get_url"})
    {'GetURL': 'get_url', 'GetUrl': 'GetUrl'}
    """
    rpcs = tuple(rpcs)
    found = {rpc: kept[rpc] for rpc in rpcs if rpc in kept}
    taken = {*taken, *found.values()}
    for rpc in rpcs:
        if rpc in found:
            continue
        name = method(rpc)
        if name in taken and not rpc.startswith("_"):
            name = _escape(rpc, _KEYWORDS | {"close"})
        while name in taken:
            name += "_"
        taken.add(name)
        found[rpc] = name
    return found


def cases(fields: Mapping[str, int], kept: Mapping[str, str] = _NOTHING) -> dict[str, str]:
    """The class of each field of a oneof, given their numbers. Of those that would meet the lowest
    has the name, others have their number behind it. `kept`: those that have their names already.

    >>> cases({"fooBar": 2, "foo_bar": 1, "none": 3})
    {'foo_bar': 'FooBar', 'fooBar': 'FooBar_2', 'none': 'None_'}
    """
    found = {field: kept[field] for field in fields if field in kept}
    for field, number in sorted(fields.items(), key=lambda item: item[1]):
        if field in found:
            continue
        name = type_name(camel(field))
        found[field] = f"{name}_{number}" if name in found.values() else name
    return found


def module(path: str) -> str:
    """A proto file as module name: its path, folders joined by underscores.

    >>> module("user.proto"), module("google/rpc/status.proto"), module("dash-name.v1.proto")
    ('user', 'google_rpc_status', 'dash_name_v1')
    >>> module("import.proto"), module("1st.proto"), module("__init__.proto")
    ('import_', 'm1st', 'pb__init__')
    """
    text = re.sub(r"\W", "_", path.removesuffix(".proto"), flags=re.ASCII)
    if not text or text[0].isdigit():
        text = "m" + text
    return submodule(text)


def submodule(name: str) -> str:
    """A module of a package whose `__init__` has names of its own.

    >>> submodule("user"), submodule("annotations"), submodule("class")
    ('user', 'annotations_', 'class_')
    """
    return attribute(name, _PACKAGE_NAMES)


def modules(wanted: Mapping[str, str], kept: Mapping[str, str] = _NOTHING) -> dict[str, str]:
    """The module of each file or service, given the one that it would have if it were alone.

    `kept`: those that have their modules already.

    Of those that would meet, the one that is called so has the name, or the first in order; others
    are spelled out, so what is added later renames at most one of them.

    >>> sorted(modules({"a/b.proto": "a_b", "a_b.proto": "a_b", "a-b.proto": "a_b"}).values())
    ['a_2d_b', 'a_2f_b', 'a_b']
    """
    found = dict(kept)
    given = set(kept.values())
    taken = {*wanted.values(), *given}
    for source in sorted(wanted, key=lambda s: (_stem(s) != wanted[s], s)):
        if source in kept:
            continue
        name = wanted[source]
        if name in given:
            name = _spelled_out(_stem(source))
            while name in taken:
                name += "_"
            taken.add(name)
        given.add(name)
        found[source] = name
    return found


def _stem(source: str) -> str:
    return source.removesuffix(".proto")


def _spelled_out(source: str) -> str:
    text = re.sub(r"[^A-Za-z0-9_]", lambda m: f"_{ord(m[0]):x}_", source)
    return submodule(text if text[:1].isalpha() else f"m{text}")
