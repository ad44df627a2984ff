"""What happens when a program uses what its protos call deprecated? A DeprecationWarning.

Generated code declares, with the decorators below, and whoever uses it explicitly is warned, at
the line that does so: building a deprecated message or a client of a deprecated service, setting a
deprecated field in a constructor or in a call, setting a deprecated case of a oneof, naming a
deprecated enum value, calling a deprecated RPC. Type checkers see `warnings.deprecated` on
classes and RPCs.

Nothing else warns: no import, no decoding, no copy or comparison, and no use that an SDK or this
runtime makes by itself. What is not deprecated pays nothing.
"""

from __future__ import annotations

import enum
import functools
import inspect
import re
import sys
import warnings
from collections.abc import Callable
from types import FrameType
from typing import TYPE_CHECKING, Any, TypeVar

C = TypeVar("C", bound=type)
E = TypeVar("E", bound="type[enum.Enum]")

__all__ = ["deprecated", "deprecated_fields", "deprecated_members"]

# What builds objects and looks at them for others: `replace`, `getmembers`, pickling by name.
_TOOLS = frozenset({"dataclasses", "copy", "copyreg", "enum", "inspect", "pickle"})

if TYPE_CHECKING:
    from typing_extensions import deprecated as deprecated
else:

    def deprecated(text):
        """Mark a class or a method: who makes an instance, or calls it, is told `text`."""

        def mark(target):
            if not isinstance(target, type):
                return _warning_method(target, text)
            if issubclass(target, enum.Enum):
                return deprecated_members(*target.__members__)(target)
            package = _package(target)
            _around_init(target, lambda values: _warn(text, _caller(package)))
            target.__deprecated__ = text
            return target

        return mark


def deprecated_fields(*names: str) -> Callable[[C], C]:
    """Mark fields of a message: a constructor that is given more than their default warns."""

    def mark(cls: Any) -> Any:
        package = _package(cls)
        defaults: dict[str, Any] = cls.__init__.__kwdefaults__

        def look(values: dict[str, Any]) -> None:
            for name in names:
                value = values.get(name)
                # A field with presence is set, to whatever, unless it is None.
                if value is not None and (value or defaults[name] is None):
                    caller = _caller(package, through=f"{package}.clients.")
                    _warn(f"{cls.__proto__}.{name} is deprecated", caller)

        _around_init(cls, look)
        return cls

    return mark


def deprecated_members(*names: str) -> Callable[[E], E]:
    """Mark values of an enum: who names one of them is warned."""

    def mark(cls: Any) -> Any:
        cls.__deprecated_members__ = frozenset(names)
        cls.__class__ = _Deprecating
        return cls

    return mark


class _Deprecating(enum.EnumMeta):
    """The class of enums that have deprecated values."""

    def __getattribute__(cls, name: str) -> Any:
        found: Any = super().__getattribute__(name)
        if name[0] != "_" and name in cls.__deprecated_members__:
            _warn(f"{cls.__qualname__}.{name} is deprecated", _caller(_package(cls)))
        return found


def _around_init(cls: Any, before: Callable[[dict[str, Any]], None]) -> None:
    """Make `before` look at the arguments of each `cls(...)`."""
    original = cls.__init__

    def __init__(self: Any, *args: Any, **values: Any) -> None:
        before(values)
        original(self, *args, **values)

    __init__.__kwdefaults__ = original.__kwdefaults__  # they tell a model's defaults
    cls.__init__ = functools.wraps(original)(__init__)


def _warning_method(method: Any, text: str) -> Any:
    package = _package(method)

    @functools.wraps(method)
    def warning(*args: Any, **kwargs: Any) -> Any:
        _warn(text, _caller(package))
        return method(*args, **kwargs)

    warning.__deprecated__ = text  # type: ignore[attr-defined]
    if inspect.iscoroutinefunction(method) and sys.version_info >= (3, 12):
        warning = inspect.markcoroutinefunction(warning)
    return warning


def _package(target: Any) -> str:
    """The generated package that declares `target`."""
    found = re.match(r"(.+)\.(?:models|clients)\.", target.__module__)
    return found[1] if found else target.__module__


def _caller(package: str, through: str = "-") -> FrameType | None:
    """The frame of the program that uses something of `package`; None if it is no program.

    The SDK, the runtime and tools are none. Frames of modules named `through…` are passed.
    """
    frame: FrameType | None = sys._getframe(1)  # pyright: ignore[reportPrivateUsage]
    while frame is not None and _module(frame).startswith((__name__, through)):
        frame = frame.f_back
    if frame is None:
        return None
    name = _module(frame)
    ours = name.startswith((f"{package}.", "plugwright_runtime."))
    return None if ours or name in _TOOLS else frame


def _module(frame: FrameType) -> str:
    name: str = frame.f_globals.get("__name__", "")
    return name


def _warn(text: str, frame: FrameType | None) -> None:
    """Warn at the line that `frame` is in; without a frame nobody is to blame."""
    if frame is not None:
        warnings.warn_explicit(
            text,
            DeprecationWarning,
            frame.f_code.co_filename,
            frame.f_lineno,
            _module(frame),
            frame.f_globals.setdefault("__warningregistry__", {}),
        )
