"""A list field gets None."""

from mattermost_plugin import models

post = models.Post(file_ids=None)  # error
