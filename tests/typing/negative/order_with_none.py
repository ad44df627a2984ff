"""A number is compared with a number that may be missing."""

from mattermost_plugin import models

post = models.Post()
channel = models.Channel()
print(post.message < channel.scheme_id)  # error
