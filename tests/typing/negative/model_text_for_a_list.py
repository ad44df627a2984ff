"""A list field gets text."""

from mattermost_plugin import models

post = models.Post(file_ids="f1")  # error
