"""Which contents can a message have? Hypothesis strategies of trees (see `sdk_values`).

Biased to the edges: limits, zero that is set, NaN, -0.0, empty containers, text beyond the BMP,
enum numbers nobody has declared. A google.protobuf.Value always has a kind: protobuf calls one
without an error.
"""

from __future__ import annotations

import functools
from typing import Any

from hypothesis import strategies as st
from kit.mattermost.values import (
    LIMITS,
    STRUCT,
    VALUE,
    Tree,
    descriptor,
    is_map,
    is_repeated,
    map_value,
)

TEXT = st.text(max_size=6) | st.sampled_from(["", "é", "🙂👩‍👩‍👧", "\0", "\u2028", "a" * 300])
FINITE = (
    st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from([0, -0.0, 0.1, 5e-324, 1.7e308])
)
ANY_NUMBER = FINITE | st.sampled_from([float("nan"), float("inf"), float("-inf")])


def tree(name: str, *, json: bool = False) -> st.SearchStrategy[Tree]:
    """Trees of the message `name`; with `json`, those that ProtoJSON can express."""
    return _tree(descriptor(name), 2, json)


@functools.cache
def _tree(message: Any, depth: int, json: bool) -> st.SearchStrategy[Tree]:
    optional = {
        f.name: _field(f, depth, json)
        for f in message.fields
        if depth > 0 or f.message_type is None or f.message_type.file.package != _PACKAGE
    }
    return st.fixed_dictionaries({}, optional=optional)


_PACKAGE = "mattermost.pluginapi.v1"


@functools.cache
def _field(field: Any, depth: int, json: bool) -> st.SearchStrategy[Any]:
    if is_map(field):
        values = _single(map_value(field), depth, json)
        return st.dictionaries(TEXT, values, max_size=2)
    single = _single(field, depth, json)
    return st.lists(single, max_size=2) if is_repeated(field) else single


def _single(field: Any, depth: int, json: bool) -> st.SearchStrategy[Any]:
    if field.message_type is not None:
        if field.message_type.full_name == STRUCT:
            return _json_object(json)
        if field.message_type.full_name == VALUE:
            return _json_value(json)
        if field.message_type.full_name.startswith("google.protobuf."):
            return _scalar(field.message_type.fields_by_name["value"])
        return _tree(field.message_type, depth - 1, json)
    return _scalar(field)


def _scalar(field: Any) -> st.SearchStrategy[Any]:
    if field.cpp_type == field.CPPTYPE_BOOL:
        return st.booleans()
    if field.type == field.TYPE_BYTES:
        return st.binary(max_size=6)
    if field.cpp_type == field.CPPTYPE_STRING:
        return TEXT
    low, high = LIMITS[field.cpp_type]
    edges = [n for n in (0, 1, -1, 2, 99, low, high) if low <= n <= high]
    return st.sampled_from(edges) | st.integers(low, high)


@functools.cache
def _json_value(json: bool) -> st.SearchStrategy[Any]:
    leaves = st.none() | st.booleans() | TEXT | (FINITE if json else ANY_NUMBER)
    return st.recursive(
        leaves,
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXT, inner, max_size=2),
        max_leaves=4,
    )


@functools.cache
def _json_object(json: bool) -> st.SearchStrategy[Any]:
    return st.dictionaries(TEXT, _json_value(json), max_size=3)
