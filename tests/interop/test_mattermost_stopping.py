"""Does everything that is left of a plugin end in order, while its API is still there?"""

from __future__ import annotations

import base64

from kit.interop.mattermost_host import PLUGINS, MattermostHost


def test_coroutines_end_before_the_clients() -> None:
    message = {"init": {"method": "GET", "url": "/"}, "body_complete": True}
    with MattermostHost() as host:
        host.activate(PLUGINS / "stopping.py")
        host.request("stream", method="ServeHTTP", sends=[{"message": message}])
        host.submit("call", method="UserHasBeenDeactivated", request={"user": {}})
        host.request("logs", contains="waiting", level="warn", at_least=1)
        stopped = host.stop()
        print(f"stop with a hook under way: {stopped['took_ms']:.0f} ms")
        seen = [r["request"] for r in host.request("api_log", method="KVSet")["requests"]]
        thread = base64.b64encode(b"coroutines").decode()
        assert {r["key"]: r["value"] for r in seen} == {
            "lifespan": thread,
            "task": thread,
            "hook": thread,
        }
        found = host.request("logs", name="plugin", level="warn")["records"]
        order = [r["message"] for r in found if r["message"].startswith(("said", "cl"))]
        assert order[-1] == "client closed in coroutines"
        assert len(order) == 4, order
        assert not host.request("logs", name="plugin", contains="Traceback")["records"]
