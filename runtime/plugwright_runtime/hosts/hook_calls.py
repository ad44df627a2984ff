"""How does a host call a hook? With the arguments of a handler, for what a handler may return.

In: the `HookTable` of an SDK, and a client of its hooks. Generated `Hooks` and `AsyncHooks` have a
typed method for each hook. A failure of the handler is raised, as by every client.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, TypeVar

from ..hooks.spec import DISMISS, HookSpec, Reject
from ..hooks.table import HookTable
from ..message.codec import Codec
from ..message.model import Model
from ..rpc import json_bytes
from ..rpc.client_async import AsyncClient
from ..rpc.client_sync import SyncClient

T = TypeVar("T")

NOTHING = ("void", "error", "reject")


class HookCall:
    """One hook, as its host calls it."""

    def __init__(self, table: HookTable, spec: HookSpec) -> None:
        self.spec = spec
        self._request: Codec[Any] = table.package.codec(spec.request)
        self._sources = dict(zip(spec.arguments, spec.sources, strict=True))
        self.response: type[Model] = table.package.codec(spec.response).model

    def request(self, arguments: Mapping[str, Any]) -> Model:
        """The message with the arguments of a handler."""
        fields = {name: self._field(name, value) for name, value in arguments.items()}
        made: Model = self._request.model(**fields)
        return made

    def _field(self, name: str, value: Any) -> Any:
        source = self._sources[name]
        if value is None or not source.startswith("json:"):
            return value
        nested: Any = self._request.field(name)
        wrapper = self._request.package.codec(nested.message_type.full_name).model
        return wrapper(**{source.removeprefix("json:"): json_bytes.dump(value)})

    def answer(self, response: Model) -> Any:
        """What the handler returned."""
        spec = self.spec
        if spec.rejected and (reason := getattr(response, spec.rejected)):
            return DISMISS if reason == spec.dismiss else Reject(reason)
        if spec.family in NOTHING:
            return None
        values = [self._value(getattr(response, name)) for name in spec.results]
        if spec.family in ("transform", "modify"):  # what is not set is as it was
            values = [value if value or isinstance(value, Model) else None for value in values]
        if len(values) == 1:
            return values[0]
        given = [value for value in values if value is not None]
        return tuple(values) if len(given) == len(values) else next(iter(given), None)

    def _value(self, value: Any) -> Any:
        """JSON in a message is the value that handlers have."""
        names = value.__field_names__ if isinstance(value, Model) else ()
        if len(names) == 1 and names[0].endswith("_json"):
            return json_bytes.load_nullable(getattr(value, names[0]), self.spec.name)
        return value


class _Hooks:
    __hooks__: ClassVar[HookTable]

    def __init__(self, client: SyncClient | AsyncClient) -> None:
        """`client`: of the service of the hooks."""
        self._client: Any = client
        self._known: dict[str, HookCall] = {}

    def _hook(self, name: str) -> HookCall:
        hook = self._known.get(name)
        if hook is None:
            table = self.__hooks__
            hook = self._known.setdefault(name, HookCall(table, table.specs[name]))
        return hook

    def _told(self) -> tuple[str, type[Model]]:
        """The call that says which hooks a plugin handles, and its response."""
        table = self.__hooks__
        if not table.implemented:
            raise TypeError("plugins of this system do not say which hooks they handle")
        scope = table.service.rpartition(".")[0]
        response = table.package.codec(f"{scope}.{table.implemented}Response".lstrip("."))
        return table.implemented, response.model


class HooksBase(_Hooks):
    """The hooks of a plugin, for functions."""

    def _call(
        self, name: str, arguments: Mapping[str, Any], timeout: float | None
    ) -> T:  # type: ignore[type-var]
        """The answer of a hook; who calls says of which type it is, by returning it."""
        hook = self._hook(name)
        request = hook.request(arguments)
        response = self._client._unary(name, request, hook.response, timeout, None)
        answer: T = hook.answer(response)
        return answer

    def _tell(self, name: str, arguments: Mapping[str, Any], timeout: float | None) -> None:
        """Call a hook that answers nothing."""
        hook = self._hook(name)
        self._client._unary(name, hook.request(arguments), hook.response, timeout, None)

    def implemented(self) -> list[str]:
        """The hooks that the plugin handles."""
        name, response = self._told()
        nothing = response()  # an empty message, which has no bytes whatever its type is
        answer: Any = self._client._unary(name, nothing, response, None, None)
        return list(answer.hooks)


class AsyncHooksBase(_Hooks):
    """The hooks of a plugin, for coroutines."""

    async def _call(
        self, name: str, arguments: Mapping[str, Any], timeout: float | None
    ) -> T:  # pyright: ignore[reportInvalidTypeVarUse]
        """As that of `HooksBase`."""
        hook = self._hook(name)
        request = hook.request(arguments)
        response = await self._client._unary(name, request, hook.response, timeout, None)
        answer: T = hook.answer(response)
        return answer

    async def _tell(self, name: str, arguments: Mapping[str, Any], timeout: float | None) -> None:
        """As that of `HooksBase`."""
        hook = self._hook(name)
        await self._client._unary(name, hook.request(arguments), hook.response, timeout, None)

    async def implemented(self) -> list[str]:
        """The hooks that the plugin handles."""
        name, response = self._told()
        answer: Any = await self._client._unary(name, response(), response, None, None)
        return list(answer.hooks)
