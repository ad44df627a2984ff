#!/usr/bin/env python3
"""Decides what users of Clapshot see and may do."""

from clapshot_organizer import Organizer, ServerContext, run_plugin
from clapshot_organizer.models import (
    AuthzResponse,
    AuthzUserActionRequest,
    OrganizerInfo,
)


class FreshPlugin(Organizer):
    info = OrganizerInfo(name="com.example.fresh-plugin")

    def authz_user_action(
        self, request: AuthzUserActionRequest, context: ServerContext, /
    ) -> AuthzResponse:
        if request.ses is not None and request.ses.user is not None:
            self.logger.info("%s asks", request.ses.user.id)
        return AuthzResponse()  # unset: the server decides


if __name__ == "__main__":
    run_plugin(FreshPlugin)
