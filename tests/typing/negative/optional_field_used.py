"""A message field that may be missing is used unchecked."""

from mattermost_plugin import models

post = models.Post()
print(post.metadata.embeds)  # error
