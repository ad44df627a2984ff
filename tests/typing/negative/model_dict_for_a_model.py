"""A message field gets a dict."""

from mattermost_plugin import models

post = models.Post(metadata={"embeds": []})  # error
