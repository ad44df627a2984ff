"""One class serves several services, or a plugin has an object for each."""

from __future__ import annotations

from collections.abc import Iterable

from plugwright_runtime.rpc.servicer import Servicer
from sdk import ServerContext, ServicePlugin, run_plugin
from sdk.clients import AsyncIdentityClient, IdentityClient
from sdk.models import Nothing, Text
from sdk.servicers import ControllerServicer, IdentityServicer, NodeServicer


class Both(IdentityServicer, NodeServicer, ServicePlugin):
    def get_info(self, request: Nothing, context: ServerContext, /) -> Text:
        return Text(text=self.plugin_id)

    async def stage(self, request: Text, context: ServerContext, /) -> Text:
        async with self.broker.client(AsyncIdentityClient, 1) as identity:
            return await identity.get_info()

    def probe(self, request: Nothing, context: ServerContext, /) -> Text:
        with self.broker.client(IdentityClient, 1) as identity:
            text = identity.get_info().text
        with self.broker.serving(Controller()) as number:
            return Text(text=f"{text} {number + self.broker.serve(Controller())}")


class Controller(ControllerServicer):
    def probe(self, request: Text, context: ServerContext, /) -> Nothing:
        return Nothing()


class Several(ServicePlugin):
    def servicers(self) -> Iterable[Servicer]:
        return Controller(), Both()


def main(both: bool) -> None:
    if both:
        run_plugin(Both)
    run_plugin(Several)
