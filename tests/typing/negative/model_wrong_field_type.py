"""A field gets a value of the wrong type."""

from mattermost_plugin import models

post = models.Post(create_at="yesterday")  # error
