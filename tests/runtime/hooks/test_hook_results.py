"""Is every result that a hook does not accept a failure that names what came and what may come?"""

from __future__ import annotations

from typing import Any

import pytest
from kit.mattermost.hooks import HOOKS, logged
from mattermost_plugin import (
    DISMISS,
    Reject,
    models,
)

WRONG: list[tuple[str, Any, str]] = [
    ("RunDataRetention", True, "returned bool; accepted: int"),
    ("RunDataRetention", None, "returned NoneType; accepted: int"),
    ("RunDataRetention", 2**63, "RunDataRetentionResponse.deleted_count: expected"),
    ("ExecuteCommand", None, "returned NoneType; accepted: CommandResponse"),
    ("ExecuteCommand", "hi", "returned str; accepted: CommandResponse"),
    ("ExecuteCommand", models.Post(), "returned Post; accepted: CommandResponse"),
    ("ExecuteCommand", models.CommandResponse, "returned type; accepted"),
    ("OnSharedChannelsPing", None, "returned NoneType; accepted: bool"),
    ("OnSharedChannelsPing", 1, "returned int; accepted: bool"),
    ("GenerateSupportData", [models.Post()], "returned list of Post; accepted: list["),
    ("GenerateSupportData", None, "returned NoneType; accepted: list[FileData]"),
    ("GenerateSupportData", {}, "returned dict; accepted: list[FileData]"),
    ("MessagesWillBeConsumed", [None], "returned list of NoneType; accepted: list["),
    ("MessagesWillBeConsumed", "posts", "returned str; accepted: list[Post], None"),
    ("MessageWillBePosted", Reject(""), "Reject needs a reason"),
    ("MessageWillBePosted", Reject, "returned type; accepted: Post"),
    ("MessageWillBePosted", (models.Post(), ""), "returned tuple; accepted: Post"),
    ("MessageWillBePosted", False, "returned bool; accepted: Post"),
    ("MessageWillBeUpdated", DISMISS, "returned Dismiss; accepted: Post, Reject, None"),
    (
        "MessageWillBePosted",
        models.Post(id=5),
        "modified_post.id: expected str, got int 5",
    ),
    ("UserWillLogIn", "no", "returned str; accepted: Reject, None"),
    ("UserWillLogIn", models.User(), "returned User; accepted: Reject, None"),
    ("UserWillLogIn", DISMISS, "returned Dismiss; accepted: Reject, None"),
    ("UserHasBeenCreated", Reject("no"), "returned Reject; accepted: None"),
    ("UserHasBeenCreated", False, "returned bool; accepted: None"),
    ("OnActivate", True, "returned bool; accepted: None"),
    ("FileWillBeUploaded", (b"x", models.FileInfo()), "returned tuple; accepted: File"),
    ("FileWillBeUploaded", (models.FileInfo(), None), "returned tuple; accepted: File"),
    ("FileWillBeUploaded", "text", "returned str; accepted: FileInfo, bytes, tuple["),
    ("ConfigurationWillBeSaved", [], "returned list; accepted: dict, None"),
    ("ConfigurationWillBeSaved", {"x": {1}}, "expected a JSON object"),
    ("ConfigurationWillBeSaved", {"x": float("nan")}, "expected a JSON object"),
    ("ConfigurationWillBeSaved", {"x": "\ud800"}, "expected a JSON object"),
]


@pytest.mark.parametrize(
    ("name", "result", "expected"), WRONG, ids=[f"{n}-{r}"[:50] for n, r, _ in WRONG]
)
def test_what_no_hook_accepts_is_never_taken_for_consent(everything, name, result, expected):
    host, script = everything
    script.behave = lambda *_: result
    if HOOKS[name].has_error:
        answer = host.call(name)
        text = answer.error.message
        assert not answer.ListFields()[1:]
    else:
        text = host.failure(name)[1]
    assert expected in text
    assert name in logged(host).getMessage()
