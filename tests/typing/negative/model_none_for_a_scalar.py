"""A field that is never missing gets None."""

from mattermost_plugin import models

post = models.Post(message=None)  # error
