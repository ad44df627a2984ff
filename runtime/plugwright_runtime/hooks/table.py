"""How is the handler of a hook registered?

`HookTable` has the hooks of one SDK, and the decorator `hook`; `registered` reads a plugin class.
`dispatch` calls what is registered here.
"""

from __future__ import annotations

import functools
import inspect
import warnings
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from ..exceptions import HookRegistrationError
from ..fit.annotations import signature_of
from ..message.package import Package, package_of
from .handler_types import misfit
from .spec import HookSpec, Reject, is_reason

if TYPE_CHECKING:
    from ..rpc.conventions import StatusErrors

_MARK = "__plugwright_hook__"


class Registration(NamedTuple):
    """A handler: the method's name in its class, and the options it was decorated with.

    `arguments`: how many it takes.
    """

    hook: str
    method: str
    timeout: float | None
    on_error: Reject | None
    arguments: int = 0


class HookTable:
    """The hooks of one SDK: made by its generated code, read by `Plugin` and the dispatcher."""

    def __init__(
        self,
        *,
        package: str,
        service: str,
        implemented: str,
        errors: StatusErrors | None,
        timeout: float,
        timeout_env: str,
        specs: tuple[HookSpec, ...],
        before: Mapping[str, tuple[str, ...]] | None = None,
    ) -> None:
        self.package_name = package
        self.service = service
        self.implemented = implemented
        self.errors = errors
        self.timeout = timeout
        self.timeout_env = timeout_env
        self.specs: Mapping[str, HookSpec] = {s.name: s.in_full(service) for s in specs}
        self.before: Mapping[str, tuple[str, ...]] = before or {}

    @functools.cached_property
    def plain_names(self) -> dict[str, str]:
        """The hooks by their names without case and underscores."""
        return {name.replace("_", "").lower(): name for name in self.specs}

    @property
    def package(self) -> Package:
        return package_of(self.package_name)

    def told(self, handled: Mapping[str, object]) -> list[str]:
        """What a host is told of a plugin that handles the hooks `handled`: also those before which
        one of them is called.
        """
        needed = (h for h, early in self.before.items() if any(e in handled for e in early))
        return sorted({*handled, *needed})

    def hook(
        self,
        name: str,
        /,
        *,
        timeout: float | None = None,
        on_error: Reject | None = None,
    ) -> Callable[[Any], Any]:
        """Register a method as the handler of a hook; raises HookRegistrationError if it is none.

        `timeout`: seconds it may take; an HTTP hook has no limit. `on_error`: what a modifying or
        refusing hook answers when its handler fails (fail closed); without it the host goes on as
        if the hook did nothing. `HookName` says what each hook is for.
        """
        if callable(name):
            raise HookRegistrationError(
                f"{_named(name)}: hook() needs a hook's name, as in @hook(HookName.X)"
            )

        def register(function: Any) -> Any:
            inner = _function(function)
            try:
                spec = self._spec(str(name))
                _check_options(spec, timeout, on_error)
                if not callable(inner):
                    raise HookRegistrationError(f"{spec.name} is handled by a method")
                if hasattr(inner, _MARK):
                    other = getattr(inner, _MARK)[0]
                    raise HookRegistrationError(f"it is the handler of {other} already")
            except HookRegistrationError as error:
                raise HookRegistrationError(f"{_named(inner)}: {error}") from None
            setattr(inner, _MARK, (spec.name, timeout, on_error))
            return function

        return register

    def _spec(self, name: str) -> HookSpec:
        spec = self.specs.get(name)
        if spec is None:
            near = ", ".join(sorted(self.specs, key=lambda n: _distance(n, name))[:3])
            raise HookRegistrationError(f"there is no hook {name!r}; the nearest are: {near}")
        return spec


def _named(function: Any) -> str:
    """`Class.method` of a function, as error texts call it."""
    return str(getattr(function, "__qualname__", None) or repr(function))


def _check_options(spec: HookSpec, timeout: object, on_error: object) -> None:
    name = spec.name
    if timeout is not None:
        if spec.family == "http":
            raise HookRegistrationError(f"{name} has no timeout; limit the work in its handler")
        if not isinstance(timeout, int | float) or not timeout > 0:
            raise HookRegistrationError(
                f"{name}: timeout must be a positive number of seconds, got {timeout!r}"
            )
    if on_error is not None:
        if not spec.rejected:
            raise HookRegistrationError(f"{name}: on_error is only for hooks that can refuse")
        if not isinstance(on_error, Reject) or not is_reason(on_error.reason):
            raise HookRegistrationError(
                f'{name}: on_error must be Reject("reason"), with a text, got {on_error!r}'
            )


def _distance(a: str, b: str) -> float:
    from difflib import SequenceMatcher

    return -SequenceMatcher(None, a.lower(), b.lower()).ratio()


def _function(attribute: Any) -> Any:
    return attribute.__func__ if isinstance(attribute, staticmethod | classmethod) else attribute


def registered(cls: type, table: HookTable) -> dict[str, Registration]:
    """The handlers of a plugin class by hook, inherited ones too.

    A method that overrides a handler stays one, decorated again or not. Raises
    HookRegistrationError for two handlers of a hook and for a signature that cannot be called.
    """
    found: dict[str, Registration] = {}
    for base in reversed(cls.__mro__):
        for method, attribute in base.__dict__.items():
            mark = getattr(_function(attribute), _MARK, None)
            if mark is None:
                continue
            hook, timeout, on_error = mark
            other = found.get(hook)
            if other is not None and other.method != method:
                raise HookRegistrationError(
                    f"{cls.__qualname__}: {other.method} and {method} both handle {hook}; "
                    "keep one, or override it under the same name"
                )
            found = {h: r for h, r in found.items() if r.method != method or h == hook}
            found[hook] = Registration(hook, method, timeout, on_error)
    return {
        hook: r._replace(arguments=_check_signature(cls, r, table.specs[hook]))
        for hook, r in found.items()
    }


def _check_signature(cls: type, registration: Registration, spec: HookSpec) -> int:
    """How many arguments the handler takes. Raises HookRegistrationError if it cannot be called."""
    attribute = inspect.getattr_static(cls, registration.method)
    function = _function(attribute)
    if spec.family == "http" and not inspect.isfunction(function):
        return 0  # a mounted application
    if not callable(function):
        raise HookRegistrationError(
            f"{cls.__qualname__}.{registration.method} hides the handler of {spec.name} with "
            f"{type(attribute).__name__}; make it a method"
        )
    names = ("request",) if spec.family == "http" else spec.arguments
    binds = hasattr(type(attribute), "__get__") and not isinstance(attribute, staticmethod)
    bound = ("self",) if binds else ()
    try:
        signature = signature_of(function)
    except ValueError:
        return len(names) - spec.optional  # a callable without a signature to look at
    method = registration.method
    count = _taken(signature, (*bound, *names), spec.optional) - len(bound)
    try:
        named = signature.bind(*bound, *names[:count]).arguments
    except TypeError:
        why = f"it is called as {method}({', '.join((*bound, *names))})"
        why += f", or without {', '.join(names[count:])}" if spec.optional else ""
    else:
        if not spec.answers or spec.family == "http":
            return count  # made by an older generator, or there is no more to know
        why = misfit(function, signature, spec.taking(count), named)
        why = why and f"{why}; as in {_example(method, bound, spec)}"
    if why:
        raise HookRegistrationError(
            f"{cls.__qualname__}.{method}{signature} cannot handle {spec.name}; {why}"
        )
    return count


def _taken(signature: inspect.Signature, names: tuple[str, ...], optional: int) -> int:
    """How many of all that a handler may be given it takes; the `optional` last joined later.

    A parameter that has a default takes one of those only if it is called so: its author may have
    meant something else by it.
    """
    given = len(names)
    for count in range(given, given - optional, -1):
        later = names[given - optional : count]
        try:
            named = signature.bind(*names[:count]).arguments
        except TypeError:
            continue
        found = [(v, signature.parameters[n]) for n, v in named.items() if v in later]
        if all(p.default is p.empty or p.name == name for name, p in found):
            return count
    return given - optional


def _example(method: str, bound: tuple[str, ...], spec: HookSpec) -> str:
    """The signature of a handler with all annotations."""
    typed = zip(spec.arguments, spec.types, strict=True)
    names = [*bound, *(f"{name}: {text}" if text else name for name, text in typed)]
    return f"def {method}({', '.join(names)}) -> {' | '.join(spec.answers)}"


def warn_of_lookalikes(cls: type, table: HookTable) -> None:
    """A warning for each public method of `cls` that has the name of a hook and is no handler."""
    handled = cls.__registered__  # type: ignore[attr-defined]
    for method, attribute in cls.__dict__.items():
        hook = table.plain_names.get(method.replace("_", "").lower())
        if hook is None or method.startswith("_") or hook in handled:
            continue
        function = _function(attribute)
        if inspect.isfunction(function) and not hasattr(function, _MARK):
            text = f"{cls.__qualname__}.{method} is no handler of {hook}, and is never called"
            warnings.warn(f"{text}; decorate it with @hook({hook!r}), or rename it", stacklevel=3)
