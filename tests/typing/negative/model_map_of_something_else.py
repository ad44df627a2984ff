"""A map field gets values of the wrong type."""

from mattermost_plugin import models

user = models.User(props={"answer": 42})  # error
