"""A field that does not exist is assigned."""

from mattermost_plugin import models

post = models.Post()
post.mesage = "hi"  # error
