"""A field that is never missing is assigned None."""

from mattermost_plugin import models

user = models.User()
user.username = None  # error
