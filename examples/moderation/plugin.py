#!/usr/bin/env python3
"""Rejects, edits and drops posts before they are stored; counts in the key-value store."""

import re

from mattermost_plugin import (
    DISMISS,
    Dismiss,
    HookName,
    Plugin,
    Reject,
    hook,
    models,
    run_plugin,
)

SECRET = re.compile(r"\b(?:sk|ghp)_\w{8,}")


class Moderation(Plugin):
    # If this hook fails or takes too long, the post is refused instead of let through.
    @hook(
        HookName.MessageWillBePosted,
        timeout=5,
        on_error=Reject("Posts cannot be checked at the moment, please try again."),
    )
    def check_post(
        self, plugin_context: models.PluginContext, post: models.Post
    ) -> models.Post | Reject | Dismiss | None:
        if post.message.startswith("!silence"):
            self.count("dropped")
            return DISMISS
        if len(post.message) > 20 and post.message.isupper():
            self.count("rejected")
            return Reject("Please do not shout.")
        hidden = SECRET.sub("[secret removed]", post.message)
        if hidden != post.message:
            self.count("edited")
            post.message = hidden
            return post
        return None

    def count(self, what: str) -> None:
        """Add one to a counter; the whole cluster shares it, so nobody's update may get lost."""
        while True:
            old = self.api.kv_get(what)
            new = str(int(old or b"0") + 1).encode()
            if self.api.kv_compare_and_set(what, old, new):
                return


if __name__ == "__main__":
    run_plugin(Moderation)
