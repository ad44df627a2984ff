"""A field is assigned a value of the wrong type."""

from mattermost_plugin import models

post = models.Post()
post.create_at = "now"  # error
