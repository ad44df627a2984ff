"""The broker of a plugin is typed: a misspelt method is noticed."""

from __future__ import annotations

from sdk import ServerContext, ServicePlugin
from sdk.models import Nothing, Text
from sdk.servicers import IdentityServicer


class Mine(IdentityServicer, ServicePlugin):
    def get_info(self, request: Nothing, context: ServerContext, /) -> Text:
        self.broker.dail(1)  # error
        return Text()
