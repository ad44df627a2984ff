"""A scalar field that may be missing is used unchecked."""

from mattermost_plugin import models

user = models.User()
print(user.auth_data.lower())  # error
