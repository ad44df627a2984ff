"""What is a model? The base classes of generated messages, enums and oneof cases.

A generated model is an ordinary slotted, mutable class whose `__init__` is generated text, so
creating hundreds of classes costs nothing like the `dataclass` decorator. `Model` supplies the
rest: `dataclasses.fields`, `asdict`, `replace`, `copy`, `pickle`, `==`, `repr`, `match` and tools
that know dataclasses take it for one (see `dataclass_view`).
"""

from __future__ import annotations

import copy
import dataclasses
import enum
import importlib
import reprlib
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar, get_type_hints


class _Sentinel:
    """The default of a parameter whose real default is made afresh for each instance."""

    __slots__ = ("_text", "made")

    def __init__(self, text: str, made: Callable[..., Any]) -> None:
        self._text = text
        self.made = made
        """What makes the default: a type, or a function of a model class and an attribute."""

    def __repr__(self) -> str:
        return self._text

    def __reduce__(self) -> str:
        return {"[]": "EMPTY_LIST", "{}": "EMPTY_DICT"}.get(self._text, "UNSET")


def _default(model: Any, name: str) -> Any:
    optional: dict[str, Any] = model.__init__.__kwdefaults__ or {}
    required = dict.fromkeys(n for n in model.__field_names__ if n not in optional)
    return getattr(model(**required), name)


class _Fields(dict[str, "dataclasses.Field[Any]"]):
    """`__dataclass_fields__` of each class. A dict, for so it is where a tool looks into the
    `__dict__` of a class."""

    def __get__(self, instance: Any, owner: type) -> Any:
        from .dataclass_view import fields_of  # only when a tool asks

        caller = sys._getframe(1)  # pyright: ignore[reportPrivateUsage]
        return fields_of(instance, owner, caller)

    def __set__(self, instance: Any, value: Any) -> None:
        """There, for without it Sphinx takes this for a function of each module."""
        raise AttributeError("__dataclass_fields__ of a model cannot be set")


class _Params:
    """`__dataclass_params__` of each class."""

    def __get__(self, instance: Any, owner: type) -> Any:
        from .dataclass_view import params

        return params()


class _Codec:
    """`__codec__` of each generated class: asked of its package once; see `codec.Codec`."""

    def __get__(self, instance: object, owner: type) -> Any:
        for base in owner.__mro__:
            if base is not Model and base.__dict__.get("__proto__") and issubclass(base, Model):
                codec = base.__codec__ = package_with(base).codec(base.__proto__)
                return codec
        raise AttributeError(f"{owner.__qualname__} is no generated model")


def package_with(model: type) -> Any:
    """The `Package` that a generated class belongs to."""
    home = model.__module__.rpartition(".models.")[0]
    return importlib.import_module(f"{home}._package").PACKAGE


_FIELDS: Any = _Fields()
EMPTY_LIST: Any = _Sentinel("[]", list)
EMPTY_DICT: Any = _Sentinel("{}", dict)
UNSET: Any = _Sentinel("<default>", _default)


class Model:
    """The base of every generated message class.

    Equality, `repr` and pickling go by fields. `__unknown__` holds, in wire format, fields of the
    message that this SDK does not know: they came from a newer peer, are kept through `copy`,
    `pickle` and `dataclasses.replace`, are sent back on encoding, and do not count in `==`.
    """

    __slots__ = ("__unknown__",)
    __match_args__: ClassVar[tuple[()]] = ()
    __hash__: ClassVar[None]  # type: ignore[assignment]
    __proto__: ClassVar[str] = ""
    __field_names__: ClassVar[tuple[str, ...]] = ()
    __secrets__: ClassVar[tuple[str, ...]] = ()

    if TYPE_CHECKING:
        __unknown__: bytes
        __codec__: ClassVar[Any]
        __dataclass_fields__: ClassVar[dict[str, dataclasses.Field[Any]]]
    else:
        __codec__ = _Codec()
        __dataclass_fields__ = _FIELDS
        __dataclass_params__ = _Params()

        def __init_subclass__(cls, **keywords: Any) -> None:
            """Tools look into the `__dict__` of each generated class, where checkers would take a
            line that says it for no ClassVar. A program's own subclass is not decorated yet.
            """
            super().__init_subclass__(**keywords)
            if "__proto__" in cls.__dict__:
                cls.__dataclass_fields__ = _FIELDS

    def __post_init__(self) -> None:
        """Called by tools that fill the fields themselves (pydantic), not by `__init__`."""
        self.__unknown__ = b""

    def __eq__(self, other: object) -> bool:
        if other.__class__ is not self.__class__:
            return NotImplemented
        names = self.__field_names__
        return [getattr(self, n) for n in names] == [getattr(other, n) for n in names]

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return _deepcopy(self, memo)

    def __replace__(self, /, **changes: Any) -> Self:
        """For `copy.replace` of Python 3.13."""
        return dataclasses.replace(self, **changes)

    @reprlib.recursive_repr()
    def __repr__(self) -> str:
        hidden = self.__secrets__
        shown = (f"{n}={getattr(self, n)!r}" for n in self.__field_names__ if n not in hidden)
        return f"{type(self).__qualname__}({', '.join(shown)})"


def _as_decorated(self: Model) -> str:
    return repr(self)


# pprint lays out what has the `__repr__` of a decorated dataclass, which it knows by this name.
_as_decorated.__qualname__ = "__create_fn__.<locals>.__repr__"
setattr(Model.__repr__, "__wrapped__", _as_decorated)  # noqa: B010

_T = TypeVar("_T")


def _deepcopy(value: _T, memo: dict[int, Any]) -> _T:
    """A deep copy, in two calls per level: the default takes twelve for a oneof, and so runs into
    Python's limit for what protobuf still parses."""
    state: Any = value.__reduce_ex__(4)[2]  # (its `__dict__`, its slots), or only the first
    made = object.__new__(type(value))
    memo[id(value)] = made
    for attributes in state if isinstance(state, tuple) else (state,):
        for name, attribute in (attributes or {}).items():
            setattr(made, name, copy.deepcopy(attribute, memo))
    return made


class OneofCase:
    """One member of a oneof, set: its class says which, `value` what."""

    __slots__ = ("value",)
    __match_args__ = ("value",)
    __proto_field__: ClassVar[str] = ""
    __secret__: ClassVar[bool] = False
    __hash__: ClassVar[None]  # type: ignore[assignment]

    value: Any

    if not TYPE_CHECKING:
        __dataclass_fields__ = _FIELDS
        __dataclass_params__ = _Params()

        def __getattr__(self, name: str) -> Any:
            """The value under the name of its field, for tools that ask for fields."""
            if name == type(self).__proto_field__:
                return self.value
            text = f"{type(self).__qualname__!r} object has no attribute {name!r}"
            raise AttributeError(text, name=name, obj=self)

    def __eq__(self, other: object) -> bool:
        if other.__class__ is not self.__class__:
            return NotImplemented
        return bool([self.value] == [getattr(other, "value")])  # noqa: B009

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return _deepcopy(self, memo)

    def __repr__(self) -> str:
        shown = "[hidden]" if self.__secret__ else repr(self.value)
        return f"{type(self).__qualname__}({shown})"

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        """To pydantic a case is itself, or `{"<field>": value}`, which is its JSON."""
        from pydantic_core import PydanticSerializationUnexpectedValue, core_schema

        make: Any = cls
        name = cls.__proto_field__
        value = handler.generate_schema(get_type_hints(cls)["value"])
        fields = {name: core_schema.typed_dict_field(value)}
        outside = core_schema.typed_dict_schema(fields, extra_behavior="forbid")

        def written(case: Any) -> dict[str, Any]:
            if not isinstance(case, cls):
                raise PydanticSerializationUnexpectedValue(f"not {name}")
            return {name: case.value}

        read = core_schema.no_info_after_validator_function(
            lambda found: make(found[name]), outside
        )
        return core_schema.json_or_python_schema(
            json_schema=read,
            python_schema=core_schema.union_schema([core_schema.is_instance_schema(cls), read]),
            serialization=core_schema.plain_serializer_function_ser_schema(
                written, return_schema=outside
            ),
        )


class ClosedEnum(enum.IntEnum):
    """An enum that has no other numbers than its members (proto2, closed enums of editions)."""


class OpenEnum(enum.IntEnum):
    """An enum that keeps numbers of a newer peer: `Color(99)` is legal, named `UNKNOWN_99`.

    Such members compare and pickle by number. They are not remembered, so a peer that sends many
    numbers does not make the process grow.
    """

    @classmethod
    def _missing_(cls, value: object) -> OpenEnum | None:
        if not isinstance(value, int) or not -(2**31) <= value < 2**31:
            return None
        member = int.__new__(cls, value)
        member._name_ = f"UNKNOWN_{value}"
        member._value_ = value
        return member
