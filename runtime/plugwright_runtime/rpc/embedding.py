"""How is an error put into an answer? The answer's codec, the error and its fields in, a model out.

Whatever an error built by hand carries, what comes out can be encoded.
"""

from __future__ import annotations

import contextlib
import copy
import logging
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from ..exceptions import FieldError
from ..message.codec import Codec, encode
from ..message.model import Model
from .failures import PluginAPIError, text_of

Embedding: TypeAlias = Callable[[PluginAPIError], Model]

_log = logging.getLogger("plugwright.rpc")


def error_model(cls: type[Model], error: PluginAPIError) -> Model:
    """The embedded error that tells a peer of `error`, with every field `cls` has for it.

    What a field cannot hold is left out: an error built by hand may carry anything.
    """
    fields = {
        name: value
        for name in cls.__field_names__
        if (value := getattr(error, name, None)) is not None
    }
    if fields.get("status_code") == 0 and error.http_statuses:
        # By its status a peer finds the class again.
        fields["status_code"] = error.http_statuses[0]
    make: Callable[..., Model] = cls
    model = make(**fields)
    if fits(model):
        return model
    model = make()
    for name, value in fields.items():
        if fits(make(**{name: value})):
            setattr(model, name, value)
    return model


def answer_with(response: Codec[Any], error: PluginAPIError, fields: Mapping[str, Any]) -> Model:
    """The response with `fields` set; the others are those of `error.response`, if it has one.

    Raises FieldError if `fields` do not fit.
    """
    if isinstance(error.response, response.model):
        answer: Model = copy.copy(error.response)
        for name, value in fields.items():
            setattr(answer, name, value)
        if fits(answer):
            return answer
        _log.warning("the response of %r cannot be encoded: left out", peer_text(error))
    made: Model = response.model(**fields)
    encode(made)
    return made


def fits(model: Model) -> bool:
    with contextlib.suppress(FieldError):
        encode(model)
        return True
    return False


def peer_text(error: PluginAPIError) -> str:
    """What a peer is told of `error`; never empty, which would mean that all is well."""
    message = str(error.message).encode("utf-8", "replace").decode()
    return message or text_of(error) or type(error).__name__


def message_of(field: Any) -> str:
    """The full name of a field's message, "" if it has none."""
    found: Any = field is not None and field.message_type
    return str(found.full_name) if found else ""


def is_list(field: Any) -> bool:
    from ..message.descriptors import is_repeated  # protobuf is loaded with the first message

    return is_repeated(field)


def is_integer(field: Any) -> bool:
    return field.cpp_type in (
        field.CPPTYPE_INT32,
        field.CPPTYPE_INT64,
        field.CPPTYPE_UINT32,
        field.CPPTYPE_UINT64,
    )
