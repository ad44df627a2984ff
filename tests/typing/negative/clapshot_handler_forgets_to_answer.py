from clapshot_organizer import Organizer, ServerContext
from clapshot_organizer.models import AuthzUserActionRequest


class Mine(Organizer):
    def authz_user_action(  # error
        self, request: AuthzUserActionRequest, context: ServerContext, /
    ) -> None:
        print("it goes without saying")
