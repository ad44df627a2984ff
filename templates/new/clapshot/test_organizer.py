"""The organizer between a fake server and a caller of its methods."""

from clapshot_organizer.extras.testing import OrganizerHarness

from organizer import FreshPlugin


def test_logins_are_left_to_the_server() -> None:
    with OrganizerHarness(FreshPlugin) as harness:
        answer = harness.inbound.authz_user_action(ses=harness.session("ada"))
        assert answer.is_authorized is None
