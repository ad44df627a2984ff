"""A field is passed by position."""

from mattermost_plugin import models

post = models.Post("p1")  # error
