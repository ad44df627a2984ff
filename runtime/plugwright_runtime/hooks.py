"""What is a hook, how is a handler registered, and what becomes of its answer?

`HookSpec` says what generated code knows of one hook; `HookTable.hook` is the decorator;
`registered` reads a plugin class; `Dispatcher` turns the bytes of a call into a handler's
arguments and its result, or its failure, into the bytes of the answer.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
import operator
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

import grpc

from . import json_bytes
from .codec import encode
from .deadlines import Deadlines
from .errors import HookRegistrationError, PluginAPIError, Unimplemented
from .model import Model
from .package import Codec, Package
from .servicer import error_model, package_of

_MARK = "__plugwright_hook__"


@dataclass(frozen=True, slots=True)
class Reject:
    """The answer of a hook that refuses; `reason` is shown to the person who is refused."""

    reason: str


@dataclass(frozen=True, slots=True)
class Dismiss:
    """The answer of a hook that drops an entity without telling anybody; use `DISMISS`."""


DISMISS = Dismiss()


@dataclass(frozen=True, slots=True)
class HookSpec:
    """One hook: its messages (full names), its handler's parameters, and what its family is.

    `sources`: how each argument is read from the request: `value`, `message` (unset = empty), or
    `json:field` (a wrapper of JSON text). `results`: the response's fields an answer goes to.
    `rejected`: the field of a refusal. `dismiss`: the reason that stands for `DISMISS`.
    """

    name: str
    family: str
    request: str
    response: str
    arguments: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    results: tuple[str, ...] = ()
    rejected: str = ""
    dismiss: str = ""
    error_id: str = ""


@dataclass(frozen=True, slots=True)
class Registration:
    """A handler: the method's name in its class, and the options it was decorated with."""

    hook: str
    method: str
    timeout: float | None
    on_error: Reject | None


class HookTable:
    """The hooks of one SDK: made by its generated code, read by `Plugin` and the dispatcher."""

    def __init__(
        self,
        *,
        package: str,
        service: str,
        implemented: str,
        error_field: str,
        error_type: str,
        timeout: float,
        timeout_env: str,
        specs: tuple[HookSpec, ...],
    ) -> None:
        self.package_name = package
        self.service = service
        self.implemented = implemented
        self.error_field = error_field
        self.error_type = error_type
        self.timeout = timeout
        self.timeout_env = timeout_env
        self.specs: Mapping[str, HookSpec] = {spec.name: spec for spec in specs}

    @property
    def package(self) -> Package:
        return package_of(self.package_name)

    def hook(
        self, name: str, /, *, timeout: float | None = None, on_error: Reject | None = None
    ) -> Callable[[Any], Any]:
        """The decorator; see the generated `hook`. Raises HookRegistrationError."""
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
        if not isinstance(on_error, Reject) or not _is_reason(on_error.reason):
            raise HookRegistrationError(
                f'{name}: on_error must be Reject("reason"), with a text, got {on_error!r}'
            )


def _is_reason(reason: object) -> bool:
    """Whether a host can tell it from "no refusal"."""
    return isinstance(reason, str) and reason != ""


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
    for registration in found.values():
        _check_signature(cls, registration, table.specs[registration.hook])
    return found


def _check_signature(cls: type, registration: Registration, spec: HookSpec) -> None:
    attribute = inspect.getattr_static(cls, registration.method)
    function = _function(attribute)
    if spec.family == "http" and not inspect.isfunction(function):
        return  # a mounted application
    if not callable(function):
        raise HookRegistrationError(
            f"{cls.__qualname__}.{registration.method} hides the handler of {spec.name} with "
            f"{type(attribute).__name__}; make it a method"
        )
    names = ("request",) if spec.family == "http" else spec.arguments
    bound = () if isinstance(attribute, staticmethod) else (None,)
    try:
        inspect.signature(function).bind(*bound, *names)
    except TypeError:
        wanted = ", ".join((*(("self",) if bound else ()), *names))
        raise HookRegistrationError(
            f"{cls.__qualname__}.{registration.method}{inspect.signature(function)} cannot handle "
            f"{spec.name}; it is called as {registration.method}({wanted})"
        ) from None
    except ValueError:
        return  # a callable without a signature to look at


class WrongResult(TypeError):
    """A handler returned what its hook does not accept."""


class Dispatcher:
    """Serves the hooks of one plugin instance.

    `executor`: where plain functions run; coroutines run on the loop. `log` gets a record with
    the traceback of every failure.
    """

    def __init__(
        self, plugin: object, table: HookTable, executor: Executor, log: logging.Logger
    ) -> None:
        self.plugin = plugin
        self.table = table
        self.executor = executor
        self.log = log
        self.registered = registered(type(plugin), table)
        self.timeout = _timeout(table)
        self.deadlines = Deadlines()

    def handlers(self) -> grpc.GenericRpcHandler:
        """The gRPC handlers: those of the plugin's hooks, and the list of their names."""
        made: dict[str, Any] = {}
        for name, spec in self.table.specs.items():
            registration = self.registered.get(name)
            if spec.family == "http":
                made[name] = self._http(spec, registration)
            elif registration is not None:
                call = HookCall(self, spec, registration)
                made[name] = grpc.unary_unary_rpc_method_handler(call.serve)
        if self.table.implemented:
            made[self.table.implemented] = grpc.unary_unary_rpc_method_handler(self._implemented)
        handler: grpc.GenericRpcHandler = grpc.method_handlers_generic_handler(
            self.table.service, made
        )
        return handler

    def _http(self, spec: HookSpec, registration: Registration | None) -> Any:
        """The HTTP hook; one that the plugin does not handle answers 404."""
        if registration is not None:
            from .http_hook import HTTPHook

            return HTTPHook(self, spec, registration).grpc_handler()

        async def not_found(requests: Any, context: Any) -> None:
            from .http_hook import HTTPHook  # most plugins never need it

            await HTTPHook(self, spec, None).serve(requests, context)

        return grpc.stream_stream_rpc_method_handler(not_found)

    async def _implemented(self, data: bytes, context: Any) -> bytes:
        """The names of the hooks, as the runtime knows them from the class."""
        service, rpc = self.table.service, self.table.implemented
        response = self.table.package.codec(f"{service.rpartition('.')[0]}.{rpc}Response".lstrip("."))
        return encode(response.model(hooks=sorted(self.registered)))


def _timeout(table: HookTable) -> float:
    """Seconds a unary hook may take: from the environment if it says so."""
    text = os.environ.get(table.timeout_env, "") if table.timeout_env else ""
    if not text:
        return table.timeout
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise ValueError(f"{table.timeout_env} must be a number of seconds, got {text!r}")
    return seconds


class HookCall:
    """One unary hook of one plugin: bytes in, bytes out."""

    def __init__(
        self, dispatcher: Dispatcher, spec: HookSpec, registration: Registration
    ) -> None:
        package = dispatcher.table.package
        self.dispatcher = dispatcher
        self.spec = spec
        self.handler = getattr(dispatcher.plugin, registration.method)
        self.is_async = inspect.iscoroutinefunction(self.handler)
        self.timeout = registration.timeout or dispatcher.timeout
        self.on_error = registration.on_error
        request: Codec[Any] = package.codec(spec.request)
        self.parse = request.message.FromString
        self.read = request.read
        self.response: Codec[Any] = package.codec(spec.response)
        self.arguments = _arguments(spec, request)
        self.answer = _Answer(spec, self.response)
        table = dispatcher.table
        embeds = table.error_field in self.response.model.__field_names__
        self.error = package.message(table.error_type) if embeds and table.error_type else None

    async def serve(self, data: bytes, context: Any) -> bytes:
        """The handler of grpc.aio. Whatever goes wrong, the host gets the answer it is due."""
        deadlines = self.dispatcher.deadlines
        task = deadlines.start(self.timeout)
        timed_out = False
        try:
            try:
                result = await self.invoke(data)
            finally:
                timed_out = deadlines.stop(task)
            return encode(self.answer(result))
        except BaseException as error:
            if _ends_the_call(error):
                raise
            return await self._failed(error, timed_out, context)

    async def invoke(self, data: bytes) -> Any:
        """The handler's result for the request in `data`."""
        arguments = self.arguments(self.read(self.parse(data)))
        if self.is_async:
            return await self.handler(*arguments)
        loop = asyncio.get_running_loop()
        result = await loop.run_in_executor(self.dispatcher.executor, self._run, arguments)
        return await result if isinstance(result, Awaitable) else result

    def _run(self, arguments: tuple[Any, ...]) -> Any:
        try:
            return self.handler(*arguments)
        except (StopIteration, GeneratorExit) as error:
            # No future and no coroutine can carry them: the call would never end.
            raise RuntimeError(f"the handler raised {type(error).__name__}") from error

    async def _failed(self, error: BaseException, timed_out: bool, context: Any) -> bytes:
        """The answer of a failed handler, by the failure table of its family."""
        name = self.spec.name
        if isinstance(error, Unimplemented):
            await context.abort(grpc.StatusCode.UNIMPLEMENTED, f"{name} is not implemented")
        code, text = grpc.StatusCode.INTERNAL, _text(error)
        if timed_out:
            code = grpc.StatusCode.DEADLINE_EXCEEDED
            text = f"the handler of {name} took longer than {self.timeout:g} s"
        self.dispatcher.log.error("%s: %s", name, text, exc_info=error)
        if self.error is not None:
            carried = error if isinstance(error, PluginAPIError) and not timed_out else None
            embedded = self._error(self.error, carried, text)
            return encode(self.response.model(**{self.dispatcher.table.error_field: embedded}))
        if self.on_error is not None:
            return encode(self.response.model(**{self.spec.rejected: self.on_error.reason}))
        await context.abort(code, text)
        raise AssertionError  # abort never returns

    def _error(self, cls: type[Model], carried: PluginAPIError | None, text: str) -> Model:
        """The embedded error: an SDK exception keeps its fields, what it leaves open is filled."""
        model = cls() if carried is None else error_model(cls, carried)
        statuses = carried.http_statuses if carried is not None else ()
        defaults = {
            "id": self.spec.error_id,
            "status_code": statuses[0] if statuses else 500,
            "where": self.spec.name,
            "message": text,
            # Go hosts drop `message`: the text must be in `detailed_error` too.
            "detailed_error": text,
        }
        for field, value in defaults.items():
            current = getattr(model, field, None)
            if type(current) is type(value) and not current:
                setattr(model, field, value)
        return model


def _ends_the_call(error: BaseException) -> bool:
    """Whether the host gave up. A handler can leak the cancellation of a task of its own."""
    task = asyncio.current_task()
    cancelled = isinstance(error, asyncio.CancelledError)
    return cancelled and task is not None and task.cancelling() > 0


# A status travels in HTTP/2 trailers, which peers take up to 8 KiB of, percent-encoded.
_TEXT_BYTES = 2000


def _text(error: BaseException) -> str:
    """What a host is told of an exception, of any: its `str()` may fail, or be no Unicode."""
    try:
        text = str(error)
    except Exception:
        text = "(an exception without a text)"
    if not isinstance(error, PluginAPIError | WrongResult):
        text = f"{type(error).__name__}: {text}" if text else type(error).__name__
    return text.encode("utf-8", "replace")[:_TEXT_BYTES].decode("utf-8", "ignore")


def _arguments(spec: HookSpec, request: Codec[Any]) -> Callable[[Any], tuple[Any, ...]]:
    """How the handler's arguments are taken from the request model."""
    if all(source == "value" for source in spec.sources):
        return _getter(spec.arguments)
    readers = [
        _reader(name, source, request)
        for name, source in zip(spec.arguments, spec.sources, strict=True)
    ]
    return lambda model: tuple([read(model) for read in readers])


def _getter(names: tuple[str, ...]) -> Callable[[Any], tuple[Any, ...]]:
    if len(names) > 1:
        return operator.attrgetter(*names)
    if not names:
        return lambda model: ()
    get = operator.attrgetter(names[0])
    return lambda model: (get(model),)


def _reader(name: str, source: str, request: Codec[Any]) -> Callable[[Any], Any]:
    get = operator.attrgetter(name)
    if source == "value":
        return get
    if source.startswith("json:"):
        inner = operator.attrgetter(source.removeprefix("json:"))
        return lambda model: _json(get(model), inner, request.model.__name__)
    descriptor = request.message.DESCRIPTOR.fields_by_name[name].message_type
    full_name = descriptor.full_name
    if full_name.startswith("google.protobuf."):
        return get
    empty = request.package.codec(full_name).model
    return lambda model: empty() if (value := get(model)) is None else value


def _json(wrapper: Any, inner: Callable[[Any], bytes], name: str) -> Any:
    return {} if wrapper is None else json_bytes.load(inner(wrapper), name)


class _Answer:
    """A handler's result becomes the response model of its hook; raises WrongResult."""

    def __init__(self, spec: HookSpec, response: Codec[Any]) -> None:
        self.spec = spec
        self.model: Callable[..., Model] = response.model
        self.slots = [_Slot(response, name) for name in spec.results]
        self.nullable = spec.family in ("void", "error", "modify", "reject", "transform") or any(
            name.startswith("modified") for name in spec.results
        )

    def __call__(self, result: Any) -> Model:
        if result is None and self.nullable:
            return self.model()
        for slot in self.slots:
            if slot.accepts(result):
                return self.model(**{slot.name: slot.convert(result)})
        return self._special(result)

    def _special(self, result: Any) -> Model:
        """The answer for a result that is not simply the value of a field."""
        spec = self.spec
        if isinstance(result, Reject) and spec.rejected:
            if not _is_reason(result.reason):
                raise self._wrong(result, "Reject needs a reason, a text that is not empty")
            return self.model(**{spec.rejected: result.reason})
        if isinstance(result, Dismiss) and spec.dismiss:
            return self.model(**{spec.rejected: spec.dismiss})
        if isinstance(result, tuple) and len(self.slots) > 1 and len(result) == len(self.slots):
            pairs = list(zip(self.slots, result, strict=True))
            if all(slot.accepts(value) for slot, value in pairs):
                return self.model(**{s.name: s.convert(v) for s, v in pairs})
        raise self._wrong(result)

    def _wrong(self, result: Any, why: str = "") -> WrongResult:
        accepted = [slot.shown for slot in self.slots]
        if len(self.slots) > 1:
            accepted.append(f"tuple[{', '.join(accepted)}]")
        accepted += ["DISMISS"] if self.spec.dismiss else []
        accepted += ["Reject"] if self.spec.rejected else []
        accepted += ["None"] if self.nullable else []
        text = f"{self.spec.name} returned {_shown(result)}; accepted: {', '.join(accepted)}"
        return WrongResult(f"{text} ({why})" if why else text)


def _shown(result: Any) -> str:
    if type(result) is list and result:
        return f"list of {type(result[0]).__name__}"
    return type(result).__name__


class _Slot:
    """A field of a response that takes a handler's result."""

    def __init__(self, response: Codec[Any], name: str) -> None:
        field = response.message.DESCRIPTOR.fields_by_name[name]
        self.name = name
        self.wrapper: Any = None
        self.element: Any = None
        repeated = not field.has_presence and isinstance(getattr(response.model(), name), list)
        if field.message_type is not None:
            model = response.package.codec(field.message_type.full_name).model
            self.type: tuple[type, ...] = (model,)
            names = model.__field_names__
            if len(names) == 1 and names[0].endswith("_json"):
                self.type, self.wrapper = (dict,), (model, names[0])
        else:
            self.type = (type(getattr(response.model(), name)),)
        if repeated:
            self.element, self.type = self.type, (list, tuple)
        inner = (self.element or self.type)[0].__name__
        self.shown = f"list[{inner}]" if repeated else inner

    def accepts(self, value: Any) -> bool:
        if self.element is not None:
            if not isinstance(value, list | tuple):
                return False
            values: Sequence[Any] = value
            return all(isinstance(v, self.element) for v in values)
        if self.type == (int,) and isinstance(value, bool):
            return False
        return isinstance(value, self.type)

    def convert(self, value: Any) -> Any:
        if self.wrapper is not None:
            model, name = self.wrapper
            return model(**{name: json_bytes.dump(value)})
        return list(value) if self.element is not None else value
