"""A number is compared with text."""

from mattermost_plugin import models

post = models.Post()
if post.create_at == "now":  # error
    print(post.id)
